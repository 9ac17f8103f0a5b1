"""The drill of rows 46 to 49: loses the tables and the wiki bucket of prod and restores them from what recovery keeps, on a
loopback AWS. Prints the time taken against RTO and the data lost against RPO. `make drill` runs it.

Tables and bucket are those of the rendered template. Two things stand in for AWS, where the loopback has none of it: a
backup taken at the latest restorable time (five minutes before the loss, DynamoDB's own promise) for point-in-time
recovery, and a copy of all but the last fifteen minutes (the replication time of the bucket's rule) for the replica."""

import json
import time

import pytest
from support.loopback import Loopback
from support.paths import WORK
from support.render import rendered

MINUTE = 60
# What the standard promises for prod, in seconds.
RTO, RPO = 4 * 3600, 3600
# The latest time that a table can be restored to, and how far the replica lags at most, in seconds before the loss.
TABLES_LAG = 5 * MINUTE
LOST_AT = 1_795_000_000
REPOSITORIES, PAGES = 120, 25
TABLES = {"RepositoriesTable": ["id"], "JobsTable": ["build"], "PagesTable": ["edition", "slug"]}


class Prod:
    """The stores of prod on the loopback, and two hours of writes, a repository a minute."""

    def __init__(self, loopback: Loopback):
        self.dynamo, self.s3 = loopback.client("dynamodb"), loopback.client("s3")
        self.resources = rendered("prod")
        self.bucket = self.resources["WikiBucket"]["Properties"]["BucketName"]
        rule = self.resources["WikiBucket"]["Properties"]["ReplicationConfiguration"]["Rules"][0]["Destination"]
        self.replica = rule["Bucket"].split(":::")[1]
        self.replica_lag = rule["ReplicationTime"]["Time"]["Minutes"] * MINUTE
        self.names = {table: self.resources[table]["Properties"]["TableName"] for table in TABLES}

    def create(self):
        for table, name in self.names.items():
            properties = self.resources[table]["Properties"]
            kept = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
            self.dynamo.create_table(TableName=name, **{key: properties[key] for key in kept if key in properties})
        for bucket in (self.bucket, self.replica):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def write(self, since: int, until: int):
        """What was built between two moments before the loss, in seconds before it."""
        for number in range(REPOSITORIES):
            before = (REPOSITORIES - number) * MINUTE
            if not until < before <= since:
                continue
            at = LOST_AT - before
            self._put("RepositoriesTable", {"id": f"repository-{number}", "built_at": at, "status": "READY"})
            self._put("JobsTable", {"build": f"build-{number}", "repository": f"repository-{number}", "started_at": at})
            for page in range(PAGES):
                self._put("PagesTable", {"edition": f"edition-{number}", "slug": f"page-{page}", "written_at": at})
            body = json.dumps({"repository": number, "at": at, "text": "wiki " * 200}).encode()
            self.s3.put_object(Bucket=self.bucket, Key=f"generations/{number}", Body=body)
            if before > self.replica_lag:
                self.s3.put_object(Bucket=self.replica, Key=f"generations/{number}", Body=body)

    def _put(self, table: str, item: dict):
        typed = {key: {"N": str(value)} if isinstance(value, int) else {"S": value} for key, value in item.items()}
        self.dynamo.put_item(TableName=self.names[table], Item=typed)

    def items(self, table: str) -> dict[tuple, dict]:
        pages = self.dynamo.get_paginator("scan").paginate(TableName=self.names[table])
        items = [item for page in pages for item in page["Items"]]
        return {tuple(item[key]["S"] for key in TABLES[table]): item for item in items}

    def objects(self) -> dict[str, bytes]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return {key: self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def back_up(self) -> dict[str, str]:
        made = {t: self.dynamo.create_backup(TableName=n, BackupName=f"{n}-drill") for t, n in self.names.items()}
        return {table: backup["BackupDetails"]["BackupArn"] for table, backup in made.items()}

    def restore_tables(self, backups: dict[str, str]):
        for table, arn in backups.items():
            self.dynamo.restore_table_from_backup(TargetTableName=self.names[table], BackupArn=arn)
            self.dynamo.get_waiter("table_exists").wait(TableName=self.names[table])

    def undelete(self):
        """Takes the delete markers of the bucket away."""
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for marker in page.get("DeleteMarkers", []):
                self.s3.delete_object(Bucket=self.bucket, Key=marker["Key"], VersionId=marker["VersionId"])

    def copy_from_replica(self):
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.replica):
            for found in page.get("Contents", []):
                source = {"Bucket": self.replica, "Key": found["Key"]}
                self.s3.copy_object(Bucket=self.bucket, Key=found["Key"], CopySource=source)


@pytest.fixture(scope="module")
def prod():
    loopback = Loopback(WORK / "ministack" / "bin" / "python", WORK / "drill", enforces_policies=False)
    try:
        loopback.start()
        stores = Prod(loopback)
        stores.create()
        yield stores
    finally:
        loopback.stop()


def newest(items: dict[tuple, dict], field: str) -> int:
    return max(int(item[field]["N"]) for item in items.values())


def tell(what: str, took: float, lost: int):
    print(f"\n{what}: restored in {took:.1f} s of {RTO} s (RTO), {lost // MINUTE} min lost of {RPO // MINUTE} min (RPO)")


def test_drill(prod):
    prod.write(since=2 * 3600, until=TABLES_LAG)
    backups = prod.back_up()
    expected = {table: prod.items(table) for table in TABLES}
    prod.write(since=TABLES_LAG, until=0)
    objects = prod.objects()
    assert len(objects) == REPOSITORIES and len(prod.items("PagesTable")) == REPOSITORIES * PAGES

    # The tables are gone.
    for name in prod.names.values():
        prod.dynamo.delete_table(TableName=name)
    began = time.monotonic()
    prod.restore_tables(backups)
    took = time.monotonic() - began
    for table in TABLES:
        assert prod.items(table) == expected[table], f"{table} is not what it was at the time restored to"
    lost = LOST_AT - newest(prod.items("PagesTable"), "written_at")
    tell("tables (point in time)", took, lost)
    assert lost <= RPO

    # Somebody deleted every object.
    for key in objects:
        prod.s3.delete_object(Bucket=prod.bucket, Key=key)
    assert not prod.objects()
    began = time.monotonic()
    prod.undelete()
    took = time.monotonic() - began
    assert prod.objects() == objects, "a version is missing"
    tell("wiki bucket (versions)", took, 0)

    # The bucket is gone, versions and all.
    for page in prod.s3.get_paginator("list_object_versions").paginate(Bucket=prod.bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            prod.s3.delete_object(Bucket=prod.bucket, Key=version["Key"], VersionId=version["VersionId"])
    assert not prod.objects()
    began = time.monotonic()
    prod.copy_from_replica()
    took = time.monotonic() - began
    restored = prod.objects()
    assert restored.items() <= objects.items(), "the replica has what never was"
    lost = LOST_AT - max(json.loads(body)["at"] for body in restored.values())
    tell("wiki bucket (replica)", took, lost)
    assert 0 < lost <= RPO

    # A wiki that is served needs its record, its pages and its generation: what both recoveries kept fits together.
    records = prod.items("RepositoriesTable")
    whole = [key for key in restored if (f"repository-{key.split('/')[1]}",) in records]
    assert len(whole) == len(restored), "a generation without its record"
    print(f"{len(whole)} of {REPOSITORIES} wikis whole; the others are built again from their repositories")
