"""The handlers against their own description: requests made from it find no 5xx and nothing that it does not declare."""

import subprocess
import sys
from pathlib import Path

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def test_no_answer_is_undeclared(service, tmp_path):
    command = [
        Path(sys.executable).parent / "schemathesis",
        "run",
        f"{service.url}/openapi.json",
        f"--url={service.url}",
        f"--checks={CHECKS}",
        "--phases=examples,coverage,fuzzing",
        "--max-examples=8",
        "--seed=7",
        "--workers=2",
        "--request-timeout=20",
        "--no-color",
        # A stream lasts until its job ends; its own tests follow it.
        "--exclude-path-regex=/events$",
    ]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=240)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
