"""Asks the real mermaid whether diagrams parse."""

import json
import subprocess

from .paths import NODE


def failures(diagrams: dict[str, str]) -> list[dict]:
    """Those of the diagrams, by their ids, that do not parse."""
    asked = json.dumps([{"id": identity, "mermaid": text} for identity, text in diagrams.items()])
    result = subprocess.run(
        ["node", NODE / "check-mermaid.mjs"], input=asked, capture_output=True, text=True, timeout=300, check=True
    )
    return json.loads(result.stdout)
