"""Stands in for CodeCommit's Git endpoint and for GitHub: real repositories over HTTP by `git http-backend`, opened only to
the signed credentials that CodeCommit wants, or to GitHub's token. Can hold a fetch back, so that a test may act while a stage is at work."""

import hashlib
import hmac
import os
import re
import subprocess
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROUTE = re.compile(r"/v1/repos/([A-Za-z0-9._-]{1,100})(/(?:info/refs|git-upload-pack))$")
GITHUB = re.compile(r"/example/([A-Za-z0-9._-]{1,100}?)(?:\.git)?(/(?:info/refs|git-upload-pack))$")
PASSWORD = re.compile(r"(\d{8}T\d{6})Z([0-9a-f]{64})")


class GitServer:
    """Serves the bare repositories `<folder>/<name>.git` under `/v1/repos/<name>`, and as `/example/<name>`."""

    def __init__(self, folder: Path, keys: dict[str, str], region: str, token: str):
        """`keys` are the access keys that may pull from CodeCommit, with their secrets; `token` is GitHub's."""
        self.folder, self.keys, self.region, self.token = folder, keys, region, token
        self.fetches = self.refused = 0
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.host = f"127.0.0.1:{self.http.server_port}"
        self.url = f"http://{self.host}"

    def start(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.release()
        self.http.shutdown()
        self.http.server_close()

    def hold(self):
        """The next fetches wait for `release`; `arrived` is set when one does."""
        self.arrived.clear()
        self.gate.clear()

    def release(self):
        self.gate.set()

    def admits(self, path: str, repository: str, authorization: str | None) -> bool:
        """Whether these are the credentials that the host of the path wants."""
        if path.startswith("/example/"):
            expected = b64encode(f"x-access-token:{self.token}".encode()).decode()
            return authorization == f"Basic {expected}"
        return self.is_signed(repository, authorization)

    def is_signed(self, repository: str, authorization: str | None) -> bool:
        """Whether these are the credentials that `git-remote-codecommit` would make."""
        if not authorization or not authorization.startswith("Basic "):
            return False
        user, _, password = b64decode(authorization[6:]).decode().partition(":")
        signed = PASSWORD.fullmatch(password)
        secret = self.keys.get(user.split("%")[0])
        if not secret or not signed:
            return False
        return hmac.compare_digest(self.signature(secret, repository, signed[1]), signed[2])

    def signature(self, secret: str, repository: str, time: str) -> str:
        request = f"GIT\n/v1/repos/{repository}\n\nhost:{self.host}\n\nhost\n"
        scope = f"{time[:8]}/{self.region}/codecommit/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = f"AWS4{secret}".encode()
        for part in scope.split("/") + [text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()


def _handler(server: GitServer):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.serve(b"")

        def do_POST(self):
            self.serve(self.body())

        def serve(self, body: bytes):
            path, _, query = self.path.partition("?")
            route = ROUTE.fullmatch(path) or GITHUB.fullmatch(path)
            if not route or not (server.folder / f"{route[1]}.git").is_dir():
                return self.answer(404, {}, b"no such repository")
            if not server.admits(path, route[1], self.headers.get("Authorization")):
                server.refused += 1
                return self.answer(401, {"WWW-Authenticate": 'Basic realm="codecommit"'}, b"")
            if self.command == "POST" and b"command=ls-refs" not in body:
                server.fetches += 1
                server.arrived.set()
                server.gate.wait(120)
            self.answer(*_git(server.folder, f"/{route[1]}.git{route[2]}", query, self, body))

        def body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)

        def answer(self, status: int, headers: dict, body: bytes):
            try:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                # The client was killed by the test.
                self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler


def _git(folder: Path, path: str, query: str, request, body: bytes) -> tuple[int, dict, bytes]:
    """Runs `git http-backend` for a request and splits its CGI answer."""
    environment = {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        "REMOTE_USER": "tests",
    }
    result = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, timeout=120)
    head, _, content = result.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return status, headers, content
