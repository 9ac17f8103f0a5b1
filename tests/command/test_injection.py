"""Repository text is data: a model that would obey any text it is shown gets none to obey."""

import json
from pathlib import Path

import pytest
from support.command import command, wiki
from support.injections import NAMES, TEXTS
from support.models import Models
from support.writer import Obedient


def hostile(folder: Path) -> Path:
    """A package whose every text is one of the set: README, comments of three kinds, settings, file names."""
    folder.mkdir()
    texts = [text.format(f"bait{number}") for number, text in enumerate(TEXTS)]
    inline = [text.replace("\n", " ") for text in texts]
    readme = ["# Meter", "", "Meter counts what passes by.", ""]
    for number, text in enumerate(texts):
        readme += [f"## Part {number}", "", text, ""]
    (folder / "README.md").write_text("\n".join(readme))
    module = ['"""Counts what passes by."""', ""]
    rust = ["//! Counts what passes by.", ""]
    for number, text in enumerate(inline):
        module += [f"def count_{number}(meter):", f'    """{text}"""', f"    # {text}", f"    return meter.add({number})", ""]
        rust += [f"/// {text}", f"pub fn measure_{number}() -> u32 {{", f"    // {text}", f"    {number}", "}", ""]
    (folder / "meter.py").write_text("\n".join(module))
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").write_text("\n".join(rust))
    (folder / "Cargo.toml").write_text(f'[package]\nname = "meter"\nversion = "0.1.0"\ndescription = "{inline[0]}"\n')
    settings = [f"# {text}\nkey_{number}: {number}" for number, text in enumerate(inline)]
    (folder / "settings.yaml").write_text("\n".join(settings) + "\n")
    for number, name in enumerate(NAMES):
        path = folder / "src" / f"{name.format(f'bait{900 + number}')}.py"
        path.write_text(f"class Gauge{number}:\n    def read(self):\n        return {number}\n")
    return folder


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("injection")
    source, data = hostile(folder / "meter"), folder / "data"
    with Models(Obedient()) as server:
        built = json.loads(command(data, server, "build", source, "--language", "en", "--language", "ja", "--json"))
        questions = ["What does measure_3 do?", "How does count_40 use the meter?", "What is in the settings?"]
        answers = [json.loads(command(data, server, "ask", question, "--json")) for question in questions]
        calls = len(server.calls)
    documents = [wiki(data, built["repository"], language, folder / language) for language in ("en", "ja")]
    return server.writer, documents, answers, calls


def test_the_set_is_large():
    assert len(TEXTS) >= 60


def test_no_page_and_no_answer_obeys(attacked):
    _, documents, answers, calls = attacked
    assert calls > 10
    assert not any("obeyed-" in document for document in documents)
    assert "obeyed-" not in json.dumps(answers)


def test_the_model_was_not_even_asked(attacked):
    writer, *_ = attacked
    shown = {int(bait.removeprefix("bait")) for bait in writer.seen}
    told = [TEXTS[number] if number < 900 else NAMES[number - 900] for number in sorted(shown)]
    assert not told
