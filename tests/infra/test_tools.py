"""What other people's linters say of the templates and the state machine."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support import machine, mermaid
from support.paths import MACHINE, NODE, ROOT, TEMPLATE
from support.render import ENVIRONMENTS, REGION, load, parameters

TOOLS = Path(sys.executable).parent


def run(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_row_1_21_24_cfn_lint_finds_nothing():
    result = run(TOOLS / "cfn-lint", "--regions", REGION, "--", TEMPLATE, *ROOT.glob("infra/*.yaml"))
    assert result.returncode == 0, result.stdout


def test_sam_validate_finds_nothing():
    result = run(TOOLS / "sam", "validate", "--region", REGION)
    assert result.returncode == 0, result.stderr


def asl_validator(path: Path) -> subprocess.CompletedProcess:
    return run("node", NODE / "node_modules/asl-validator/dist/bin/asl-validator.js", "--json-path", path)


def test_row_6_asl_validator_accepts_the_machine():
    result = asl_validator(MACHINE)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("broken", ["Next", "Retry", "Type"])
def test_asl_validator_refuses_a_broken_machine(broken, tmp_path):
    definition = machine.load()
    task = definition["States"]["Ingest"]
    task[broken] = {"Next": "Nowhere", "Retry": [{"IntervalSeconds": 1}], "Type": "Tusk"}[broken]
    (tmp_path / "broken.json").write_text(json.dumps(definition))
    assert asl_validator(tmp_path / "broken.json").returncode != 0


def test_mermaid_refuses_a_broken_diagram():
    (failure,) = mermaid.failures({"good": "flowchart LR\n  a --> b", "broken": "flowchart LR\n  a[ --> b"})
    assert failure["id"] == "broken"


def test_row_23_samconfig_knows_every_environment():
    assert load()["Parameters"]["Environment"]["AllowedValues"] == ENVIRONMENTS
    for environment in ENVIRONMENTS:
        assert parameters(environment)["Environment"] == environment
