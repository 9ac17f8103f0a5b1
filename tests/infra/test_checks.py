"""Every check over every entry of samconfig.toml that it speaks of, as it would be deployed."""

import pytest
from support import machine
from support.render import rendered

from proofs import CHECKS


@pytest.mark.parametrize(
    "check, entry",
    [(check, entry) for check in CHECKS for entry in check.on],
    ids=lambda part: part if isinstance(part, str) else f"rows{part.rows}-{part.name}",
)
def test_check(check, entry, record_property):
    record_property("checked", check.rows)
    check.run(rendered(entry), machine.load())
