"""Pages and answers by a model that is right or wrong on demand: what holds is published, nothing else is, and the build
ends whatever the model does."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from support import corpora
from support.command import COMMAND, build, command, wiki
from support.models import Faults, Models, tokens
from support.writer import EXCERPT, Writer

SOUND, WRONG = re.compile(r"\bs\d+x\b"), re.compile(r"\bm\d+x\b")
PAGE = "The page to write is about:"


def prompts(server: Models) -> list:
    """First requests for pages."""
    return [call for call in server.calls if PAGE in call.text and "do not hold:" not in call.text]


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "source"
    folder.symlink_to(corpora.python_package())
    return folder.resolve()


def test_of_sentences_that_are_wrong_in_every_way_none_is_published_and_all_others_are(source, tmp_path):
    with Models(Writer(corrupt=0.3)) as server:
        built = build(tmp_path / "data", server, source, "en", "ja")
        said = server.writer
    wikis = "".join(wiki(tmp_path / "data", built["repository"], language, tmp_path / language) for language in ("en", "ja"))
    published = set(SOUND.findall(wikis))
    assert set(WRONG.findall(wikis)) == set()
    lost = {mark: text for mark, text in said.sound.items() if mark not in published}
    assert not lost, f"{len(lost)} of {len(said.sound)}: {list(lost.values())[:5]}"
    assert len(said.wrong) > 50 and len({way for way, _ in said.wrong.values()}) == 12, "every way was tried"
    assert "evil.example" not in wikis and "<script" not in wikis
    validity = json.loads((tmp_path / "en" / "wiki.json").read_text())["validity"]
    assert validity["dropped"] > 0 and validity["dead_links"] == 0


def test_throttles_are_waited_for(source, tmp_path):
    with Models(faults=Faults(throttle=0.3)) as server:
        built = build(tmp_path / "data", server, source, "en")
        assert 0 < len(server.calls) < server.seen <= 2 * len(server.calls)
    assert built["usage"]["model_calls"] == len(server.calls)


def test_replies_that_break_off_are_broken_or_stall_end_no_build(source, tmp_path):
    with Models(Writer(corrupt=0.1), Faults(cut=0.2, broken=0.15, stall=0.15)) as server:
        built = build(tmp_path / "data", server, source, "en")
    document = wiki(tmp_path / "data", built["repository"], "en", tmp_path / "out")
    assert set(WRONG.findall(document)) == set()
    assert len(set(SOUND.findall(document))) > 50, "what came whole is there"
    assert all(page["markdown"] for page in json.loads(document)["pages"])


def test_prompts_share_what_they_can_and_give_no_file_twice(source, tmp_path):
    with Models() as server:
        build(tmp_path / "data", server, source, "en")
        calls = prompts(server)
    assert len(calls) > 5
    shared, whole = 0, 0
    for call in calls:
        own = call.text[call.text.rfind(PAGE) :]
        files = [path for _, path, _ in EXCERPT.findall(own)]
        assert len(files) == len(set(files)), files
        prefix, prompt = tokens(call.prefix), tokens(call.system + call.text)
        shared, whole = shared + prefix, whole + prompt
        # The page with most to say of itself shares less than the others.
        assert call.prefix and prefix >= 0.5 * prompt, own[:80]
        # The budget is kept by the product's own count, which is within a quarter of this one.
        assert tokens(own) <= 1.25 * 5_600, own[:80]
    assert shared >= 0.6 * whole


def test_a_cap_ends_a_build_and_what_is_written_stays(source, tmp_path):
    data = tmp_path / "data"
    with Models() as server:
        error = command(data, server, "build", source, "--budget", "0.2", code=1)
        assert "budget" in error and len(error.strip().splitlines()[-1:]) == 1
        first = len(server.calls)
        built = build(data, server, source, "en")
        assert 0 < first < len(server.calls)
        again = len(server.calls)
    with Models() as server:
        whole = build(tmp_path / "other", server, source, "en")
        assert again <= len(server.calls) + 1, "nothing was written twice"
    assert built["pages"] == whole["pages"]


def test_an_answer_is_composed_and_checked(source, tmp_path):
    data = tmp_path / "data"
    with Models(Writer(corrupt=0.3)) as server:
        subprocess.run([COMMAND, "--data", data, "build", source], check=True, capture_output=True, timeout=300)
        answer = json.loads(command(data, server, "ask", "How does the Lexer tokenize an expression?", "--json"))
        assert answer["status"] == "composed" and len(answer["citations"]) >= 3
        for citation in answer["citations"]:
            lines = (source / citation["path"]).read_text().splitlines()
            assert 1 <= citation["start"] <= citation["end"] <= len(lines)
        report = json.loads(command(data, server, "ask", "How does the Parser use the Lexer?", "--research", "--json"))
        told = json.dumps([answer, report])
        assert WRONG.findall(told) == [] and SOUND.findall(told)
        assert [step["kind"] for step in report["steps"]].count("plan") <= 4
    # Nothing is up any more: extracts stand in.
    gone = json.loads(command(data, server, "ask", "How does the Lexer tokenize an expression?", "--json"))
    assert gone["status"] == "extracts" and len(gone["citations"]) >= 3


def test_requests_are_recorded_and_answered_by_hand(source, tmp_path):
    folder = tmp_path / "recorded"
    with Models(record=folder) as server:
        build(tmp_path / "data", server, source, "en")
    requests = sorted(folder.glob("*.json"))
    assert len(requests) >= 5
    for request in requests:
        text = json.loads(request.read_text())["messages"][-1]["content"]
        found = re.search(r"^(F\d+) .*`([A-Za-z_]{4,})`", text[text.rfind(PAGE) :], re.MULTILINE)
        if found:
            claim = {"text": f"`{found[2]}` was told by hand.", "cite": [found[1]]}
            request.with_suffix(".reply").write_text(json.dumps({"summary": claim, "sections": []}))
    with Models(record=folder) as server:
        built = build(tmp_path / "by-hand", server, source, "en")
    assert "was told by hand." in wiki(tmp_path / "by-hand", built["repository"], "en", tmp_path / "out")
