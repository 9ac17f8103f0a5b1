"""What checkov says of the rendered templates: at least 95% passed, and a reason for the rest. One process for all
entries of samconfig.toml; it has an environment of its own, because it pins what it stands on."""

import json
import re
import subprocess
import tomllib

import pytest
from support.paths import ROOT, WORK
from support.render import ALONE, ENVIRONMENTS, documents

ENTRIES = [*ENVIRONMENTS, "prod-opensearch", *ALONE]
SUPPRESSED = tomllib.loads((ROOT / "tests" / "infra" / "suppressions.toml").read_text())["finding"]


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("rendered")
    for entry in ENTRIES:
        for path, document in documents(entry).items():
            file = folder / entry / path.replace("/", "-").replace(".yaml", ".json")
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(document))
    command = [WORK / "checkov" / "bin" / "checkov", "-d", folder, "--framework", "cloudformation", "--compact", "-o", "json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert ran.stdout, ran.stderr
    found = json.loads(ran.stdout)
    assert found["summary"]["parsing_errors"] == 0 and found["summary"]["resource_count"] > 1000, found["summary"]
    return found["results"]


def entry_of(finding: dict) -> str:
    return finding["file_path"].strip("/").split("/")[0]


def is_suppressed(finding: dict, by: dict) -> bool:
    logical = finding["resource"].rsplit(".", 1)[-1]
    return (
        re.fullmatch(by["check"], finding["check_id"]) is not None
        and re.fullmatch(by["on"], logical) is not None
        and entry_of(finding) in by.get("entries", ENTRIES)
    )


def test_at_least_95_percent_pass(results):
    passed, failed = len(results["passed_checks"]), len(results["failed_checks"])
    share = passed / (passed + failed)
    print(f"\ncheckov: {passed} of {passed + failed} passed ({share:.1%}), {failed} suppressed with their reasons")
    assert share >= 0.95


def test_every_other_finding_has_its_reason(results):
    failed = results["failed_checks"]
    unexplained = sorted(
        {
            f"{entry_of(f)}: {f['check_id']} {f['check_name']} on {f['resource']}"
            for f in failed
            if not any(is_suppressed(f, by) for by in SUPPRESSED)
        }
    )
    assert not unexplained, "\n".join(unexplained)
    idle = [by for by in SUPPRESSED if not any(is_suppressed(f, by) for f in failed)]
    assert not idle, f"nothing is found that these suppress: {idle}"


def test_what_is_broken_is_found(tmp_path):
    """Rows that checkov proves: taken away one by one, it has to notice."""
    broken = {
        "CKV_AWS_7": ("infra/security.yaml", "DataKey", lambda p: p.pop("EnableKeyRotation")),
        "CKV_AWS_36": ("infra/governance.yaml", "Trail", lambda p: p.pop("EnableLogFileValidation")),
        "CKV_AWS_67": ("infra/governance.yaml", "Trail", lambda p: p.pop("IsMultiRegionTrail")),
        "CKV_AWS_53": ("template.yaml", "WikiBucket", lambda p: p.pop("PublicAccessBlockConfiguration")),
        "CKV_AWS_21": ("template.yaml", "WikiBucket", lambda p: p.pop("VersioningConfiguration")),
        "CKV_AWS_27": ("template.yaml", "PlanQueue", lambda p: p.pop("KmsMasterKeyId")),
        "CKV_AWS_117": ("template.yaml", "PlanFunction", lambda p: p.pop("VpcConfig")),
        "CKV_AWS_115": ("template.yaml", "PlanFunction", lambda p: p.pop("ReservedConcurrentExecutions")),
        "CKV_AWS_165": ("template.yaml", "JobsTable", lambda p: p["Replicas"][0].pop("PointInTimeRecoverySpecification")),
    }
    templates = documents("prod")
    for path, name, breaks in broken.values():
        breaks(templates[path]["Resources"][name]["Properties"])
    for path in {path for path, _, _ in broken.values()}:
        (tmp_path / path.replace("/", "-").replace(".yaml", ".json")).write_text(json.dumps(templates[path]))
    command = [WORK / "checkov" / "bin" / "checkov", "-d", tmp_path, "--framework", "cloudformation", "--compact", "--quiet", "-o", "json"]
    ran = subprocess.run([*command, "--check", ",".join(broken)], capture_output=True, text=True, timeout=600)
    found = {(f["check_id"], f["resource"].rsplit(".", 1)[-1]) for f in json.loads(ran.stdout)["results"]["failed_checks"]}
    missed = [check for check, (_, name, _) in broken.items() if (check, name) not in found]
    assert not missed, missed
