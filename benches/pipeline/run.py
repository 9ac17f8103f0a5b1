"""Times the product beside its peers on the same files: CPU seconds of all processes, medians, and ratios.

usage: run.py [--runs N] [--corpora FOLDER] [--only PART...] [--record]     parts: index, chunks, update

Fetches the corpora (corpora.py) and builds what it measures in release mode. Runs of the peers alternate, so that whatever
slows the machine down meets them all, and a ratio is the median of those of each round, with the least and the greatest.
`--record` writes what was measured into ../README.md.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
README = HERE.parent / "README.md"
sys.path.insert(0, str(HERE.parent))

import corpora  # noqa: E402

# The repository of about 3,000 files in which one is changed, the file, and what it is given.
UPDATED = "netty"
CHANGED = "common/src/main/java/io/netty/util/internal/StringUtil.java"
ADDED = """
    /** The number of line breaks in a text. */
    public static long countLineBreaks(CharSequence text) {
        return text.chars().filter(c -> c == LINE_FEED).count();
    }
}
"""


class Timed:
    """What a process and its children used: CPU and wall time in seconds, the most memory at a time in MB."""

    def __init__(self, *command):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            start = os.times().elapsed
            process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=errors)
            _, status, used = os.wait4(process.pid, 0)
            self.wall = os.times().elapsed - start
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), errors.seek(0)
            self.output = out.read().decode()
            if process.returncode != 0:
                raise SystemExit(f"{command} failed:\n{errors.read().decode()[-2000:]}")
        self.cpu = used.ru_utime + used.ru_stime
        # Kilobytes on Linux, bytes on macOS.
        self.memory = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--corpora", type=Path, default=corpora.FOLDER)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    tools = Tools()
    when = datetime.date.today().strftime("%B %Y")
    title(f"{when}, {processor()}, {os.cpu_count()} cores, {platform.system()}; medians of {options.runs}")
    for part in options.only:
        PARTS[part](tools, options)
    if options.record:
        record()


class Tools:
    """The command and the peers, built."""

    def __init__(self):
        self.command = built(ROOT, "deepwiki", "--locked", "-p", "deepwiki")
        # Not locked: what the product's crates depend on changes with them.
        self.peers = built(HERE, "deepwiki-bench-pipeline")


def built(folder: Path, name: str, *options: str) -> Path:
    subprocess.run(["cargo", "build", "--release", *options], cwd=folder, check=True)
    metadata = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
    found = json.loads(subprocess.run(metadata, cwd=folder, check=True, capture_output=True).stdout)
    return Path(found["target_directory"]) / "release" / name


def measure_index(tools: Tools, options):
    """To the lexical index, and the whole build, beside a bare parse."""
    repository = corpora.everything(options.corpora)
    listed = listing(tools, repository)
    megabytes = size(repository, listed)
    data = Scratch()
    parse, index, build = alternate(
        options.runs,
        lambda: Timed(tools.peers, "parse", repository, listed),
        lambda: Timed(tools.peers, "index", repository, data.fresh()),
        lambda: Timed(tools.command, "--data", data.fresh(), "build", repository, "--json"),
    )
    files = json.loads(build[0].output)["usage"]["files"]
    title(f"{files} files, of which {len(listed.read_text().splitlines())} with a grammar ({megabytes:.1f} MB)")
    row("bare parse", f"{cpu(parse):.2f} s CPU")
    stages = [json.loads(run.output) for run in index]
    middle = {stage: statistics.median(run[stage] for run in stages) for stage in stages[0]}
    row("to the lexical index", f"{cpu(index):.2f} s CPU", ", ".join(f"{stage} {time:.2f}" for stage, time in middle.items()))
    ratio("beside the parse", beside(index, parse), 1.4)
    ratio("memory, MB per 100 MB", [memory(index) / megabytes * 100], 600)
    row("whole build with pages", f"{cpu(build):.2f} s CPU")
    ratio("beside the parse", beside(build, parse), 2.0)
    ratio("memory, MB per 100 MB", [memory(build) / megabytes * 100], None)
    ratio(f"wall beside CPU, {os.cpu_count()} cores", [run.wall / run.cpu for run in build], 0.65)


def measure_chunks(tools: Tools, options):
    """Cutting beside text-splitter."""
    repository = corpora.everything(options.corpora)
    listed = listing(tools, repository)
    megabytes = size(repository, listed)
    chunk, split = alternate(
        options.runs,
        lambda: Timed(tools.peers, "chunk", repository, listed),
        lambda: Timed(tools.peers, "split", repository, listed),
    )
    counts = json.loads(Timed(tools.peers, "whole", repository, listed).output)
    title("chunks")
    for name, runs in (("product", chunk), ("text-splitter", split)):
        count = counts[name]
        kept = 100 * count["whole"] / count["fitting"]
        cutting = 100 * count["cutting"] / count["chunks"]
        speed = f"{megabytes / cpu(runs):.1f} MB/s"
        row(name, speed, f"{count['chunks']} chunks, {cutting:.0f}% cut a function, fitting functions whole {kept:.2f}%")
    ratio("speed beside text-splitter", beside(split, chunk), 1.5, at_least=True)
    whole = counts["product"]
    ratio("fitting functions whole, %", [100 * whole["whole"] / whole["fitting"]], 99.5, at_least=True)


def measure_update(tools: Tools, options):
    """A build after one changed file, and after none, beside a full build of the same commit."""
    repository = Scratch().fresh()
    shutil.copytree(corpora.repository(UPDATED, options.corpora), repository, symlinks=True)
    data = Scratch()
    command = [tools.command, "--data", data.fresh(), "build", repository, "--json"]
    Timed(*command)
    before = data.keep("before")
    file = repository / CHANGED
    file.write_text(file.read_text().rstrip().removesuffix("}") + ADDED.lstrip("\n"))
    corpora.commit(repository)
    same, updates, unchanged, full = True, [], [], []
    for _ in range(options.runs):
        data.restore(before)
        updates.append(Timed(*command))
        updated = exported(tools, data.folder, repository)
        unchanged.append(Timed(*command))
        data.fresh()
        full.append(Timed(*command))
        same = same and updated == exported(tools, data.folder, repository)
    usage = json.loads(full[0].output)["usage"]
    title(f"{UPDATED}: {usage['files']} files, one of them changed")
    row("full build", f"{cpu(full):.2f} s CPU")
    row("after the change", f"{cpu(updates):.2f} s CPU", parts(updates[0]))
    ratio("beside the full build, %", [100 * share for share in beside(updates, full)], 12)
    row("same export", "yes" if same else "NO")
    row("unchanged", f"{cpu(unchanged):.2f} s CPU", parts(unchanged[0]))


def exported(tools: Tools, data: Path, repository: Path) -> bytes:
    with tempfile.TemporaryDirectory() as out:
        Timed(tools.command, "--data", data, "export", repository, "--format", "json", "--out", out)
        return (Path(out) / "wiki.json").read_bytes()


def parts(run: Timed) -> str:
    usage = json.loads(run.output)["usage"]
    return f"{usage['shards_read']} shards read, {usage['pages_written']} pages written"


class Scratch:
    """A data folder below the corpora's disk, emptied for each run."""

    def __init__(self):
        corpora.WORK.mkdir(parents=True, exist_ok=True)
        self.owner = tempfile.TemporaryDirectory(dir=corpora.WORK, prefix="run-")
        self.folder = Path(self.owner.name) / "data"

    def fresh(self) -> Path:
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.folder

    def keep(self, name: str) -> Path:
        return Path(shutil.copytree(self.folder, Path(self.owner.name) / name, symlinks=True))

    def restore(self, kept: Path):
        shutil.copytree(kept, self.fresh(), symlinks=True)


def listing(tools: Tools, repository: Path) -> Path:
    """The files that the product reads and for which there is a grammar."""
    listed = corpora.WORK / f"{repository.name}.list"
    listed.write_text(Timed(tools.peers, "files", repository).output)
    return listed


def size(repository: Path, listed: Path) -> float:
    return sum((repository / path).stat().st_size for path in listed.read_text().splitlines()) / 1e6


def alternate(runs: int, *starts):
    """The runs of each, one after the other in turn."""
    return zip(*[[start() for start in starts] for _ in range(runs)])


def beside(runs, peers) -> list[float]:
    """The CPU time beside that of the peer in the same round, for each round."""
    return [run.cpu / peer.cpu for run, peer in zip(runs, peers)]


def cpu(runs) -> float:
    return statistics.median(run.cpu for run in runs)


def memory(runs) -> float:
    return statistics.median(run.memory for run in runs)


# What was printed, for `record`: a title, or the name of a row, its value and more.
PRINTED: list[tuple[str, ...]] = []


def title(text: str):
    PRINTED.append((text,))
    print(f"\n{text}", flush=True)


def row(name: str, value: str, more: str = ""):
    PRINTED.append((name.strip(), value, more))
    print(f"{name:30} {value:>14}   {more}".rstrip(), flush=True)


def ratio(name: str, rounds: list[float], goal: float | None, at_least: bool = False):
    """A row of the median of ratios, with the least and the greatest where there are several, and whether it will do."""
    value = statistics.median(rounds)
    notes = [f"{min(rounds):.2f} to {max(rounds):.2f}"] if max(rounds) - min(rounds) >= 0.01 else []
    if goal is not None:
        reached = value >= goal if at_least else value <= goal
        bound = "at least" if at_least else "at most"
        notes.append(f"goal: {bound} {goal:g}, {'reached' if reached else 'not reached'}")
    row(f"  {name}", f"{value:.2f}", "; ".join(notes))


def record():
    """Puts a table of what was printed between the two marks in the README."""
    begin, end = "<!-- measured -->\n", "<!-- /measured -->\n"
    lines = ["| | measured | |", "|---|---|---|"]
    for name, *cells in PRINTED[1:]:
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |" if cells else f"| **{name}** | | |")
    before, _, rest = README.read_text().partition(begin)
    _, _, after = rest.partition(end)
    README.write_text("".join([before, begin, f"{PRINTED[0][0]}.\n\n", "\n".join(lines), "\n", end, after]))


def processor() -> str:
    names = [line.partition(": ")[2].strip() for line in read("/proc/cpuinfo") if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def read(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).is_file() else []


PARTS = {"index": measure_index, "chunks": measure_chunks, "update": measure_update}

if __name__ == "__main__":
    main()
