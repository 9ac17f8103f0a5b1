"""Makes the repository that the tests push: real code in three languages, with fixed dates so that its commits
have the same ids everywhere."""

import os
import shutil
import subprocess
from pathlib import Path

from . import corpora
from .paths import ROOT

AUTHOR = {
    "GIT_AUTHOR_NAME": "Tests",
    "GIT_AUTHOR_EMAIL": "tests@example.com",
    "GIT_COMMITTER_NAME": "Tests",
    "GIT_COMMITTER_EMAIL": "tests@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Repository:
    """A bare repository and a work tree to push from."""

    def __init__(self, folder: Path, name: str):
        self.bare, self.tree = folder / f"{name}.git", folder / f"{name}-tree"
        self.commits = 0
        self.tree.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", str(self.tree))
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", self.bare], check=True)

    def git(self, *command: str) -> str:
        date = f"2026-01-{self.commits + 1:02}T00:00:00Z"
        environment = {**os.environ, **AUTHOR, "GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        result = subprocess.run(
            ["git", *command], cwd=self.tree, env=environment, check=True, capture_output=True, text=True
        )
        return result.stdout.strip()

    def add(self, source: Path, to: str):
        """Copies real code into the work tree."""
        shutil.copytree(source, self.tree / to)

    def push(self, message: str) -> str:
        """Commits everything, pushes it to the bare repository, and returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", str(self.bare), "main")
        self.commits += 1
        return self.git("rev-parse", "HEAD")


def three_languages(repository: Repository):
    """Rust (a crate of this repository), Python and TypeScript (published packages)."""
    repository.add(ROOT / "shared" / "domain", "core")
    repository.add(corpora.python_package(), "query/jmespath")
    repository.add(corpora.typescript_package(), "web/src")
    (repository.tree / "README.md").write_text(
        "# Payments\n\nTakes orders and pays them. The core is Rust, queries are Python, the web part is TypeScript.\n\n"
        "## Build\n\nRun `cargo build` in `core`.\n"
    )


def small(repository: Repository):
    """Two files of Rust: enough for a wiki, quick to build."""
    source = repository.tree / "src"
    source.mkdir()
    (repository.tree / "README.md").write_text("# Orders\n\nTakes orders and pays them.\n")
    (source / "lib.rs").write_text("//! Orders.\n\npub mod payment;\n\n/// An order.\npub struct Order {\n    pub total: u64,\n}\n")
    (source / "payment.rs").write_text(
        "//! Payments.\n\nuse crate::Order;\n\n/// Pays an order.\npub fn pay(order: &Order) -> bool {\n    order.total > 0\n}\n"
    )
