"""One deployment for all tests of this folder: template.yaml on the loopback AWS, with the real binaries, and a Git
server in the place of CodeCommit."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.deployment import Deployment
from support.git_server import GitServer
from support.loopback import FUNCTIONS, Loopback
from support.paths import ROOT, WORK
from support.render import REGION

BINARIES = Path(os.environ.get("DEEPWIKI_BINARIES", ROOT / "target" / "debug"))


GITHUB_TOKEN = "example-token"


@pytest.fixture(scope="session")
def bootstraps() -> dict[str, Path]:
    """The function binaries without their symbols, which a zip in memory need not hold."""
    missing = [name for name in [*FUNCTIONS, "deepwiki"] if not (BINARIES / name).is_file()]
    assert not missing, f"build first (make test-aws does): {missing} are not in {BINARIES}"
    folder = WORK / "bootstraps"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in FUNCTIONS:
        subprocess.run(["strip", "-o", folder / name, BINARIES / name], check=True)
    return {name: folder / name for name in FUNCTIONS}


@pytest.fixture(scope="session")
def deployment(bootstraps):
    loopback = Loopback(WORK / "ministack" / "bin" / "python", WORK / "loopback")
    shutil.rmtree(WORK / "repositories", ignore_errors=True)
    repositories = WORK / "repositories"
    repositories.mkdir(parents=True)
    # The two functions that read code, by their roles.
    codecommit = GitServer(repositories, dict(map(loopback.role_keys, ("ingest", "trigger"))), REGION, GITHUB_TOKEN)
    codecommit.start()
    try:
        loopback.start()
        outputs = loopback.deploy(
            bootstraps,
            {
                "Environment": "test",
                "Architecture": "x86_64" if os.uname().machine == "x86_64" else "arm64",
                "EventArchiveDays": "0",
                "Foundation": "none",
                "CodeCommitEndpoint": codecommit.url,
                "GitHubEndpoint": codecommit.url,
            },
        )
        secrets = loopback.client("secretsmanager")
        secrets.put_secret_value(SecretId="deepwiki-omr-test-github-secret", SecretString=GITHUB_TOKEN)
        yield Deployment(loopback, codecommit, outputs, BINARIES / "deepwiki")
    finally:
        loopback.stop()
        codecommit.stop()
