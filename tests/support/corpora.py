"""Code that nobody here wrote, in the three languages, as the tests' own tools bring it along; and this repository."""

import json
import shutil
import subprocess
from pathlib import Path

from .paths import NODE, ROOT, WORK

FOLDER = WORK / "corpora"


def python_package() -> Path:
    import jmespath

    return _copy(Path(jmespath.__file__).parent, "jmespath")


def typescript_package() -> Path:
    return _copy(NODE / "node_modules" / "zod" / "src" / "v4" / "core", "zod")


def rust_package(name: str = "thiserror") -> Path:
    """The source of a crate that the workspace depends on, where cargo keeps it."""
    result = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked"], cwd=ROOT, check=True, capture_output=True
    )
    packages = json.loads(result.stdout)["packages"]
    (manifest,) = [package["manifest_path"] for package in packages if package["name"] == name]
    return _copy(Path(manifest).parent, name)


def this_repository() -> Path:
    """Its last commit."""
    folder = FOLDER / "this-repository"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", folder], check=True)
    return folder


def _copy(source: Path, name: str) -> Path:
    """A copy without what running it leaves behind."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return folder
