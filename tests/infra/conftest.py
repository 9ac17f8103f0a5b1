"""Tells at the end of a run which rows of the standard were held, by what, and whether breaking them was noticed."""

from collections import defaultdict

import rows


def pytest_terminal_summary(terminalreporter):
    reports = [r for kind in ("passed", "failed", "error") for r in terminalreporter.stats.get(kind, []) if hasattr(r, "user_properties")]
    held, broken = defaultdict(list), defaultdict(list)
    for report in reports:
        for kind, of in report.user_properties:
            for row in of:
                (held if kind == "checked" else broken)[row].append(report.passed)
    if not held:
        return
    write = terminalreporter.write_line
    terminalreporter.section("the standard, row by row")
    titles = rows.titles()
    for row in rows.ROWS:
        met = "met" if held[row] and all(held[row]) else "NOT MET"
        caught = f"{sum(broken[row])} of {len(broken[row])}"
        write(f"{row:>3}  {met:<8} {len(held[row]):>3} checks, broken and noticed {caught:<8} {titles.get(row, '')[:80]}")
    mutations = [r for r in reports if any(kind == "broken" for kind, _ in r.user_properties)]
    rows_broken = [row for row in rows.ROWS if broken[row]]
    rows_caught = [row for row in rows_broken if all(broken[row])]
    noticed = sum(r.passed for r in mutations)
    write(f"rows met: {sum(bool(held[r]) and all(held[r]) for r in rows.ROWS)} of {len(rows.ROWS)}")
    write(f"rows broken: {len(rows_broken)}, rows caught: {len(rows_caught)}; mutations: {len(mutations)}, noticed: {noticed}")
