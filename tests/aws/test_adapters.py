"""The adapters to AWS pass the suite that every adapter of a port must pass."""

import os
import re
import subprocess

from support.loopback import Loopback
from support.paths import ROOT, WORK


def test_the_adapters_do_what_every_adapter_must_do():
    loopback = Loopback(WORK / "ministack" / "bin" / "python", WORK / "conformance", enforces_policies=False)
    try:
        loopback.start()
        # The whole workspace and one of its test targets: the very build that the unit tests made.
        command = ["cargo", "test", "--workspace", "--locked", "--test", "conformance", "--", "--nocapture"]
        environment = os.environ | {"DEEPWIKI_TEST_AWS_ENDPOINT": loopback.endpoint}
        ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200)
    finally:
        loopback.stop()
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
    assert "skipped" not in ran.stderr
    passed = sum(int(count) for count in re.findall(r"test result: ok\. (\d+) passed", ran.stdout))
    assert passed >= 8, ran.stdout[-2000:]
