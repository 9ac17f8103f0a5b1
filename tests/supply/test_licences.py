"""What is linked: every dependency has a licence that `deny.toml` allows and comes from the registry, and the default
command links no AWS crate. `cargo deny check` asks the same questions and more; this asks them without compiling it."""

import json
import re
import subprocess
import tomllib

import pytest
from support.paths import ROOT

ALLOWED = set(tomllib.loads((ROOT / "deny.toml").read_text())["licenses"]["allow"])
TOKEN = re.compile(r"\(|\)|[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?")
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def allows(expression: str) -> bool:
    """Whether an SPDX expression can be met with allowed licences. A slash is an old way to write OR."""
    words = []
    for token in TOKEN.findall(expression.replace("/", " OR ")):
        words.append(token.lower() if token in ("AND", "OR", "(", ")") else str(token in ALLOWED))
    return bool(words) and bool(eval(" ".join(words), {"__builtins__": {}}))


@pytest.fixture(scope="module")
def packages():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = [package for package in json.loads(output)["packages"] if package["source"]]
    assert len(found) > 200, "the dependencies were not seen"
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("MIT/Apache-2.0", True),
        ("GPL-3.0-only", False),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("(MIT OR GPL-2.0-only) AND Unicode-3.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("", False),
    ],
)
def test_expressions_are_read_as_spdx_means_them(expression, expected):
    assert allows(expression) is expected


def test_every_dependency_has_an_allowed_licence(packages):
    refused = {f"{p['name']} {p['version']}": p["license"] for p in packages if not allows(p["license"] or "")}
    assert refused == {}


def test_every_dependency_comes_from_the_registry(packages):
    assert {p["name"]: p["source"] for p in packages if p["source"] != REGISTRY} == {}


def test_the_default_command_links_no_aws_crate():
    command = ["cargo", "tree", "--locked", "-p", "deepwiki", "-e", "normal", "--prefix", "none", "--format", "{p}"]
    tree = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = {line.split()[0] for line in tree.splitlines() if line}
    assert "tokio" in names
    assert {name for name in names if name.startswith(("aws-", "lambda_"))} == set()
