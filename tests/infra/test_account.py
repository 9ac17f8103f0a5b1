"""infra/account.yaml, what an account has once: a check for each row, and a mutation that it must notice."""

import copy

import pytest
from samcli.yamlhelper import yaml_parse
from support.paths import ROOT


def load() -> dict:
    return yaml_parse((ROOT / "infra" / "account.yaml").read_text())["Resources"]


def row_28_api_gateway_may_write_logs(resources):
    assert resources["ApiAccount"]["Properties"]["CloudWatchRoleArn"] == {"Fn::GetAtt": ["ApiLogRole", "Arn"]}
    (policy,) = resources["ApiLogRole"]["Properties"]["ManagedPolicyArns"]
    assert policy["Fn::Sub"].endswith("AmazonAPIGatewayPushToCloudWatchLogs")


def row_41_anomalies_are_watched_by_service(resources):
    monitor = resources["Anomalies"]["Properties"]
    assert (monitor["MonitorType"], monitor["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    subscription = resources["AnomaliesByMail"]["Properties"]
    assert subscription["MonitorArnList"] == [{"Ref": "Anomalies"}] and subscription["Subscribers"]


def row_47_missing_mfa_delete_is_found(resources):
    assert resources["MfaDelete"]["Properties"]["Source"]["SourceIdentifier"] == "S3_BUCKET_MFA_DELETE_ENABLED"
    assert "AWS::S3::Bucket" in resources["Recording"]["Properties"]["RecordingGroup"]["ResourceTypes"]


def row_50_buckets_are_closed_encrypted_and_speak_tls_only(resources):
    policies = {p["Properties"]["Bucket"]["Ref"]: p["Properties"] for p in resources.values() if p["Type"] == "AWS::S3::BucketPolicy"}
    for name in [name for name, resource in resources.items() if resource["Type"] == "AWS::S3::Bucket"]:
        bucket = resources[name]["Properties"]
        assert all(bucket["PublicAccessBlockConfiguration"].values()) and len(bucket["PublicAccessBlockConfiguration"]) == 4, name
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"], name
        denials = [s for s in policies[name]["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]
        assert [s["Condition"] for s in denials] == [{"Bool": {"aws:SecureTransport": False}}], name


def row_52_external_and_unused_access_is_analysed(resources):
    analyzers = [r["Properties"]["Type"] for r in resources.values() if r["Type"] == "AWS::AccessAnalyzer::Analyzer"]
    assert sorted(analyzers) == ["ACCOUNT", "ACCOUNT_UNUSED_ACCESS"]


def row_56_access_logs_are_kept_for_a_year(resources):
    rules = resources["LogsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule] == [365]


def put(value, *path):
    def mutate(resources):
        node = resources
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return mutate


def remove(name):
    def mutate(resources):
        del resources[name]

    return mutate


CHECKS = [
    (row_28_api_gateway_may_write_logs, put([{"Fn::Sub": "other"}], "ApiLogRole", "Properties", "ManagedPolicyArns")),
    (row_41_anomalies_are_watched_by_service, put("LINKED_ACCOUNT", "Anomalies", "Properties", "MonitorDimension")),
    (row_47_missing_mfa_delete_is_found, remove("MfaDelete")),
    (row_50_buckets_are_closed_encrypted_and_speak_tls_only, remove("ConfigBucketPolicy")),
    (row_52_external_and_unused_access_is_analysed, remove("UnusedAccess")),
    (
        row_56_access_logs_are_kept_for_a_year,
        put([{"ExpirationInDays": 30}], "LogsBucket", "Properties", "LifecycleConfiguration", "Rules"),
    ),
]


@pytest.mark.parametrize("check, mutate", CHECKS, ids=lambda part: part.__name__)
def test_account(check, mutate):
    resources = load()
    check(resources)
    broken = copy.deepcopy(resources)
    mutate(broken)
    with pytest.raises((AssertionError, KeyError)):
        check(broken)
