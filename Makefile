# What a person runs. `make test` needs Rust, Python 3.11, Node.js 20, Git and a C compiler; it installs the rest
# below tests/.work and tests/node/node_modules.

PYTHON ?= python3
ENV ?= dev
TARGET := $(or $(CARGO_TARGET_DIR),target)
WORK := tests/.work
PYTEST := $(WORK)/venv/bin/python -m pytest
CHROMIUM ?= /usr/bin/chromium
SAM := SAM_CLI_TELEMETRY=0 $(WORK)/venv/bin/sam

.PHONY: help setup drill package test-staging bench bench-wikis lint test soak test-supply test-unit test-infra test-command test-service test-browser test-aws test-aws-more binaries build deploy clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

setup: $(WORK)/venv/ready $(WORK)/ministack/ready $(WORK)/checkov/ready $(WORK)/service/ready tests/node/node_modules/.package-lock.json $(CHROMIUM) ## Install what the tests need

$(WORK)/venv/ready: tests/requirements.lock
	$(PYTHON) -m venv $(WORK)/venv
	$(WORK)/venv/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# An environment of its own: ministack pins botocore.
$(WORK)/ministack/ready: tests/requirements-loopback.lock
	$(PYTHON) -m venv $(WORK)/ministack
	$(WORK)/ministack/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Another, for what checkov pins.
$(WORK)/checkov/ready: tests/requirements-checkov.lock
	$(PYTHON) -m venv $(WORK)/checkov
	$(WORK)/checkov/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# And one for the clients of the service.
$(WORK)/service/ready: tests/requirements-service.lock
	$(PYTHON) -m venv $(WORK)/service
	$(WORK)/service/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

tests/node/node_modules/.package-lock.json: tests/node/package-lock.json
	cd tests/node && npm ci --silent
	touch $@

# Debian's Chromium, with letters for Japanese. Elsewhere: CHROMIUM=<path of a Chromium or Chrome>.
/usr/bin/chromium:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null

lint: ## Format and lints, warnings are errors
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

test: lint test-supply test-unit test-infra test-command test-service test-aws ## Everything

test-unit: ## The Rust tests
	cargo test --workspace --locked

soak: ## Two thousand simulated runs with faults, on a machine that does nothing else
	FAULT_RUNS=$${FAULT_RUNS:-160} cargo test --workspace --locked --test seeds -- --include-ignored

test-supply: setup ## Licences and origins of what is linked
	$(PYTEST) tests/supply

test-infra: setup ## Template, rules, state machine, row by row
	$(PYTEST) tests/infra

test-command: setup binaries ## Build real packages, check their wikis from outside
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/debug $(PYTEST) tests/command

test-service: setup binaries ## Serve: operations, rights, MCP by the official client, OpenAPI against the handlers
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/debug $(WORK)/service/bin/python -m pytest tests/service

test-browser: setup binaries ## Read, search, ask, build and flag in a browser
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/debug CHROMIUM=$(CHROMIUM) node --test --test-concurrency=2 tests/node/browser/*.test.mjs

test-aws: setup binaries ## Deploy to the loopback AWS, push, read, break
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/debug $(PYTEST) tests/aws/test_push.py tests/aws/test_adapters.py

test-aws-more: setup binaries ## Deploy to the loopback AWS: every way in, roles against calls, a model that writes; not part of test yet
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/debug $(PYTEST) tests/aws/test_ways_in.py tests/aws/test_roles.py tests/aws/test_model.py

test-staging: $(WORK)/venv/ready ## Call the API of staging: what the pipeline does before prod
	$(PYTEST) tests/staging

drill: setup ## Lose the stores and restore them: time against RTO, loss against RPO
	$(PYTEST) -s tests/drill

binaries:
	cargo build --workspace --bins --locked

bench: ## Time and memory beside peers, on published source
	$(PYTHON) benches/pipeline/run.py

bench-wikis: setup ## Build the wikis of large repositories, check them from outside
	$(PYTHON) benches/corpora.py
	cargo build --release --locked -p deepwiki
	DEEPWIKI_BINARIES=$(abspath $(TARGET))/release DEEPWIKI_CORPORA=$(abspath benches/.work/corpora) $(PYTEST) tests/command/test_wiki.py

build: $(WORK)/venv/ready ## Cross-compile the functions for arm64
	$(WORK)/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements-build.txt
	PATH="$(CURDIR)/$(WORK)/venv/bin:$$PATH" $(SAM) build

package: build ## Put code and templates into S3: what the pipeline deploys
	mkdir -p $(TARGET)/package
	$(SAM) package --template-file .aws-sam/build/template.yaml --s3-bucket $(PACKAGES) --output-template-file $(TARGET)/package/packaged.yaml
	for env in staging prod; do PYTHONPATH=tests $(WORK)/venv/bin/python -m support.configuration $$env > $(TARGET)/package/$$env.json; done

deploy: build ## Deploy to AWS: make deploy ENV=staging
	$(SAM) deploy --config-env $(ENV)

clean: ## Remove what the tests made
	rm -rf $(WORK) tests/node/node_modules .aws-sam
