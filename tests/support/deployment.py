"""The deployed application as a test uses it: push, wait, read, and kill a worker."""

import json
import os
import signal
import subprocess
import urllib.parse
from pathlib import Path

from .git_server import GitServer
from .loopback import Loopback, wait_for
from .paths import EVENTS, WORK
from .repository import Repository

BUILD_SECONDS = 240
ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class Deployment:
    def __init__(self, loopback: Loopback, codecommit: GitServer, outputs: dict[str, str], command: Path):
        self.loopback, self.codecommit, self.outputs, self.command = loopback, codecommit, outputs, command
        self.states = loopback.client("stepfunctions")
        self.queues = loopback.client("sqs")

    # --- Push ----------------------------------------------------------------------------------------------------

    def repository(self, name: str) -> Repository:
        return Repository(self.codecommit.folder, name)

    def origin(self, name: str) -> str:
        """What a push registers."""
        return f"codecommit::{self.loopback.region}://{name}"

    def announce(self, name: str, commit: str):
        """Puts the event that CodeCommit puts when `main` has moved to a commit."""
        event = json.loads((EVENTS / "codecommit-push.json").read_text())
        event["resources"] = [f"arn:aws:codecommit:{self.loopback.region}:{self.loopback.account}:{name}"]
        event["detail"] |= {"repositoryName": name, "commitId": commit}
        self.loopback.emit(event)

    # --- Wait ----------------------------------------------------------------------------------------------------

    def executions(self) -> list[dict]:
        """The builds so far; children of distributed maps are not among them."""
        machine = self.outputs["StateMachineArn"]
        listed = self.states.list_executions(stateMachineArn=machine)["executions"]
        return [execution for execution in listed if execution["stateMachineArn"] == machine]

    def build(self, name: str, commit: str) -> dict:
        """Announces a push and waits for the end of the build that it leads to."""
        before = {execution["executionArn"] for execution in self.executions()}
        self.announce(name, commit)
        return self.ended(before)

    def ended(self, before: set[str]) -> dict:
        """The first build that was not there before, once it has ended."""

        def check():
            new = [e for e in self.executions() if e["executionArn"] not in before and e["status"] in ENDED]
            return new and self.states.describe_execution(executionArn=new[0]["executionArn"])

        return wait_for("the end of a build", check, BUILD_SECONDS)

    # --- Read ----------------------------------------------------------------------------------------------------

    def get(self, path: str, **query: str) -> tuple[int, bytes]:
        return self.loopback.get(self.outputs["ApiId"], path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def wiki(self, repository: str, language: str) -> bytes:
        """The export as the deployed API serves it."""
        status, body = self.get(f"/repos/{repository}/export", format="json", language=language)
        assert status == 200, body[:500]
        return body

    def wiki_by_command(self, repository: Repository, name: str, language: str) -> tuple[str, bytes]:
        """The repository's id and the export as the local command makes it of the same commit."""
        data = WORK / "command" / f"{name}-{repository.commits}"
        common = [self.command, "--data", data]
        built = self._run(*common, "build", repository.bare, "--as", self.origin(name), *_languages(), "--json")
        identity = json.loads(built)["repository"]
        folder = data / f"export-{language}"
        self._run(*common, "export", identity, "--format", "json", "--language", language, "--out", folder)
        (document,) = folder.rglob("wiki*.json")
        return identity, document.read_bytes()

    @staticmethod
    def _run(*command) -> str:
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stderr[-2000:]
        return result.stdout

    # --- Faults --------------------------------------------------------------------------------------------------

    def workers(self, function: str) -> list[int]:
        """The processes that run a function's bootstrap now."""
        name = f"AWS_LAMBDA_FUNCTION_NAME=deepwiki-omr-test-{function}-function".encode()
        return [pid for pid in _session(self.loopback.process.pid) if name in _environment(pid)]

    def kill(self, function: str) -> int:
        """Kills all workers of a function, and says how many there were."""
        killed = self.workers(function)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return len(killed)

    def kill_at_work(self, function: str, seconds: float = BUILD_SECONDS) -> int:
        """Waits until a worker of a function uses the processor, and kills it there and then."""
        seen: dict[int, int] = {}

        def busy():
            for pid in self.workers(function):
                used = _processor_ticks(pid)
                if used is not None and used > seen.setdefault(pid, used):
                    return pid
            return None

        pid = wait_for(f"work of {function}", busy, seconds, pause=0.002)
        os.kill(pid, signal.SIGKILL)
        return pid

    def redeliver_after(self, stage: str, seconds: int):
        """Sets how long a queue waits before it delivers the message of a dead worker again. A deployed queue waits
        for hours; a test cannot."""
        url = self.queues.get_queue_url(QueueName=f"deepwiki-omr-test-{stage}-queue")["QueueUrl"]
        self.queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})


def _languages() -> list[str]:
    return ["--language", "en", "--language", "ja"]


def _session(leader: int) -> list[int]:
    """All processes of the session that a process leads."""
    processes = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in processes if (fields := _stat(pid)) and int(fields[3]) == leader]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on; none where the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _processor_ticks(pid: int) -> int | None:
    fields = _stat(pid)
    return int(fields[11]) + int(fields[12]) if fields else None
