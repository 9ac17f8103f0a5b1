"""What the service sets going: registering, building, following, refreshing, flagging, purging; and who may."""

import json
import socket
import subprocess
import urllib.error
import urllib.request

import pytest
from support.service import COMMAND, git, serve, stop, write_source


def call(url, method="GET", body=None, **headers):
    """Status, headers and JSON (or text) of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            status, answered, text = answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        status, answered, text = error.code, error.headers, error.read().decode()
    is_json = "json" in (answered.get("content-type") or "")
    return status, answered, json.loads(text) if is_json else text


def events(url, last=None):
    """The events of one stream, as (name, id, data)."""
    headers = {"last-event-id": last} if last else {}
    _, _, text = call(url, **headers)
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            yield fields["event"], fields["id"], json.loads(fields["data"])


def follow(url):
    """All events of a job, across streams, until the last."""
    seen, last = [], None
    for _ in range(10):
        for name, last, data in events(url, last):
            seen.append((name, data))
            if name == "end":
                return seen
    raise AssertionError(f"the job does not end: {seen}")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    process, url = serve(tmp_path_factory.mktemp("data"))
    yield url
    stop(process)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "ledger"
    folder.mkdir()
    write_source(folder)
    return folder


def test_a_repository_from_its_registration_to_its_purge(running, source):
    status, headers, repository = call(f"{running}/repos", "POST", {"url": str(source), "languages": ["en", "ja"]})
    assert status == 201 and headers["location"] == f"/repos/{repository['id']}"
    at = f"{running}/repos/{repository['id']}"
    assert call(f"{at}/wiki")[0] == 404

    status, headers, asked = call(f"{at}/builds", "POST", {}, idempotency_key="first")
    assert status == 202
    assert call(f"{at}/builds", "POST", {}, idempotency_key="first")[2] == asked
    told = follow(f"{running}{headers['location']}/events")
    job = told[-1][1]
    assert job["status"] == "SUCCEEDED" and job["progress"]["generate"]["done"] > 0, told
    first = call(f"{at}/wiki")[2]
    assert first["build"] == asked["build"] and first["languages"] == ["en", "ja"]

    status, _, refreshed = call(f"{at}/refresh", "POST")
    assert (status, refreshed["up_to_date"], refreshed["commit"]) == (200, True, first["commit"])
    (source / "ledger" / "audit.py").write_text('"""Audits."""\n\n\ndef audit(book):\n    """Check a book."""\n    return book\n')
    git(source, "add", "--all")
    git(source, "commit", "--quiet", "--message=second")
    status, _, refreshed = call(f"{at}/refresh", "POST")
    assert (status, refreshed["up_to_date"]) == (202, False)
    assert follow(f"{running}/jobs/{refreshed['build']}/events")[-1][1]["status"] == "SUCCEEDED"
    second = call(f"{at}/wiki")[2]
    assert second["commit"] != first["commit"]
    assert call(f"{running}/jobs/{refreshed['build']}/resume", "POST")[0] == 409

    page = call(f"{at}/pages/{second['pages'][0]['slug']}")[2]["page"]
    statements = [block["paragraph"] for section in page["sections"] for block in section["blocks"] if "paragraph" in block]
    cited = next(it for paragraph in statements for it in paragraph if it["citations"])
    words = "".join(part.get("text") or part.get("code") or part.get("strong") for part in cited["text"])
    flag = {"repository": repository["id"], "page": page["slug"], "language": page["locale"], "statement": words, "reason": "It does not."}
    status, headers, correction = call(f"{running}/corrections", "POST", flag)
    assert status == 201 and correction["state"] == "open"
    listed = call(f"{running}/corrections?repository={repository['id']}")[2]["corrections"]
    assert listed == [correction]

    assert call(f"{at}/purge", "POST", {})[0] == 400
    status, _, purged = call(f"{at}/purge", "POST", {"confirm": repository["id"]})
    assert status == 200 and purged["artefacts"]["count"] > 0 and purged["corrections"]["count"] == 1
    assert call(at)[0] == 404


def test_builds_of_one_repository_follow_each_other(running, source):
    repository = call(f"{running}/repos", "POST", {"url": str(source)})[2]["id"]
    asked = [call(f"{running}/repos/{repository}/builds", "POST", {"mode": "FULL"})[2]["build"] for _ in range(4)]
    ended = {build: follow(f"{running}/jobs/{build}/events")[-1][1]["status"] for build in asked}
    # The first ran, the last ran after it, and what stood between was folded into the last.
    assert ended[asked[0]] == ended[asked[-1]] == "SUCCEEDED", ended
    assert set(ended.values()) <= {"SUCCEEDED", "ABORTED"}
    assert call(f"{running}/repos/{repository}")[2]["published"]["build"] == asked[-1]


def test_a_build_that_fails_says_why_and_is_resumed(running, source, tmp_path):
    repository = call(f"{running}/repos", "POST", {"url": str(source), "revision": "later"})[2]["id"]
    build = call(f"{running}/repos/{repository}/builds", "POST")[2]["build"]
    failed = follow(f"{running}/jobs/{build}/events")[-1][1]
    assert failed["status"] == "FAILED" and failed["failure"]["message"], failed
    assert "later" in failed["failure"]["message"]
    git(source, "branch", "later")
    status, _, resumed = call(f"{running}/jobs/{build}/resume", "POST")
    assert status == 202
    assert follow(f"{running}/jobs/{resumed['build']}/events")[-1][1]["status"] == "SUCCEEDED"


def test_others_than_this_machine_need_the_token(tmp_path):
    refused = subprocess.run(
        [COMMAND, "--data", tmp_path, "serve", "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True
    )
    assert refused.returncode == 1 and "DEEPWIKI_TOKEN" in refused.stderr
    token = "a token of the tests"
    process, url = serve(tmp_path, "--host", "0.0.0.0", environment={"DEEPWIKI_TOKEN": token})
    try:
        url = url.replace("0.0.0.0", "127.0.0.1")
        status, headers, _ = call(f"{url}/repos")
        assert status == 401 and headers["www-authenticate"].startswith("Bearer")
        assert call(f"{url}/repos", authorization="Bearer wrong")[0] == 401
        assert call(f"{url}/repos", authorization=f"Bearer {token}")[0] == 200
        body = {"url": str(tmp_path)}
        assert call(f"{url}/repos", "POST", body, authorization=f"Bearer {token}")[0] == 400, "no paths from elsewhere"
        assert call(f"{url}/mcp", "POST", {}, accept="application/json, text/event-stream")[0] == 401
    finally:
        stop(process)


def test_loopback_answers_to_its_own_names_alone(running):
    host, port = running.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /repos HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n")
        assert b" 421 " in connection.recv(4096).splitlines()[0]
    assert call(f"{running}/repos", "POST", {"url": "x"}, sec_fetch_site="cross-site")[0] == 403
