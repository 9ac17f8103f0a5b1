"""Search over several repositories: the right ones are found, `--repository` narrows, hits say where and why; whatever is typed
is answered or refused in one clear line, and a damaged index is told of and does not silence the others."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from support.paths import ROOT

COMMAND = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug")) / "deepwiki"

# What each repository alone is about, and what all of them have.
REPOSITORIES = {
    "ledger": ("settle_entry", "Settle an entry of the books at the end of the day."),
    "mailer": ("deliver_letter", "Deliver a letter to its postbox."),
    "weather": ("forecast_rain", "Forecast the rain of tomorrow from the pressure of today."),
    "kitchen": ("bake_bread", "Bake bread from flour and water."),
    "garage": ("mend_tyre", "Mend a tyre that has lost its air."),
}
SHARED = "def open_journal(path):\n    \"\"\"Open the journal that every service keeps.\"\"\"\n    return open(path)\n"

TYPED = [
    "",
    "   ",
    "\x01\x07\x1b[31m",
    "AND OR NOT ((",
    "path:/.*/ OR *:*",
    "(a+)+$",
    "*a*a*a*a*a*a*a*a*b",
    '{"match_all":{}}',
    "'; DROP TABLE pages; --",
    "$(reboot) `id`",
    "<script>alert(1)</script>",
    "\u202eyrtne_elttes",
    "e\u0301\u0301\u0301",
    "👩‍👩‍👧‍👦",
    "--",
    "../../etc/passwd",
]


def run(data: Path, *command, seconds: float = 60) -> subprocess.CompletedProcess:
    arguments = [str(part) for part in (COMMAND, "--data", data, *command)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=seconds)


def search(data: Path, query: str, *options) -> dict:
    ran = run(data, "search", "--json", *options, "--", query)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """Five repositories, built."""
    folder = tmp_path_factory.mktemp("search")
    for name, (function, doc) in REPOSITORIES.items():
        source = folder / name
        source.mkdir()
        (source / f"{name}.py").write_text(f'def {function}(thing):\n    """{doc}"""\n    return thing\n')
        (source / "journal.py").write_text(SHARED)
    built = run(folder / "data", "build", *(folder / name for name in REPOSITORIES), seconds=300)
    assert built.returncode == 0, built.stderr
    return folder / "data"


def names_of(found: dict) -> set[str]:
    return {name for name in REPOSITORIES for hit in found["hits"] if hit["path"].startswith(name) or name in hit["repository"]}


def test_one_query_finds_the_right_repositories_and_a_filter_narrows(data):
    for name, (function, _) in REPOSITORIES.items():
        hit = search(data, function)["hits"][0]
        assert hit["path"] == f"{name}.py" and function in hit["symbol"]
    everywhere = search(data, "open_journal", "--limit", "50")
    assert names_of(everywhere) == set(REPOSITORIES)
    narrowed = search(data, "open_journal", "--limit", "50", "--repository", "ledger", "--repository", "garage")
    assert names_of(narrowed) == {"ledger", "garage"}
    assert search(data, "bake_bread", "--repository", "ledger")["hits"] == []


def test_a_hit_says_where_it_is_and_why(data):
    hit = search(data, "settle entry")["hits"][0]
    assert (hit["path"], hit["start"], hit["why"][0]) == ("ledger.py", 1, "name")
    assert len(hit["commit"]) >= 40 and hit["page"]
    lines = [line for line in hit["highlights"] if "settle_entry" in line["text"]]
    assert lines, hit["highlights"]
    (line, *_) = lines
    assert line["line"] == 1 and "settle_entry" in [line["text"][start:end] for start, end in line["marks"]]


def test_whatever_is_typed_is_answered_or_refused_in_one_line(data):
    for text in TYPED:
        started = time.monotonic()
        found = search(data, text)
        assert isinstance(found["hits"], list)
        assert time.monotonic() - started < 30
    for text in ["x" * 100_000, "日" * 1001]:
        ran = run(data, "search", "--", text)
        assert ran.returncode == 1 and len(ran.stderr.strip().splitlines()) == 1, ran.stderr
        assert "too long" in ran.stderr


def test_the_service_refuses_a_megabyte_and_serves_on(data):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([COMMAND, "--data", data, "serve", "--port", str(port)], stderr=subprocess.PIPE, text=True)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(base)
        for path, body in [
            (f"/search?q={'x' * 5000}", None),
            ("/search?q=" + urllib.parse.quote("日" * 1001), None),
            ("/ask", json.dumps({"question": "x" * (1 << 20)}).encode()),
            ("/ask", b"\x00" * (1 << 20)),
            ("/ask", b'{"question": ' + b"[" * 200_000),
        ]:
            status, answer = call(base + path, body)
            assert status in (400, 413, 414), (path[:40], status)
            assert len(answer) < 2000, "one clear error"
        for text in TYPED:
            status, answer = call(f"{base}/search?q={urllib.parse.quote(text)}", None)
            assert status == 200 and "hits" in json.loads(answer), text
        status, answer = call(f"{base}/search?q=settle_entry", None)
        hit = json.loads(answer)["hits"][0]
        assert hit["path"] == "ledger.py" and hit["highlights"] and hit["why"] == ["name", "words"]
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_a_damaged_index_is_told_of_and_the_others_serve(data):
    found = search(data, "open_journal", "--repository", "kitchen")
    repository = found["hits"][0]["repository"]
    # Search generations are the artefacts that begin with their own mark, once unpacked; damage whatever is not JSON.
    record = json.loads((data / "repositories" / repository / "record.json").read_text())
    key = find(record, "search")
    blob = data / "artefacts" / repository / key[:2] / f"{key}.zst"
    whole = blob.read_bytes()
    try:
        blob.write_bytes(whole[: len(whole) // 2])
        ran = run(data, "search", "--json", "--repository", "kitchen", "--", "open_journal")
        assert ran.returncode == 1 and repository in ran.stderr and "--full" in ran.stderr, ran.stderr
        everywhere = search(data, "open_journal", "--limit", "50")
        assert names_of(everywhere) == set(REPOSITORIES) - {"kitchen"}
        assert [refused["repository"] for refused in everywhere["refused"]] == [repository]
    finally:
        blob.write_bytes(whole)


def find(value, name: str):
    """The first value of this name, wherever it stands."""
    if isinstance(value, dict):
        if isinstance(value.get(name), str):
            return value[name]
        value = list(value.values())
    if isinstance(value, list):
        return next((found for part in value if (found := find(part, name))), None)
    return None


def wait_for(base: str):
    for _ in range(150):
        try:
            if call(f"{base}/healthz", None)[0] == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError("the service does not answer")


def call(url: str, body: bytes | None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, data=body, headers={"Accept": "application/json", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
