"""What a model takes, measured with the stand-in and a real vocabulary: the forecast beside the spend on several
repositories, and updates beside a full build over consecutive commits of one.

    pip install bpe-openai           counts tokens as o200k_base; without it, about
    python benches/model.py --command target/release/deepwiki forecast FOLDER...
    python benches/model.py --command target/release/deepwiki increments REPOSITORY [--commits 50]
    python benches/model.py --command target/release/deepwiki answers REPOSITORY QUESTIONS
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support import models  # noqa: E402
from support.writer import Writer  # noqa: E402

# The share of sentences that have to be mended. A page has about twenty, so that every second page goes back.
WRONG = 0.03

try:
    import bpe_openai

    VOCABULARY = bpe_openai.get_encoding("o200k_base")
    models.tokens = lambda text: len(VOCABULARY.encode(text))
except ImportError:
    print("bpe-openai is not installed: tokens are counted roughly", file=sys.stderr)


def run(command: Path, data: Path, server: models.Models, *arguments) -> dict:
    model = ["--writer", "openai", "--model", "stand-in", "--base-url", f"{server.base}/v1", "--price", "3,15"]
    line = [str(part) for part in (command, "--data", data, *arguments, *model, "--json")]
    result = subprocess.run(line, capture_output=True, text=True)
    if result.returncode:
        raise SystemExit(result.stderr[-2000:])
    return json.loads(result.stdout)


def forecast(arguments):
    worst = 0.0
    print("| repository | pages | forecast USD | spent USD | off by |\n|---|---:|---:|---:|---:|")
    for folder in arguments.folders:
        with tempfile.TemporaryDirectory() as data, models.Models(Writer(corrupt=WRONG)) as server:
            told = run(arguments.command, Path(data), server, "estimate", folder)
            spent = run(arguments.command, Path(data), server, "build", folder)["usage"]["cost_usd"]
        expected = told["expected"]["cost_usd"]
        off = expected / spent - 1
        worst = max(worst, abs(off))
        print(f"| {Path(folder).name} | {told['pages']} | {expected:.3f} | {spent:.3f} | {off:+.1%} |", flush=True)
    print(f"\nworst: {worst:.1%}")


def increments(arguments):
    repository = arguments.repository
    log = subprocess.run(
        ["git", "-C", repository, "rev-list", "--first-parent", "-n", str(arguments.commits + 1), "HEAD"],
        capture_output=True, text=True, check=True,
    )
    commits = log.stdout.split()[::-1]
    shares, single = [], []
    with tempfile.TemporaryDirectory() as data, models.Models(Writer(corrupt=WRONG)) as server:
        full = used(run(arguments.command, Path(data), server, "build", repository, "--revision", commits[0]))
        print(f"full build of {commits[0][:8]}: {full} tokens")
        for commit in commits[1:]:
            names = ["git", "-C", repository, "diff", "--name-only", f"{commit}~", commit]
            files = len(subprocess.run(names, capture_output=True, text=True, check=True).stdout.split())
            share = used(run(arguments.command, Path(data), server, "build", repository, "--revision", commit)) / full
            shares.append(share)
            if files == 1:
                single.append(share)
            print(f"{commit[:8]}  {files:3} files  {share:7.2%}", flush=True)
    print(f"median of {len(shares)} commits: {statistics.median(shares):.2%}")
    if single:
        print(f"median of the {len(single)} that touch one file: {statistics.median(single):.2%}")


def answers(arguments):
    """The time of an answer but for the model's: what is left of it when the stand-in's own time is taken off."""
    questions = [line.split("\t")[-1].strip() for line in arguments.questions.read_text().splitlines() if line.strip()]
    times = []
    with tempfile.TemporaryDirectory() as data, models.Models() as server:
        subprocess.run([arguments.command, "--data", data, "build", arguments.repository], check=True, capture_output=True)
        model = ["--writer", "openai", "--model", "stand-in", "--base-url", f"{server.base}/v1"]
        serving = subprocess.Popen([arguments.command, "--data", data, "serve", "--port", "0", *model], stderr=subprocess.PIPE, text=True)
        try:
            address = next(line.strip() for line in serving.stderr if line.startswith("http"))
            for number, question in enumerate(questions * arguments.rounds):
                server.busy.clear()
                begun = time.monotonic()
                request = urllib.request.Request(f"{address}/ask", json.dumps({"question": question}).encode(), {"content-type": "application/json"})
                with urllib.request.urlopen(request) as response:
                    answer = json.load(response)
                whole = time.monotonic() - begun
                if answer["status"] == "composed" and number >= len(questions) // 4:
                    times.append(1000 * (whole - sum(server.busy)))
        finally:
            serving.terminate()
            serving.wait()
    times.sort()
    print(f"{len(times)} composed answers: median {statistics.median(times):.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms")


def used(built: dict) -> int:
    return built["usage"]["input_tokens"] + built["usage"]["output_tokens"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--command", type=Path, default=Path("target/release/deepwiki"))
    kinds = parser.add_subparsers(required=True)
    one = kinds.add_parser("forecast")
    one.add_argument("folders", nargs="+")
    one.set_defaults(measure=forecast)
    other = kinds.add_parser("increments")
    other.add_argument("repository")
    other.add_argument("--commits", type=int, default=50)
    other.set_defaults(measure=increments)
    asked = kinds.add_parser("answers")
    asked.add_argument("repository")
    asked.add_argument("questions", type=Path, help="a question a line, the last field where there are tabs")
    asked.add_argument("--rounds", type=int, default=1)
    asked.set_defaults(measure=answers)
    arguments = parser.parse_args()
    arguments.measure(arguments)


if __name__ == "__main__":
    main()
