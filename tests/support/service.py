"""`deepwiki serve` for the tests, and a small repository to build."""

import os
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .paths import ROOT

COMMAND = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug")) / "deepwiki"

SOURCE = {
    "README.md": "# Ledger\n\nKeeps accounts of payments.\n",
    "pyproject.toml": '[project]\nname = "ledger"\nversion = "1.0.0"\n',
    "ledger/__init__.py": '"""Accounts of payments."""\n\nfrom ledger.book import Book\n',
    "ledger/book.py": (
        '"""The book that payments are written to."""\n\n\n'
        "class Book:\n"
        '    """Payments by account."""\n\n'
        "    def __init__(self):\n"
        "        self.entries = {}\n\n"
        "    def post(self, account, amount):\n"
        '        """Write a payment to an account."""\n'
        "        self.entries.setdefault(account, []).append(amount)\n\n"
        "    def balance(self, account):\n"
        '        """Sum up what was posted to an account."""\n'
        "        return sum(self.entries.get(account, []))\n"
    ),
}


@dataclass
class Service:
    url: str
    data: Path
    source: Path
    repository: str


def git(folder: Path, *arguments):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def write_source(folder: Path):
    for name, text in SOURCE.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=first")


def serve(data: Path, *arguments, environment=None):
    """The process, and where it answers once it does."""
    process = subprocess.Popen(
        [str(part) for part in (COMMAND, "--data", data, "serve", "--port", "0", *arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (environment or {}),
    )
    url = process.stderr.readline().strip()
    assert url.startswith("http://"), url + process.stderr.read()
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=5).close()
            return process, url
        except OSError:
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)


def stop(process: subprocess.Popen):
    process.terminate()
    process.communicate(timeout=30)
