"""A loopback AWS: starts ministack, deploys template.yaml to it unchanged, puts events, reads the REST API."""

import hashlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from . import render
from .paths import MACHINE, ROOT, WORK

STACK = "deepwiki-omr-test"
PACKAGES = "packages"
FUNCTIONS = ["ingest", "chunk", "plan", "generate", "embed", "index", "trigger", "dispatch", "api", "reap"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: str, check, seconds: float, pause: float = 0.2):
    """The first true answer of `check`; an error that names `what` when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(pause)


class Loopback:
    """One ministack process with its own ports and folder; `stop` ends it and all function processes."""

    def __init__(self, python: Path, folder: Path, enforces_policies: bool = True):
        self.python, self.folder = python, folder
        self.enforces_policies = enforces_policies
        self.port, self.events_port = free_port(), free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.region, self.account = render.REGION, render.ACCOUNT
        self.log, self.calls = folder / "ministack.log", folder / "calls.jsonl"
        self.process = None

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "tmp").mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": self.account,
            "AWS_DEFAULT_REGION": self.region,
            "GATEWAY_PORT": str(self.port),
            "EVENTS_PORT": str(self.events_port),
            "CALLS_FILE": str(self.calls),
            "IOT_MTLS_ENABLED": "0",
            "AWS_ENDPOINT_URL": self.endpoint,
            "LAMBDA_EXECUTOR": "local",
            # Where policies are enforced, functions get the credentials of their roles.
            "AUTH": "true" if self.enforces_policies else "false",
            # Waits between attempts of the state machine are a tenth as long.
            "SFN_WAIT_SCALE": "0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        main = ROOT / "tests" / "support" / "ministack_main.py"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [self.python, main], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        wait_for("the start of ministack", self._answers, 60)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"ministack ended:\n{self.log.read_text()[-3000:]}")
        try:
            return urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=2).status == 200
        except OSError:
            return False

    def stop(self):
        if self.process is None:
            return
        # The functions run in the same session as ministack, so its process group is all that was started here.
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def client(self, service: str):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.account,
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
        )

    def deploy(self, bootstraps: dict[str, Path], parameters: dict[str, str]) -> dict[str, str]:
        """Creates the stack from template.yaml and returns its outputs. As `sam package` does, code and state
        machine go to S3 and the template names them there; nothing else of it changes."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration={"LocationConstraint": self.region})
        template = render.load()
        for resource in template["Resources"].values():
            properties = resource.get("Properties", {}) if isinstance(resource, dict) else {}
            if "CodeUri" in properties:
                name = Path(properties["CodeUri"]).name
                s3.put_object(Bucket=PACKAGES, Key=f"{name}.zip", Body=_zip(bootstraps[name]))
                properties["CodeUri"] = f"s3://{PACKAGES}/{name}.zip"
            if "DefinitionUri" in properties:
                s3.put_object(Bucket=PACKAGES, Key="wiki-build.asl.json", Body=MACHINE.read_bytes())
                properties["DefinitionUri"] = f"s3://{PACKAGES}/wiki-build.asl.json"
        s3.put_object(Bucket=PACKAGES, Key="template.json", Body=json.dumps(template).encode())
        formation = self.client("cloudformation")
        formation.create_stack(
            StackName=STACK,
            TemplateURL=f"{self.endpoint}/{PACKAGES}/template.json",
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        stack = wait_for("the deployment", lambda: self._finished(formation), 120)
        if stack["StackStatus"] != "CREATE_COMPLETE":
            events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
            reasons = [event.get("ResourceStatusReason") for event in events if "FAILED" in event["ResourceStatus"]]
            raise RuntimeError(f"the stack ended as {stack['StackStatus']}: {reasons}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def _finished(self, formation):
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    def role_keys(self, function: str) -> tuple[str, str]:
        """Access key and secret that a function gets for its role: ministack makes them of the ARNs of the role and of
        the version that the alias `live` leads to, the first one."""
        name = f"{STACK}-{function}"
        function_arn = f"arn:aws:lambda:{self.region}:{self.account}:function:{name}-function:1"
        digest = hashlib.sha256(f"{function_arn}:arn:aws:iam::{self.account}:role/{name}-role".encode()).hexdigest()
        return f"ASIA{digest[:16].upper()}", hashlib.sha256(f"secret:{digest}".encode()).hexdigest()

    def emit(self, event: dict):
        """Puts an event as an AWS service would."""
        body = json.dumps({**event, "account": self.account, "region": self.region}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.events_port}/", body)
        answer = json.load(urllib.request.urlopen(request, timeout=10))
        assert answer["FailedEntryCount"] == 0, answer

    def get(self, api: str, path: str) -> tuple[int, bytes]:
        """Status and body of a signed GET through the deployed REST API."""
        return self.call(api, "GET", path)

    def call(
        self, api: str, method: str, path: str, body: bytes | None = None, headers: dict | None = None, signed: bool = True
    ) -> tuple[int, bytes]:
        """Status and body of a call through the deployed REST API."""
        call = AWSRequest(method, f"http://{api}.execute-api.localhost:{self.port}/v1{path}", headers or {}, body)
        if signed:
            SigV4Auth(Credentials(self.account, "test"), "execute-api", self.region).add_auth(call)
        host = urllib.parse.urlsplit(call.url).netloc
        request = urllib.request.Request(
            f"{self.endpoint}/v1{path}", body, {**dict(call.headers), "Host": host}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


def _zip(bootstrap: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap", (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o755 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, bootstrap.read_bytes())
    return buffer.getvalue()
