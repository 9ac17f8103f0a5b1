"""The deployed application as a test uses it: push, wait, read, and kill a worker."""

import json
import os
import signal
import subprocess
import time
import urllib.parse
from contextlib import contextmanager
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

    def push_event(self, name: str, commit: str) -> dict:
        """The event that CodeCommit puts when `main` has moved to a commit."""
        event = json.loads((EVENTS / "codecommit-push.json").read_text())
        event["account"], event["region"] = self.loopback.account, self.loopback.region
        event["resources"] = [f"arn:aws:codecommit:{self.loopback.region}:{self.loopback.account}:{name}"]
        event["detail"] |= {"repositoryName": name, "commitId": commit}
        return event

    def ask(self, detail_type: str, **detail):
        """Puts an event of our own on the bus."""
        entry = {
            "EventBusName": self.outputs["BusName"],
            "Source": "deepwiki.omr",
            "DetailType": detail_type,
            "Detail": json.dumps({"schema": 1, **detail}),
        }
        answer = self.loopback.client("events").put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer

    def build_by(self, ask) -> dict:
        """Waits for the end of the one build that this leads to."""
        before = len(self.executions())
        ask()
        return self.settled(before + 1)[0]

    def announce(self, name: str, commit: str):
        """Tells the bus of a push."""
        self.loopback.emit(self.push_event(name, commit))

    def send(self, queue: str, message: dict):
        """Puts a message into a queue as a rule would."""
        self.queues.send_message(QueueUrl=self._url(queue), MessageBody=json.dumps(message))

    # --- Wait ----------------------------------------------------------------------------------------------------

    def executions(self) -> list[dict]:
        """The builds so far; children of distributed maps are not among them."""
        machine = self.outputs["StateMachineArn"]
        listed = self.states.list_executions(stateMachineArn=machine)["executions"]
        return [execution for execution in listed if execution["stateMachineArn"] == machine]

    def settled(self, count: int, pause: float = 2) -> list[dict]:
        """Waits until there have been this many builds, all have ended, and for a while no more begin. Gives those
        that ended last, the newest first."""
        seen = len([e for e in self.executions() if e["status"] in ENDED])

        def check():
            executions = self.executions()
            assert len(executions) <= count, f"{len(executions) - count} builds too many"
            return len(executions) == count and all(e["status"] in ENDED for e in executions)

        wait_for(f"the end of build {count}", check, BUILD_SECONDS)
        time.sleep(pause)
        assert check()
        new = sorted(self.executions(), key=lambda e: e["startDate"], reverse=True)[: max(1, count - seen)]
        return [self.states.describe_execution(executionArn=e["executionArn"]) for e in new]

    def build(self, name: str, commit: str) -> dict:
        """Announces a push and waits for the end of the build that it leads to."""
        before = len(self.executions())
        self.announce(name, commit)
        return self.settled(before + 1)[0]

    # --- Read ----------------------------------------------------------------------------------------------------

    def get(self, path: str, **query: str) -> tuple[int, bytes]:
        return self.loopback.get(self.outputs["ApiId"], path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def wiki(self, repository: str, language: str) -> bytes:
        """The export as the deployed API serves it."""
        status, body = self.get(f"/repos/{repository}/export", format="json", language=language)
        assert status == 200, body[:500]
        return body

    def wiki_by_command(
        self, repository: Repository, name: str, language: str, origin: str | None = None
    ) -> tuple[str, bytes]:
        """The repository's id and the export as the local command makes it of the same commit."""
        data = WORK / "command" / f"{name}-{repository.commits}"
        common = [self.command, "--data", data]
        origin = origin or self.origin(name)
        built = self._run(*common, "build", repository.bare, "--as", origin, *_languages(), "--json")
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

    @contextmanager
    def held_at_ingest(self, name: str, commit: str):
        """Announces a push, and keeps ingest waiting for the code while the body runs."""
        self.codecommit.hold()
        try:
            self.announce(name, commit)
            assert self.codecommit.arrived.wait(60), "ingest never came for the code"
            yield
        finally:
            self.codecommit.release()

    def configure(self, queue: str, **attributes: str):
        """Sets a queue's attributes: a deployed queue delivers the message of a dead worker again after hours, for
        which a test cannot wait."""
        self.queues.set_queue_attributes(QueueUrl=self._url(queue), Attributes=attributes)

    def attributes(self, queue: str) -> dict[str, str]:
        return self.queues.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=["All"])["Attributes"]

    def _url(self, queue: str) -> str:
        return self.queues.get_queue_url(QueueName=f"deepwiki-omr-test-{queue}-queue")["QueueUrl"]


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
