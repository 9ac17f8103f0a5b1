"""How long 500 files take from push to published wiki on the loopback AWS, and what processor time the functions use for
it, beside the local command. `DEEPWIKI_BINARIES` names the folder of the binaries, of whichever profile.

    DEEPWIKI_BINARIES=target/release tests/.work/venv/bin/python benches/deployment.py
"""

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.deployment import Deployment  # noqa: E402
from support.git_server import GitServer  # noqa: E402
from support.loopback import FUNCTIONS, Loopback  # noqa: E402
from support.paths import WORK  # noqa: E402
from support.render import REGION  # noqa: E402
from support.repository import Repository  # noqa: E402

BINARIES = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "release")).resolve()
FILES = int(os.environ.get("FILES", "500"))
TICKS = os.sysconf("SC_CLK_TCK")


def python_package(repository: Repository):
    """Modules that import each other, as many as are asked for."""
    for number in range(FILES - 1):
        folder = repository.tree / f"package{number // 50}"
        folder.mkdir(exist_ok=True)
        other = (number * 7 + 3) % (FILES - 1)
        functions = "\n\n".join(
            f'def step_{step}(value):\n    """Takes step {step} of module {number}."""\n'
            f"    if value > {step}:\n        return other(value - {step})\n    return value * {number}\n"
            for step in range(12)
        )
        (folder / f"module{number}.py").write_text(
            f'"""Module {number}."""\n\nfrom package{other // 50}.module{other} import step_0 as other\n\n\n{functions}'
        )
    (repository.tree / "README.md").write_text("# Steps\n\nModules that take steps.\n")


def processor_seconds_of_functions(ministack: int) -> float:
    """What processes that have ended below ministack have used: its functions."""
    fields = Path(f"/proc/{ministack}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / TICKS


def main():
    folder = WORK / "bench"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "repositories").mkdir(parents=True)
    loopback = Loopback(WORK / "ministack" / "bin" / "python", folder / "loopback")
    host = GitServer(folder / "repositories", dict(map(loopback.role_keys, ("ingest", "trigger"))), REGION, "example-token")
    host.start()
    try:
        loopback.start()
        bootstraps = {}
        for name in FUNCTIONS:
            bootstraps[name] = folder / name
            subprocess.run(["strip", "-o", bootstraps[name], BINARIES / name], check=True)
        architecture = "x86_64" if os.uname().machine == "x86_64" else "arm64"
        parameters = {"Environment": "test", "Architecture": architecture, "EventArchiveDays": "0"}
        outputs = loopback.deploy(bootstraps, parameters | {"CodeCommitEndpoint": host.url})
        deployment = Deployment(loopback, host, outputs, BINARIES / "deepwiki")
        repository = deployment.repository("steps")
        python_package(repository)
        commit = repository.push("First")
        before = processor_seconds_of_functions(loopback.process.pid)
        start = time.monotonic()
        execution = deployment.build("steps", commit)
        took = (execution["stopDate"].timestamp() - execution["startDate"].timestamp(), time.monotonic() - start)
        assert execution["status"] == "SUCCEEDED", execution
        time.sleep(3)
        functions = processor_seconds_of_functions(loopback.process.pid) - before
        command_before = resource.getrusage(resource.RUSAGE_CHILDREN)
        identity, expected = deployment.wiki_by_command(repository, "steps", "en")
        command_after = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = sum(getattr(command_after, part) - getattr(command_before, part) for part in ("ru_utime", "ru_stime"))
        assert deployment.wiki(identity, "en") == expected
        print(f"{FILES} files: execution {took[0]:.1f} s, from push until settled {took[1]:.1f} s")
        print(f"processor: functions {functions:.1f} s, command {command:.1f} s, ratio {functions / command:.2f}")
    finally:
        loopback.stop()
        host.stop()


if __name__ == "__main__":
    main()
