"""What the local command makes of code that nobody here wrote, checked from outside: citations, links, diagrams, the
schema, and that the same commit gives the same bytes."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from support import corpora, mermaid
from support.paths import ROOT, WORK

COMMAND = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug")) / "deepwiki"
CORPORA = {
    "rust": corpora.rust_package,
    "python": corpora.python_package,
    "typescript": corpora.typescript_package,
    "this-repository": corpora.this_repository,
}
# `make bench-wikis` has a folder of larger ones.
if LARGER := os.environ.get("DEEPWIKI_CORPORA"):
    CORPORA = {place.parent.name: (lambda place=place: place.parent) for place in sorted(Path(LARGER).glob("*/.git"))}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(`{3,})(\w*)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


def run(data: Path, *command):
    result = subprocess.run(
        [str(part) for part in (COMMAND, "--data", data, *command)], capture_output=True, text=True, timeout=1200
    )
    assert result.returncode == 0, result.stderr[-2000:]
    return result.stdout


class Built:
    """A corpus, built in both languages, and its exports."""

    def __init__(self, name: str, folder: Path, data: Path):
        self.source, self.data = folder, data
        shutil.rmtree(data, ignore_errors=True)
        built = json.loads(run(data, "build", folder, "--language", "en", "--language", "ja", "--json"))
        self.repository = built["repository"]

    def export(self, language: str, form: str) -> Path:
        out = self.data / f"{form}-{language}"
        run(self.data, "export", self.repository, "--format", form, "--language", language, "--out", out)
        return out

    def wiki(self, language: str) -> dict:
        return json.loads((self.export(language, "json") / "wiki.json").read_text())


@pytest.fixture(scope="module", params=CORPORA)
def built(request):
    assert COMMAND.is_file(), f"build first (make test-command does): {COMMAND} is not there"
    return Built(request.param, CORPORA[request.param](), WORK / "command" / request.param)


@pytest.fixture(params=["en", "ja"])
def wiki(request, built):
    return built.wiki(request.param)


def test_every_citation_lies_within_its_file(built, wiki):
    lines: dict[str, int] = {}
    count = 0
    for page in wiki["pages"]:
        for citation in page["citations"] + page["sources"]:
            path = citation["path"]
            if path not in lines:
                content = (built.source / path).read_bytes()
                lines[path] = content.count(b"\n") + (not content.endswith(b"\n"))
            assert 1 <= citation["start"] <= citation["end"] <= lines[path], f"{page['slug']}: {citation}"
            count += 1
    assert count > 20, "hardly anything is cited"


def test_every_cited_statement_stands_in_its_page(wiki):
    for page in wiki["pages"]:
        text = " ".join(page["markdown"].split())
        for citation in page["citations"]:
            assert " ".join(citation["statement"].split()) in text, f"{page['slug']}: {citation['statement']}"


def test_no_link_is_dead(built, wiki):
    folder = built.export(wiki["language"], "markdown")
    slugs = {page["slug"] for page in wiki["pages"]}
    assert {file.stem for file in folder.glob("*.md")} == slugs
    for page in wiki["pages"]:
        assert page["parent"] is None or page["parent"] in slugs, page["slug"]
        assert set(page["related"]) <= slugs, page["slug"]
        for link in LINK.findall(FENCE.sub("", (folder / f"{page['slug']}.md").read_text())):
            if not re.match(r"[a-z]+:|#", link):
                assert (folder / link.split("#")[0]).is_file(), f"{page['slug']} links to {link}"


def test_every_diagram_parses_with_the_real_mermaid(wiki):
    diagrams = {}
    for page in wiki["pages"]:
        drawn = [diagram["mermaid"].strip() for diagram in page["diagrams"]]
        fenced = [text.strip() for _, kind, text in FENCE.findall(page["markdown"]) if kind == "mermaid"]
        assert sorted(drawn) == sorted(fenced), f"{page['slug']} shows other diagrams than it lists"
        diagrams |= {f"{page['slug']}-{number}": text for number, text in enumerate(drawn)}
    assert diagrams, "nothing is drawn"
    assert mermaid.failures(diagrams) == []


def test_the_export_follows_its_schema_and_its_own_figures(wiki):
    schema = json.loads((ROOT / "schemas" / "wiki.schema.json").read_text())
    jsonschema.validate(wiki, schema)
    assert wiki["validity"]["dead_links"] == 0
    assert wiki["validity"]["resolved"] == wiki["validity"]["citations"]


def test_two_builds_export_the_same_bytes(built, tmp_path):
    again = tmp_path / "again"
    run(again, "build", built.source, "--language", "en", "--language", "ja", "--json")
    for language in ("en", "ja"):
        out = tmp_path / language
        run(again, "export", built.repository, "--format", "json", "--language", language, "--out", out)
        first = (built.export(language, "json") / "wiki.json").read_bytes()
        assert (out / "wiki.json").read_bytes() == first, language
