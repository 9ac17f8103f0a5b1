"""The local command with the model stand-in as its writer."""

import json
import os
import subprocess
from pathlib import Path

from .models import Models
from .paths import ROOT

COMMAND = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug")) / "deepwiki"


def command(data: Path, server: Models, *arguments, code=0) -> str:
    model = ["--writer", "openai", "--model", "stand-in", "--base-url", f"{server.base}/v1", "--price", "3,15"]
    line = [str(part) for part in (COMMAND, "--data", data, *arguments, *model)]
    result = subprocess.run(line, capture_output=True, text=True, timeout=600)
    assert result.returncode == code, result.stderr[-2000:]
    return result.stdout if code == 0 else result.stderr


def build(data: Path, server: Models, source: Path, *languages: str, extra=()) -> dict:
    chosen = [part for language in languages for part in ("--language", language)]
    return json.loads(command(data, server, "build", source, *chosen, *extra, "--json"))


def wiki(data: Path, repository: str, language: str, out: Path) -> str:
    line = [COMMAND, "--data", data, "export", repository, "--format", "json", "--language", language, "--out", out]
    subprocess.run([str(part) for part in line], check=True, timeout=120)
    return (out / "wiki.json").read_text()
