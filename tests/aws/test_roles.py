"""Every function's role allows what its code calls and nothing more: the calls that the tests before this one led to,
compared with the policies as they are deployed."""

import json
from fnmatch import fnmatchcase

import pytest
from support.loopback import FUNCTIONS

# What is allowed and not seen here, and why.
UNSEEN = {
    "sqs:ReceiveMessage": "Lambda polls with the function's role; ministack polls without one",
    "sqs:DeleteMessage": "as above",
    "sqs:ChangeMessageVisibility": "as above",
    "sqs:GetQueueAttributes": "as above",
    "logs:CreateLogStream": "Lambda writes the logs with the function's role; ministack writes them itself",
    "logs:PutLogEvents": "as above",
    "xray:PutTraceSegments": "ministack has no X-Ray daemon",
    "xray:PutTelemetryRecords": "as above",
    "s3:ListBucket": "makes the answer for a missing object a 404; nothing is listed",
    "codecommit:GitPull": "the Git stand-in checks the signature itself",
    "ec2:CreateNetworkInterface": "Lambda itself attaches functions to the network",
    "ec2:DescribeNetworkInterfaces": "as above",
    "ec2:DeleteNetworkInterface": "as above",
    "ec2:DescribeSubnets": "as above",
    "ec2:AssignPrivateIpAddresses": "as above",
    "ec2:UnassignPrivateIpAddresses": "as above",
    "kms:Decrypt": "S3, DynamoDB, SQS and Secrets Manager call KMS for the caller; ministack's do not",
    "kms:GenerateDataKey": "as above",
}

# The same for one function.
UNSEEN_OF = {
    ("embed", "states:SendTaskHeartbeat"): "no embedder is deployed here, so that no part is asked of it",
    ("embed", "states:SendTaskSuccess"): "as above",
    ("embed", "states:SendTaskFailure"): "as above",
    ("embed", "s3:GetObject"): "as above",
    ("embed", "s3:PutObject"): "as above",
    ("embed", "dynamodb:GetItem"): "as above",
    ("embed", "dynamodb:UpdateItem"): "as above",
}


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def calls(deployment):
    """What each function called, as (action, resource)."""
    functions = {deployment.loopback.role_keys(name)[0]: name for name in FUNCTIONS}
    made = {name: set() for name in FUNCTIONS}
    refused = []
    for line in deployment.loopback.calls.read_text().splitlines():
        call = json.loads(line)
        if function := functions.get(call["key"]):
            made[function].add((call["action"], call["resource"]))
            if not call["allowed"]:
                refused.append((function, call["action"], call["resource"]))
    assert not refused, f"called without the right: {refused}"
    return made


def statements(deployment, function):
    iam = deployment.loopback.client("iam")
    role = f"deepwiki-omr-test-{function}-role"
    documents = [
        iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
        documents.append(
            iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        )
    for document in documents:
        document = json.loads(document) if isinstance(document, str) else document
        yield from (s for s in as_list(document["Statement"]) if s["Effect"] == "Allow")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_row_21_what_is_allowed_is_called(deployment, calls, function):
    made = calls[function]
    idle = []
    for statement in statements(deployment, function):
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                seen = any(done == action and fnmatchcase(on, resource) for done, on in made)
                if not seen and action not in UNSEEN and (function, action) not in UNSEEN_OF:
                    idle.append((action, resource))
    assert not idle, f"{function} may and never does: {idle}"


def test_the_exceptions_are_needed(deployment, calls):
    for function, action in UNSEEN_OF:
        assert not any(done == action for done, _ in calls[function]), f"{function} does call {action}"
