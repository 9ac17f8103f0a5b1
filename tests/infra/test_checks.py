"""Every check over every environment, as it would be deployed."""

import pytest
from support import machine
from support.render import ENVIRONMENTS, render

from checks import CHECKS


@pytest.fixture(scope="session")
def rendered():
    return {name: render(name) for name in ENVIRONMENTS}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"rows{check.rows}-{check.name}")
def test_check(check, environment, rendered):
    check.run(rendered[environment], machine.load())
