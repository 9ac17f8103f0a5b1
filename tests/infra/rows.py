"""The rows of docs/standard.md."""

import re

from support.paths import ROOT

ROWS = range(1, 57)
DOCUMENT = ROOT / "docs" / "standard.md"


def lines() -> dict[int, list[str]]:
    """The cells of each row's line in the table: number, what is asked, where it lives, what proves it."""
    found = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"\d+", cells[0]):
            found[int(cells[0])] = cells
    return found


def titles() -> dict[int, str]:
    return {row: cells[1].split("<br>")[0] for row, cells in lines().items()} if DOCUMENT.exists() else {}
