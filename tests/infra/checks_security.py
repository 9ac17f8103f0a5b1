"""Keys, bounds of roles, sign-in, and what stands before the API [19, 20, 21, 26, 50, 51, 54, 55]."""

import re

from checks import GUARDED, actions, of_type, policies_of, proves, target
from mutating import add, drop, grant, put, remove
from support.render import ALONE, ENVIRONMENTS

JAPAN = ["ap-northeast-1", "ap-northeast-3"]
DATA_KEY = "arn:Security/DataKey"


@proves(20, 50, on=ENVIRONMENTS + ["delivery", "osaka-staging", "osaka-prod"])
def keys_rotate_and_are_used_by_the_account_alone(resources, _):
    keys = of_type(resources, "AWS::KMS::Key")
    assert keys
    for name, key in keys.items():
        assert key["EnableKeyRotation"] is True and key["PendingWindowInDays"] == 30, name
        for statement in key["KeyPolicy"]["Statement"]:
            principal = statement["Principal"]
            assert principal != "*" and principal.get("AWS") != "*", f"{name}: {statement['Sid']} is anybody's"
            granted = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            assert "kms:*" not in granted, f"{name}: {statement['Sid']}"
            uses = any(re.match(r"kms:(Decrypt|GenerateDataKey|Encrypt)", action) for action in granted)
            assert not uses or statement.get("Condition"), f"{name}: {statement['Sid']} has no bounds"


@proves(20, 46, on=GUARDED)
def what_osaka_opens_has_a_key_of_both_regions(resources, _):
    assert resources["Security/WrappingKey"]["Properties"]["MultiRegion"] is True
    (wrap,) = [s for s in resources["Security/WrappingKey"]["Properties"]["KeyPolicy"]["Statement"] if s["Sid"] == "WrapAndUnwrap"]
    assert wrap["Condition"]["Null"] == {"kms:EncryptionContext:repository": False}, "a wrapped key opens for any repository"


@proves(50)
def everything_stored_is_under_the_data_key(resources, _):
    for name, bucket in of_type(resources, "AWS::S3::Bucket").items():
        rule = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"]
        assert rule["SSEAlgorithm"] == "AES256" or rule["KMSMasterKeyID"] == DATA_KEY, name
    for name, table in of_type(resources, "AWS::DynamoDB::GlobalTable").items():
        for replica in table["Replicas"]:
            key = replica["SSESpecification"]["KMSMasterKeyId"]
            assert key == DATA_KEY or ":alias/deepwiki-omr-" in key and replica["Region"] == JAPAN[1], name
    for kind, place in (
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::Lambda::Function", "KmsKeyArn"),
        ("AWS::SecretsManager::Secret", "KmsKeyId"),
        ("AWS::CloudTrail::Trail", "KMSKeyId"),
        ("AWS::Backup::BackupVault", "EncryptionKeyArn"),
    ):
        for name, properties in of_type(resources, kind).items():
            assert properties.get(place) == DATA_KEY, f"{name} is not under the data key"
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        if name in {target(function["Role"]) for function in of_type(resources, "AWS::Lambda::Function").values()}:
            assert "ref:Security/KeyUse" in role["ManagedPolicyArns"], f"{name} cannot read what is encrypted"


@proves(21, 54)
def every_role_of_the_application_has_its_boundary(resources, _):
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        # The roles of the nested stacks are those of services, which no code of ours runs under.
        if "/" not in name or name == "Security/AdminRole":
            assert role.get("PermissionsBoundary") == "ref:Security/Boundary", name
    allow, listed, deny = resources["Security/Boundary"]["Properties"]["PolicyDocument"]["Statement"]
    assert "*" not in allow["Action"] and "*" not in allow["Resource"] and not [a for a in listed["Action"] if "*" in a]
    assert deny["Effect"] == "Deny" and deny["Resource"] == "*"
    assert deny["Condition"] == {"StringNotEquals": {"aws:RequestedRegion": JAPAN}}
    spared = {action.split(":")[0] for action in deny["NotAction"]}
    assert spared == {"iam", "sts", "organizations", "budgets", "ce", "support", "route53", "cloudfront"}, spared
    services = {action.split(":")[0] for action in allow["Action"]}
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for statement in policies_of(resources, name) if role.get("PermissionsBoundary") else []:
            for action in actions(statement):
                within = action in listed["Action"] if statement["Resource"] == "*" else action.split(":")[0] in services
                assert within, f"{name}: {action} is out of bounds"


@proves(54, 55, on=ENVIRONMENTS + ALONE)
def data_stays_in_japan(resources, _):
    text = str({name: resource for name, resource in resources.items()})
    named = set(re.findall(r"\b(?:us|eu|ap|sa|ca|me|af|il|mx)-(?:north|south|east|west|central|gov)[a-z]*-\d\b", text))
    assert named <= set(JAPAN), f"named: {named - set(JAPAN)}"
    profiles = set(re.findall(r"\b(us|eu|apac|global)\.(?:anthropic|amazon)\.", text))
    assert not profiles, f"{profiles} leads out of Japan"
    edge = [name for name, resource in resources.items() if re.match(r"AWS::(CloudFront|GlobalAccelerator)::", resource["Type"])]
    assert not edge, f"{edge} keep data elsewhere"
    for name, api in of_type(resources, "AWS::ApiGateway::RestApi").items():
        assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}, name


@proves(51)
def users_and_administrators_have_a_second_factor(resources, _):
    (pool,) = of_type(resources, "AWS::Cognito::UserPool").values()
    assert pool["MfaConfiguration"] == "ON" and pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    (client,) = of_type(resources, "AWS::Cognito::UserPoolClient").values()
    # A public client of the code flow alone: Cognito asks it for PKCE's verifier once a challenge was sent.
    assert client["AllowedOAuthFlows"] == ["code"] and client["GenerateSecret"] is False
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"], "a password alone is enough"
    assert len(of_type(resources, "AWS::Cognito::UserPoolGroup")) >= 2
    (trust,) = resources["Security/AdminRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["Bool"] == {"aws:MultiFactorAuthPresent": True}
    assert trust["Condition"]["NumericLessThan"] == {"aws:MultiFactorAuthAge": 3600}


@proves(26, on=GUARDED)
def an_access_list_stands_before_the_api(resources, _):
    (wall,) = of_type(resources, "AWS::WAFv2::WebACL").values()
    rules = {rule["Name"]: rule for rule in wall["Rules"]}
    assert rules["rate"]["Statement"]["RateBasedStatement"]["Limit"] <= 2000 and "Block" in rules["rate"]["Action"]
    path, sender = rules["webhook-addresses"]["Statement"]["AndStatement"]["Statements"]
    assert path["ByteMatchStatement"]["SearchString"] == "/v1/webhook" and "Block" in rules["webhook-addresses"]["Action"]
    assert sender["NotStatement"]["Statement"]["IPSetReferenceStatement"]["Arn"] == "arn:Security/WebhookSenders"
    assert all(re.fullmatch(r"\d+(\.\d+){3}/(1[6-9]|2\d|3[0-2])", a) for a in resources["Security/WebhookSenders"]["Properties"]["Addresses"])
    (link,) = of_type(resources, "AWS::WAFv2::WebACLAssociation").values()
    assert link["WebACLArn"] == "arn:Security/Firewall" and link["ResourceArn"].endswith("/stages/ref:ApiStage")
    assert of_type(resources, "AWS::WAFv2::LoggingConfiguration")


@proves(19)
def secrets_have_the_data_key_and_few_readers(resources, _):
    secrets = of_type(resources, "AWS::SecretsManager::Secret")
    for role in of_type(resources, "AWS::IAM::Role"):
        for statement in policies_of(resources, role):
            if "secretsmanager:GetSecretValue" in actions(statement):
                on = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
                assert {target(secret) for secret in on} <= set(secrets), f"{role} reads {on}"
    for name, secret in secrets.items():
        assert secret["KmsKeyId"] == DATA_KEY, name


def _anybodys_key(resources, _):
    resources["Security/DataKey"]["Properties"]["KeyPolicy"]["Statement"][1]["Principal"] = "*"


def _unbounded_key(resources, _):
    del resources["Security/DataKey"]["Properties"]["KeyPolicy"]["Statement"][1]["Condition"]


def _foreign_region(resources, _):
    resources["Security/Boundary"]["Properties"]["PolicyDocument"]["Statement"][2]["Condition"]["StringNotEquals"][
        "aws:RequestedRegion"
    ] = [*JAPAN, "us-east-1"]


def _any_context(resources, _):
    del resources["Security/WrappingKey"]["Properties"]["KeyPolicy"]["Statement"][1]["Condition"]["Null"]


def _no_rate(resources, _):
    del resources["Security/Firewall"]["Properties"]["Rules"][0]


def _no_second_factor(resources, _):
    del resources["Security/AdminRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["Bool"]


BROKEN = [
    ("keys_rotate_and_are_used_by_the_account_alone", put("Security/DataKey", False, "EnableKeyRotation")),
    ("keys_rotate_and_are_used_by_the_account_alone", _anybodys_key),
    ("keys_rotate_and_are_used_by_the_account_alone", _unbounded_key),
    ("what_osaka_opens_has_a_key_of_both_regions", put("Security/WrappingKey", False, "MultiRegion")),
    ("what_osaka_opens_has_a_key_of_both_regions", _any_context),
    ("everything_stored_is_under_the_data_key", drop("IngestQueue", "KmsMasterKeyId")),
    ("everything_stored_is_under_the_data_key", drop("ApiLogs", "KmsKeyId")),
    ("everything_stored_is_under_the_data_key", put("PagesTable", "alias/aws/dynamodb", "Replicas", 0, "SSESpecification", "KMSMasterKeyId")),
    ("everything_stored_is_under_the_data_key", put("ChunkRole", [], "ManagedPolicyArns")),
    ("every_role_of_the_application_has_its_boundary", drop("PlanRole", "PermissionsBoundary")),
    ("every_role_of_the_application_has_its_boundary", _foreign_region),
    ("every_role_of_the_application_has_its_boundary", grant("ApiPolicy", "route53:ListHostedZones", "arn:Zone")),
    ("data_stays_in_japan", put("ApiFunction", "us.anthropic.claude-sonnet", "Environment", "Variables", "MODEL")),
    ("data_stays_in_japan", add("Edge", "AWS::CloudFront::Distribution")),
    ("data_stays_in_japan", put("Api", ["EDGE"], "EndpointConfiguration", "Types")),
    ("data_stays_in_japan", put("ApiFunction", "eu-west-1", "Environment", "Variables", "REGION")),
    ("users_and_administrators_have_a_second_factor", put("Security/Users", "OPTIONAL", "MfaConfiguration")),
    ("users_and_administrators_have_a_second_factor", put("Security/Client", ["implicit"], "AllowedOAuthFlows")),
    ("users_and_administrators_have_a_second_factor", _no_second_factor),
    ("an_access_list_stands_before_the_api", remove("ApiFirewall")),
    ("an_access_list_stands_before_the_api", _no_rate),
    ("an_access_list_stands_before_the_api", put("Security/WebhookSenders", ["0.0.0.0/0"], "Addresses")),
    ("secrets_have_the_data_key_and_few_readers", grant("ApiPolicy", "secretsmanager:GetSecretValue", "*")),
]
