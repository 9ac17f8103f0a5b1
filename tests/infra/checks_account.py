"""What an account has once [28, 41, 47, 52]."""

from checks import of_type, proves
from mutating import put, remove


@proves(28, on=["account"])
def api_gateway_may_write_logs(resources, _):
    assert resources["ApiAccount"]["Properties"]["CloudWatchRoleArn"] == "arn:ApiLogRole"
    (policy,) = resources["ApiLogRole"]["Properties"]["ManagedPolicyArns"]
    assert policy.endswith("AmazonAPIGatewayPushToCloudWatchLogs")


@proves(41, on=["account"])
def anomalies_are_watched_by_service(resources, _):
    monitor = resources["Anomalies"]["Properties"]
    assert (monitor["MonitorType"], monitor["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    (subscription,) = of_type(resources, "AWS::CE::AnomalySubscription").values()
    assert subscription["MonitorArnList"] == ["ref:Anomalies"]
    assert subscription["Subscribers"] == [{"Type": "EMAIL", "Address": "operators@example.com"}]


@proves(47, on=["account"])
def missing_mfa_delete_is_found(resources, _):
    assert resources["MfaDelete"]["Properties"]["Source"]["SourceIdentifier"] == "S3_BUCKET_MFA_DELETE_ENABLED"
    assert "AWS::S3::Bucket" in resources["Recording"]["Properties"]["RecordingGroup"]["ResourceTypes"]


@proves(52, on=["account"])
def external_and_unused_access_is_analysed(resources, _):
    analyzers = of_type(resources, "AWS::AccessAnalyzer::Analyzer").values()
    assert sorted(analyzer["Type"] for analyzer in analyzers) == ["ACCOUNT", "ACCOUNT_UNUSED_ACCESS"]


BROKEN = [
    ("api_gateway_may_write_logs", put("ApiLogRole", ["other"], "ManagedPolicyArns")),
    ("anomalies_are_watched_by_service", put("Anomalies", "LINKED_ACCOUNT", "MonitorDimension")),
    ("anomalies_are_watched_by_service", put("AnomaliesByMail", [], "Subscribers")),
    ("missing_mfa_delete_is_found", remove("MfaDelete")),
    ("external_and_unused_access_is_analysed", remove("UnusedAccess")),
]
