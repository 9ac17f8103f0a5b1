"""What brings the records and the wikis back [46, 47, 48, 49]."""

import re

from checks import GUARDED, environment, of_type, proves
from mutating import drop, put, remove

OSAKA = "ap-northeast-3"
# Hours that may be lost, and that a recovery may take.
RPO = {"prod": 1, "staging": 24}
RTO = {"prod": 4, "staging": 24}
KEPT = ("RepositoriesTable", "JobsTable", "PagesTable")


@proves(46, on=GUARDED)
def tables_have_a_replica_in_osaka(resources, _):
    tables = of_type(resources, "AWS::DynamoDB::GlobalTable")
    for name in (*KEPT, "Security/KeyRing"):
        regions = [replica["Region"] for replica in tables[name]["Replicas"]]
        assert regions == ["ap-northeast-1", OSAKA], f"{name}: {regions}"
        assert tables[name]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}, name


@proves(46, 49, on=GUARDED)
def tables_are_backed_up_every_day_with_a_copy_in_osaka(resources, _):
    (plan,) = of_type(resources, "AWS::Backup::BackupPlan").values()
    (rule,) = plan["BackupPlan"]["BackupPlanRule"]
    assert re.fullmatch(r"cron\(\d+ \d+ \* \* \? \*\)", rule["ScheduleExpression"]), "not every day"
    assert rule["Lifecycle"] == {"DeleteAfterDays": 35}
    (copy,) = rule["CopyActions"]
    there = f":backup:{OSAKA}:123456789012:backup-vault:deepwiki-omr-{environment(resources)}-replica-vault"
    assert copy["DestinationBackupVaultArn"].endswith(there) and copy["Lifecycle"]["DeleteAfterDays"] >= 7
    (selection,) = of_type(resources, "AWS::Backup::BackupSelection").values()
    names = {arn.split("/")[1] for arn in selection["BackupSelection"]["Resources"]}
    assert names == {resources[name]["Properties"]["TableName"] for name in KEPT}


@proves(46, 47, on=["osaka-staging", "osaka-prod"])
def osaka_has_the_vault_the_bucket_and_the_key(resources, _):
    env = environment(resources)
    assert resources["Vault"]["Properties"]["BackupVaultName"] == f"deepwiki-omr-{env}-replica-vault"
    replica = resources["Replica"]["Properties"]
    assert replica["BucketName"] == f"deepwiki-omr-{env}-replica-bucket-123456789012"
    assert replica["VersioningConfiguration"] == {"Status": "Enabled"} and "LifecycleConfiguration" not in replica
    assert resources["KeyName"]["Properties"]["AliasName"] == f"alias/deepwiki-omr-{env}-replica-key"
    for name in ("Vault", "Replica", "Key"):
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate", f"{name} goes with its stack"


@proves(47, 49, on=GUARDED)
def the_wiki_bucket_is_replicated_to_osaka_in_time(resources, _):
    replication = resources["WikiBucket"]["Properties"]["ReplicationConfiguration"]
    (rule,) = replication["Rules"]
    goal = rule["Destination"]
    assert rule["Status"] == "Enabled" and rule["Filter"] == {"Prefix": ""}, "not everything is replicated"
    assert goal["Bucket"].endswith(f"deepwiki-omr-{environment(resources)}-replica-bucket-123456789012")
    assert f":kms:{OSAKA}:" in goal["EncryptionConfiguration"]["ReplicaKmsKeyID"]
    assert rule["SourceSelectionCriteria"]["SseKmsEncryptedObjects"] == {"Status": "Enabled"}, "nothing encrypted is replicated"
    assert goal["ReplicationTime"]["Time"]["Minutes"] <= 60 * RPO[environment(resources)]
    assert replication["Role"] == "arn:Recovery/ReplicationRole"


@proves(46, 47)
def nothing_that_is_kept_goes_with_its_stack(resources, _):
    for name in (*KEPT, "WikiBucket", "Security/KeyRing", "Security/DataKey", "Security/WrappingKey"):
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate", name
    if environment(resources) == "prod":
        for name in KEPT:
            replicas = resources[name]["Properties"]["Replicas"]
            assert all(replica["DeletionProtectionEnabled"] is True for replica in replicas), name


@proves(48)
def search_is_made_again_from_what_s3_keeps(resources, _):
    """A generation is one object of the wiki bucket, versioned and replicated; the search that runs on it holds nothing
    of its own, and only who may read that bucket fills it."""
    wiki = resources["WikiBucket"]["Properties"]
    assert wiki["VersioningConfiguration"] == {"Status": "Enabled"}
    statements = resources["IndexPublishPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    granted = {action for s in statements if "arn:WikiBucket/*" in str(s["Resource"]) for action in s["Action"]}
    assert {"s3:GetObject", "s3:PutObject"} <= granted


def _weekly(resources, _):
    resources["Recovery/Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"][0]["ScheduleExpression"] = "cron(0 17 ? * SUN *)"


def _no_copy(resources, _):
    del resources["Recovery/Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"][0]["CopyActions"]


def _no_replica(resources, _):
    del resources["PagesTable"]["Properties"]["Replicas"][1]


def _late_replica(resources, _):
    rule = resources["WikiBucket"]["Properties"]["ReplicationConfiguration"]["Rules"][0]
    rule["Destination"]["ReplicationTime"]["Time"]["Minutes"] = 600


def _kept_no_longer(resources, _):
    resources["RepositoriesTable"]["DeletionPolicy"] = "Delete"


BROKEN = [
    ("tables_have_a_replica_in_osaka", _no_replica),
    ("tables_are_backed_up_every_day_with_a_copy_in_osaka", _weekly),
    ("tables_are_backed_up_every_day_with_a_copy_in_osaka", _no_copy),
    ("osaka_has_the_vault_the_bucket_and_the_key", remove("Vault")),
    ("osaka_has_the_vault_the_bucket_and_the_key", put("Replica", {"Status": "Suspended"}, "VersioningConfiguration")),
    ("the_wiki_bucket_is_replicated_to_osaka_in_time", drop("WikiBucket", "ReplicationConfiguration")),
    ("the_wiki_bucket_is_replicated_to_osaka_in_time", _late_replica),
    ("nothing_that_is_kept_goes_with_its_stack", _kept_no_longer),
    ("search_is_made_again_from_what_s3_keeps", put("WikiBucket", {"Status": "Suspended"}, "VersioningConfiguration")),
]
