"""A wiki that was built here, and `deepwiki serve` over it, for the whole session."""

import json
import shutil
import subprocess

import pytest
from support.service import COMMAND, Service, serve, stop, write_source


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    source, data = folder / "ledger", folder / "data"
    source.mkdir()
    write_source(source)
    built = subprocess.run(
        [COMMAND, "--data", data, "build", source, "--language", "en", "--language", "ja", "--json"],
        check=True,
        capture_output=True,
        text=True,
    )
    process, url = serve(data)
    yield Service(url, data, source, json.loads(built.stdout)["repository"])
    stop(process)
    shutil.rmtree(folder, ignore_errors=True)
