"""What the command does over time: estimates, updates, versions, questions; interrupted, run twice at once, asked for what
is not there."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from support import corpora
from support.paths import ROOT

COMMAND = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug")) / "deepwiki"
BOTH = ("--language", "en", "--language", "ja")


def start(data: Path, *command) -> subprocess.Popen:
    arguments = [str(part) for part in (COMMAND, "--data", data, *command)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(data: Path, *command, code=0) -> str:
    process = start(data, *command)
    out, err = process.communicate(timeout=600)
    assert process.returncode == code, err[-2000:]
    return out if code == 0 else err


def of_json(data: Path, *command) -> dict:
    return json.loads(run(data, *command, "--json"))


def export(data: Path, repository: str, out: Path) -> bytes:
    run(data, "export", repository, "--format", "json", "--out", out)
    return (out / "wiki.json").read_bytes()


def commit(folder: Path, message: str):
    git = ["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "add", "--all"], check=True)
    when = os.environ | {"GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z"}
    subprocess.run([*git, "commit", "--quiet", "--message", message], check=True, env=when)


@pytest.fixture
def source(tmp_path) -> Path:
    """A package of some twenty files with one commit."""
    folder = tmp_path / "source"
    shutil.copytree(corpora.python_package(), folder / "jmespath")
    (folder / "pyproject.toml").write_text('[project]\nname = "jmespath"\ndependencies = ["ply"]\n')
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", folder], check=True)
    commit(folder, "first")
    return folder


def change(source: Path):
    """Gives one module a function more, and takes one away from nobody."""
    module = source / "jmespath" / "exceptions.py"
    module.write_text(module.read_text() + '\n\ndef explain_failure(error):\n    """Tell in one line why it failed."""\n    return str(error)\n')
    commit(source, "second")


def test_an_estimate_spends_and_keeps_nothing(source, tmp_path):
    data = tmp_path / "data"
    before = of_json(data, "estimate", source, *BOTH)
    assert before["pages"] > 0 and before["one_call_a_page"]["cost_usd"] == 0
    assert not list(data.glob("repositories/*")), "nothing is registered"
    asked = of_json(data, "estimate", source, "--writer", "openai", "--model", "m", "--price", "3,15")
    costs = [asked[kind]["cost_usd"] for kind in ("expected", "one_call_a_page", "at_most")]
    assert 0 < costs[0] < costs[1] < costs[2]
    run(data, "build", source, *BOTH)
    assert of_json(data, "estimate", source, *BOTH)["pages"] == 0, "what is written costs nothing again"


def test_an_update_equals_a_full_build_and_an_unchanged_one_does_nothing(source, tmp_path):
    data = tmp_path / "data"
    first = of_json(data, "build", source)
    again = of_json(data, "build", source)["usage"]
    assert (again["shards_read"], again["pages_written"]) == (0, 0)
    change(source)
    updated = of_json(data, "build", source)
    assert 0 < updated["usage"]["pages_written"] < first["pages"], "only what the change touches"
    other = tmp_path / "other"
    full = of_json(other, "build", source, "--full")["repository"]
    assert export(data, updated["repository"], tmp_path / "a") == export(other, full, tmp_path / "b")


def test_versions_stay_and_what_changed_is_told(source, tmp_path):
    data = tmp_path / "data"
    repository = of_json(data, "build", source)["repository"]
    old = of_json(data, "versions", repository)["versions"][0]["commit"]
    assert "one version only" in run(data, "changes", repository, code=1)
    change(source)
    run(data, "build", source)
    versions = of_json(data, "versions", repository)["versions"]
    assert [version["commit"] for version in versions][1] == old
    changes = of_json(data, "changes", repository)
    assert changes["totals"]["symbols"] == {"added": 1, "removed": 0, "moved": 0, "changed": 0}
    assert "explain_failure" in run(data, "changes", repository)
    nothing = of_json(data, "changes", repository, "--from", versions[0]["build"])
    assert nothing["totals"]["symbols"]["added"] == 0, "against itself nothing changed"


def test_the_map_leads_from_who_asks_to_who_provides(source, tmp_path):
    data = tmp_path / "data"
    user = tmp_path / "user"
    user.mkdir()
    (user / "pyproject.toml").write_text('[project]\nname = "report"\ndependencies = [\n  "jmespath>=1",\n]\n')
    (user / "report.py").write_text("import jmespath\n\ndef total(data):\n    return jmespath.search('total', data)\n")
    asked = of_json(data, "build", user)["repository"]
    provider = of_json(data, "build", source)["repository"]
    (edge,) = of_json(data, "map")["edges"]
    assert (edge["from"], edge["to"]) == (asked, provider)
    assert edge["ties"][0]["at"]["path"] == "pyproject.toml"


def test_a_question_is_answered_with_lines_or_not_at_all(source, tmp_path):
    data = tmp_path / "data"
    run(data, "build", source)
    answer = of_json(data, "ask", "How does the Lexer tokenize an expression?")
    assert len(answer["citations"]) >= 3
    for citation in answer["citations"]:
        lines = (source / citation["path"]).read_text().splitlines()
        assert 1 <= citation["start"] <= citation["end"] <= len(lines)
    nothing = of_json(data, "ask", "Which kubernetes ingress controller terminates websockets?")
    assert nothing["citations"] == []


def test_an_interrupted_build_loses_nothing(source, tmp_path):
    whole = tmp_path / "whole"
    expected = export(whole, of_json(whole, "build", source)["repository"], tmp_path / "a")
    data = tmp_path / "data"
    for wait in (0.02, 0.08, 0.15, 0.25, 0.4, 0.6):
        process = start(data, "build", source)
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    repository = of_json(data, "build", source)["repository"]
    assert export(data, repository, tmp_path / "b") == expected


def test_two_builds_at_once_do_no_harm(source, tmp_path):
    data = tmp_path / "data"
    both = [start(data, "build", source, "--json") for _ in range(2)]
    built = [json.loads(process.communicate(timeout=600)[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert built[0]["repository"] == built[1]["repository"]
    export(data, built[0]["repository"], tmp_path / "out")


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (["build", "/nowhere/at/all"], 1, "nowhere"),
        (["build", "ftp://example.org/a.git"], 1, "https"),
        (["build", "https://user:secret@example.org/a.git"], 1, "credentials"),
        (["build", "https://127.0.0.1/a.git"], 1, "private"),
        (["build", ".", "--language", "fr"], 2, "--language"),
        (["estimate"], 2, "PATH|URL"),
        (["export", "nobody", "--format", "json", "--out", "out"], 1, "deepwiki list"),
        (["versions", "nobody"], 1, "deepwiki list"),
        (["changes", "nobody"], 1, "deepwiki list"),
        (["graph", "nobody"], 1, "deepwiki list"),
        (["purge", "nobody"], 1, "deepwiki list"),
        (["search", "x" * 5000], 1, "too long"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_bad_input_gets_one_clear_line(tmp_path, command, code, says):
    error = run(tmp_path / "data", *command, code=code)
    assert says in error, error
    assert "secret" not in error
    if code == 1:
        assert len(error.strip().splitlines()) == 1, error


def test_data_of_another_layout_is_refused(source, tmp_path):
    data = tmp_path / "data"
    run(data, "build", source)
    (data / "VERSION").write_text("999\n")
    error = run(data, "list", code=1)
    assert str(data) in error and len(error.strip().splitlines()) == 1, error
