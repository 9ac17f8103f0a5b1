"""docs/standard.md, the checks and the code say the same: every row is there, lives where the document says, and is proven
by what it names."""

import re

import pytest
from support.paths import ROOT

from proofs import BROKEN, CHECKS
from rows import ROWS, lines
from test_mutations import MUTATIONS

NAMES = {check.name: check for check in CHECKS}


def test_every_row_has_a_line():
    assert list(lines()) == list(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_has_a_check_and_a_mutation_and_the_document_names_them(row):
    checks = {check.name for check in CHECKS if row in check.rows}
    assert checks, "no check proves it"
    assert checks & {name for name, _ in MUTATIONS}, "nothing breaks it"
    _, asked, where, proof = lines()[row]
    named = set(re.findall(r"`(\w+)`", proof))
    assert checks & named, f"docs/standard.md names none of {checks}"
    unknown = {name for name in named if re.fullmatch(r"[a-z]+(_[a-z0-9]+){2,}", name)} - set(NAMES)
    assert not unknown, f"docs/standard.md names {unknown}, which nobody knows"
    assert re.search(r"[ぁ-んァ-ン一-龥]", asked), "not said in Japanese"
    for path in re.findall(r"`([\w.-]+(?:/[\w.-]+)+|[\w-]+\.(?:yaml|toml))`", where + proof):
        assert (ROOT / path).exists(), f"there is no {path}"


def test_unit_proofs_hold_tests():
    for row, (_, _, _, proof) in lines().items():
        for path in re.findall(r"`((?:shared|functions)/[\w./-]+\.rs)`", proof):
            text = (ROOT / path).read_text()
            assert "#[test]" in text or "#[tokio::test" in text or "mod tests;" in text, f"row {row}: {path} holds no test"


def test_every_mutation_breaks_a_known_check():
    assert {name for name, _ in BROKEN} <= set(NAMES)
