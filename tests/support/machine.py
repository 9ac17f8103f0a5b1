"""Reads the state machine's definition and walks it, maps and branches included."""

import json

from .paths import MACHINE


def load() -> dict:
    return json.loads(MACHINE.read_text())


def levels(machine: dict, path: str = ""):
    """Every level of states as (where it is, {StartAt, States}): the machine, each branch, each map's item."""
    yield path or "machine", machine
    for name, state in machine["States"].items():
        inner = state.get("Branches", []) + [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for number, level in enumerate(inner):
            yield from levels(level, f"{path}{name}[{number}]/")


def states(machine: dict):
    """Every state as (its path, the state)."""
    for where, level in levels(machine):
        for name, state in level["States"].items():
            yield f"{where}:{name}", state


def targets(state: dict) -> list[str]:
    """Names of the states that this one may go to."""
    names = [state.get("Next"), state.get("Default")]
    names += [branch.get("Next") for branch in state.get("Catch", []) + state.get("Choices", [])]
    return [name for name in names if name]


def requests(machine: dict) -> dict[str, dict]:
    """The event that each task puts on the bus, by the task's path."""
    return {
        path: state["Parameters"]["Entries"][0] for path, state in states(machine) if state["Type"] == "Task"
    }
