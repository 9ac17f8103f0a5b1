"""Where things are in the repository, and where tests keep what they make."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
MACHINE = ROOT / "statemachine" / "wiki-build.asl.json"
EVENTS = ROOT / "events"
NODE = ROOT / "tests" / "node"
WORK = ROOT / "tests" / ".work"
