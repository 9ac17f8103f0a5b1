"""What must hold of every rendered environment. Each check names the rows of STANDARD.md that it proves, takes the
resources (and the state machine) and raises AssertionError; test_checks.py runs all of them over every environment,
test_mutations.py breaks the template and expects them to notice."""

import json
import re
from dataclasses import dataclass, field
from typing import Callable

from support import machine as asl
from support import patterns
from support.paths import EVENTS
from support.render import ALONE, ENVIRONMENTS, REGION, taggable

# Environments with a network of their own, and what a collection adds to them.
GUARDED = ["staging", "prod"]
SEARCHING = ["staging-opensearch", "prod-opensearch"]


@dataclass
class Check:
    rows: tuple[int, ...]
    run: Callable[[dict, dict], None]
    # The entries of samconfig.toml that it is held against.
    on: list[str] = field(default_factory=lambda: ENVIRONMENTS)

    @property
    def name(self) -> str:
        return self.run.__name__


CHECKS: list[Check] = []


def proves(*rows: int, on: list[str] = ENVIRONMENTS):
    def register(run):
        CHECKS.append(Check(rows, run, on))
        return run

    return register


def of_type(resources: dict, kind: str) -> dict[str, dict]:
    """Properties of the resources of a type, by logical id."""
    return {
        name: resource.get("Properties", {}) for name, resource in resources.items() if resource["Type"] == kind
    }


def target(reference: str) -> str:
    """The logical id in `ref:Name`, `arn:Name` or `att:Name.Attribute`."""
    return reference.split(":", 1)[1].split(".")[0]


def function_of(reference: str) -> str:
    """The logical id of the function whose alias is referred to."""
    name = target(reference)
    assert name.endswith("Aliaslive"), f"{reference} is no alias"
    return name.removesuffix("Aliaslive")


def environment(resources: dict) -> str:
    """The second part of every name."""
    tags = (tag for r in resources.values() for tag in r.get("Properties", {}).get("Tags", []) if isinstance(tag, dict))
    return next(tag["Value"] for tag in tags if tag["Key"] == "Environment")


def event(name: str) -> dict:
    return json.loads((EVENTS / f"{name}.json").read_text())


def dead_letters(resources: dict) -> set[str]:
    """The queues that get what other queues give up."""
    queues = of_type(resources, "AWS::SQS::Queue").values()
    return {target(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues if "RedrivePolicy" in queue}


# --- Servers and functions ---------------------------------------------------------------------------------------

SERVERS = re.compile(
    r"AWS::(ECS::|EKS::|EC2::(Instance|LaunchTemplate|SpotFleet)|AutoScaling::|ElasticLoadBalancing|RDS::|AppRunner::|"
    r"ElasticBeanstalk::|Batch::|Lightsail::|ElastiCache::|Redshift::|MSK::|OpenSearchService::|Elasticsearch::)"
)


@proves(1)
def no_servers(resources, _):
    servers = [name for name, resource in resources.items() if SERVERS.match(resource["Type"])]
    assert not servers, f"not serverless: {servers}"


@proves(1)
def functions_run_on_arm_without_a_managed_runtime(resources, _):
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Runtime"] == "provided.al2023", name
        assert function["Architectures"] == ["arm64"], name


@proves(2)
def functions_run_no_more_at_once_than_is_reserved(resources, _):
    functions = of_type(resources, "AWS::Lambda::Function")
    for name, function in functions.items():
        assert 1 <= function.get("ReservedConcurrentExecutions", 0) <= 200, f"{name} takes all that the account has"
    started = dict.fromkeys(functions, 0)
    for source in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        started[function_of(source["FunctionName"])] += source["ScalingConfig"]["MaximumConcurrency"]
    for name, most in started.items():
        assert most <= functions[name]["ReservedConcurrentExecutions"], f"{name}: its sources start {most} at once"
    assert sum(function["ReservedConcurrentExecutions"] for function in functions.values()) <= 900, "none are left"


@proves(36)
def sizes_are_explicit(resources, _):
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        for size in ("MemorySize", "Timeout"):
            assert isinstance(function.get(size), int), f"{name} has no {size}"
        assert function.get("EphemeralStorage", {}).get("Size"), f"{name} has no ephemeral storage"
        assert 1 <= function["Timeout"] <= 900 and 128 <= function["MemorySize"] <= 10240, name


@proves(10)
def every_stage_has_its_function(resources, _):
    names = {function["FunctionName"].split("-")[-2] for function in of_type(resources, "AWS::Lambda::Function").values()}
    assert {"ingest", "chunk", "plan", "generate", "embed", "index"} <= names, names


@proves(33)
def everything_is_traced(resources, _):
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function.get("TracingConfig") == {"Mode": "Active"}, name
    for name, stage in of_type(resources, "AWS::ApiGateway::Stage").items():
        assert stage.get("TracingEnabled") is True, name
    for name, states in of_type(resources, "AWS::StepFunctions::StateMachine").items():
        assert states.get("TracingConfiguration") == {"Enabled": True}, name


@proves(19)
def no_secret_in_an_environment_variable(resources, _):
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        for variable in function["Environment"]["Variables"]:
            assert not re.search(r"SECRET|TOKEN|PASSWORD|PAT$|PRIVATE|API_?KEY", variable), f"{name}: {variable}"


@proves(9)
def the_api_is_a_rest_stage_before_its_function(resources, _):
    methods = of_type(resources, "AWS::ApiGateway::Method")
    assert len(methods) >= 2
    for name, method in methods.items():
        assert method["Integration"]["Type"] == "AWS_PROXY", name
        assert "ref:ApiFunctionAliaslive/invocations" in method["Integration"]["Uri"], name
        assert method["AuthorizationType"] != "NONE", f"{name} is open to everybody"


# Dead letters of the audit log, which an operator puts back; all others are reaped.
AUDIT = "Observability/AuditDeadLetters"

# --- Queues ------------------------------------------------------------------------------------------------------


@proves(17)
def every_queue_has_its_dead_letters(resources, _):
    queues = of_type(resources, "AWS::SQS::Queue")
    ends = dead_letters(resources) | {AUDIT}
    for name, queue in queues.items():
        if name in ends:
            continue
        policy = queue.get("RedrivePolicy")
        assert policy, f"{name} has no dead letters"
        assert 2 <= policy["maxReceiveCount"] <= 10, name
        end = queues[target(policy["deadLetterTargetArn"])]
        allow = end.get("RedriveAllowPolicy", {})
        assert allow.get("redrivePermission") == "byQueue", f"{name}: its dead letters admit any queue"
        assert [arn.split(":")[-1] for arn in allow["sourceQueueArns"]] == [queue["QueueName"]], name
        assert end["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"], name


@proves(17)
def dead_letters_of_a_fifo_queue_are_fifo(resources, _):
    queues = of_type(resources, "AWS::SQS::Queue")
    assert any(queue.get("FifoQueue") for queue in queues.values())
    for name, queue in queues.items():
        assert queue["QueueName"].endswith(".fifo") == bool(queue.get("FifoQueue")), name
        if "RedrivePolicy" in queue:
            end = queues[target(queue["RedrivePolicy"]["deadLetterTargetArn"])]
            assert bool(end.get("FifoQueue")) == bool(queue.get("FifoQueue")), name


@proves(6, 17)
def every_dead_letter_has_its_reaper(resources, _):
    reaped = {
        target(source["EventSourceArn"])
        for source in of_type(resources, "AWS::Lambda::EventSourceMapping").values()
        if function_of(source["FunctionName"]) == "ReapFunction"
    }
    assert dead_letters(resources) == reaped


@proves(6)
def visibility_outlasts_the_consumer(resources, _):
    queues, functions = of_type(resources, "AWS::SQS::Queue"), of_type(resources, "AWS::Lambda::Function")
    sources = of_type(resources, "AWS::Lambda::EventSourceMapping")
    consumed = set()
    for name, source in sources.items():
        queue, function = target(source["EventSourceArn"]), functions[function_of(source["FunctionName"])]
        consumed.add(queue)
        assert queues[queue]["VisibilityTimeout"] >= 6 * function["Timeout"], f"{name}: {queue}"
    assert consumed == set(queues) - {AUDIT}, f"nobody consumes {set(queues) - consumed}"


@proves(2, 6)
def event_sources_are_bounded_and_fail_by_the_message(resources, _):
    for name, source in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        assert source.get("FunctionResponseTypes") == ["ReportBatchItemFailures"], name
        assert 2 <= source.get("ScalingConfig", {}).get("MaximumConcurrency", 0) <= 100, name


@proves(17, 50)
def queues_are_encrypted_and_speak_tls_only(resources, _):
    guarded = set()
    for policy in of_type(resources, "AWS::SQS::QueuePolicy").values():
        if _denies_plain_http(policy["PolicyDocument"]):
            guarded |= {target(queue) for queue in policy["Queues"]}
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") or queue.get("KmsMasterKeyId"), name
        assert name in guarded, f"{name} takes plain HTTP"


# --- Rules -------------------------------------------------------------------------------------------------------


@proves(4)
def every_rule_target_has_dead_letters_and_retries(resources, _):
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        for goal in rule["Targets"]:
            end = goal.get("DeadLetterConfig", {}).get("Arn", "")
            assert end.startswith("arn:") and target(end) in dead_letters(resources) | {AUDIT}, f"{name}: no dead letters"
            assert goal.get("RetryPolicy", {}).get("MaximumRetryAttempts"), f"{name}: no retry policy"


@proves(4, 21)
def a_rule_may_send_to_its_queue_and_dead_letters(resources, _):
    policies = of_type(resources, "AWS::SQS::QueuePolicy").values()
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        bus = resources[target(rule["EventBusName"])]["Properties"]["Name"] + "/" if "EventBusName" in rule else ""
        arn = f"arn:aws:events:{REGION}:123456789012:rule/{bus}{rule['Name']}"
        for goal in rule["Targets"]:
            queues = [goal["Arn"]] if resources[target(goal["Arn"])]["Type"] == "AWS::SQS::Queue" else []
            for queue in (*queues, goal["DeadLetterConfig"]["Arn"]):
                assert any(_may_send(policy, queue, arn) for policy in policies), f"{name} may not send to {queue}"


def _may_send(policy: dict, queue: str, rule: str) -> bool:
    for statement in policy["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Allow" and queue in statement["Resource"]:
            pattern = re.escape(statement["Condition"]["ArnLike"]["aws:SourceArn"]).replace(r"\*", ".*")
            if statement["Action"] == "sqs:SendMessage" and re.fullmatch(pattern, rule):
                return True
    return False


@proves(4)
def the_bus_keeps_its_events(resources, _):
    archives = of_type(resources, "AWS::Events::Archive")
    buses = {target(archive["SourceArn"]) for archive in archives.values()}
    assert set(of_type(resources, "AWS::Events::EventBus")) == buses


def matched(resources: dict, happened: dict, own_bus: bool) -> list[str]:
    """The rules that get an event, on the bus that it was put on."""
    return [
        name
        for name, rule in of_type(resources, "AWS::Events::Rule").items()
        if ("EventBusName" in rule) == own_bus and patterns.matches(rule["EventPattern"], happened)
    ]


@proves(3, 4)
def every_stage_request_reaches_its_queue_by_one_rule(resources, machine):
    requests = asl.requests(machine)
    assert requests
    fixtures = [event(path.stem) for path in [*EVENTS.glob("*-requested.json"), *EVENTS.glob("*-received.json")]]
    fixtures += [event("sweep-reconcile")]
    fixtures += [{"source": entry["Source"], "detail-type": entry["DetailType"]} for entry in requests.values()]
    for happened in fixtures:
        kind = happened["detail-type"]
        stage = {"publish": "Index", "build": "Requests", "push": "Requests", "sweep": "Requests"}.get(kind.split()[0], kind.split()[0].capitalize())
        rules = matched(resources, happened, own_bus=True)
        assert len(rules) == 1, f"`{kind}` is matched by {rules}"
        (goal,) = resources[rules[0]]["Properties"]["Targets"]
        assert goal["Arn"] == f"arn:{stage}Queue", f"`{kind}` goes to {goal['Arn']}"
        assert not matched(resources, happened, own_bus=False), kind


@proves(18)
def pushes_and_endings_are_heard(resources, _):
    machine_arn = {"stateMachineArn": "arn:WikiBuildMachine"}
    endings = [event(f"execution-{status}") for status in ("succeeded", "failed", "timed-out", "aborted")]
    for happened in endings:
        happened["detail"] |= machine_arn
        assert matched(resources, happened, own_bus=False) == ["EndingRule"], happened["detail"]["status"]
    running = event("execution-succeeded")
    running["detail"] |= machine_arn | {"status": "RUNNING"}
    child = event("execution-succeeded")
    for happened in (running, child):
        assert not matched(resources, happened, own_bus=False), "only endings of builds are heard"
    for name in ("codecommit-push", "codecommit-branch-created"):
        assert matched(resources, event(name), own_bus=False) == ["PushRule"], name
    for change in ({"event": "referenceDeleted"}, {"referenceType": "tag"}):
        happened = event("codecommit-push")
        happened["detail"] |= change
        assert not matched(resources, happened, own_bus=False), change


@proves(18)
def the_clock_asks_for_sweeps(resources, _):
    schedules = of_type(resources, "AWS::Scheduler::Schedule")
    assert {json.loads(s["Target"]["Input"])["detail"]["sweep"] for s in schedules.values()} == {"reconcile", "rebuild"}
    for name, schedule in schedules.items():
        goal = schedule["Target"]
        assert goal["Arn"] == "arn:RequestsQueue" and goal["DeadLetterConfig"]["Arn"] == "arn:RequestsDeadLetters", name
        assert schedule["FlexibleTimeWindow"]["Mode"] == "FLEXIBLE" and goal["RetryPolicy"]["MaximumRetryAttempts"], name
        asked = json.loads(goal["Input"])
        assert asked.pop("id") == "<aws.scheduler.execution-id>", f"{name}: two deliveries are two sweeps"
        expected = event(f"sweep-{asked['detail']['sweep']}")
        del expected["id"]
        assert asked == expected, name
        sends = [s for s in policies_of(resources, target(goal["RoleArn"])) if "sqs:SendMessage" in actions(s)]
        assert {"arn:RequestsQueue", "arn:RequestsDeadLetters"} <= {on for s in sends for on in s["Resource"]}, name


# --- State machine -----------------------------------------------------------------------------------------------


@proves(6)
def every_transition_leads_to_a_state(_, machine):
    for where, level in asl.levels(machine):
        names = set(level["States"])
        assert level["StartAt"] in names, where
        reached, front = set(), [level["StartAt"]]
        while front:
            name = front.pop()
            assert name in names, f"{where}: no state {name}"
            if name not in reached:
                reached.add(name)
                front += asl.targets(level["States"][name])
        assert reached == names, f"{where}: nothing leads to {names - reached}"
        for name, state in level["States"].items():
            ends = state.get("End") or state["Type"] in ("Succeed", "Fail", "Choice") or "Next" in state
            assert ends, f"{where}: {name} goes nowhere"


RETRIED = {"Throttled", "Transient", "States.Timeout", "States.HeartbeatTimeout", "EventBridge.FailedEntry"}


@proves(6)
def every_task_is_retried_caught_and_bounded(_, machine):
    for path, state in asl.states(machine):
        if state["Type"] != "Task":
            continue
        assert state["Resource"] == "arn:aws:states:::events:putEvents.waitForTaskToken", path
        retried = {error for retry in state["Retry"] for error in retry["ErrorEquals"]}
        assert RETRIED <= retried and not retried & {"Invalid", "Permanent", "States.ALL"}, f"{path}: {retried}"
        for retry in state["Retry"]:
            assert retry["BackoffRate"] > 1 and retry["MaxDelaySeconds"] and retry["MaxAttempts"], path
            assert retry["JitterStrategy"] == "FULL", path
        assert 0 < state["HeartbeatSeconds"] < state["TimeoutSeconds"] < machine["TimeoutSeconds"], path
    for path, state in asl.states(machine):
        if state["Type"] in ("Task", "Map", "Parallel"):
            caught = [error for catch in state.get("Catch", []) for error in catch["ErrorEquals"]]
            assert caught == ["States.ALL"], f"{path} is not caught"


# What fails without failing the build: its text is found by its words.
WITHOUT_VECTORS = {"EmbedPage", "EmbedPageOfFew", "EmbedShard", "EmbedShardOfFew", "EmbedShards", "EmbedFew"}


@proves(6, 8)
def what_is_caught_fails_with_its_error(_, machine):
    for where, level in asl.levels(machine):
        for name, state in level["States"].items():
            for catch in state.get("Catch", []):
                goal = level["States"][catch["Next"]]
                if name in WITHOUT_VECTORS:
                    assert goal["Type"] == "Succeed", f"{where}: vectors that fail leave the words"
                    continue
                assert goal["Type"] == "Fail", f"{where}: {name} fails and goes on"
                assert catch["ResultPath"] == "$.failure", f"{where}: {name}"
                assert (goal["ErrorPath"], goal["CausePath"]) == ("$.failure.Error", "$.failure.Cause"), where


@proves(2, 6)
def maps_are_distributed_small_and_within_their_queue(resources, machine):
    sources = of_type(resources, "AWS::Lambda::EventSourceMapping").values()
    limits = {target(source["EventSourceArn"]): source["ScalingConfig"]["MaximumConcurrency"] for source in sources}
    maps = {path: state for path, state in asl.states(machine) if state["Type"] == "Map"}
    assert len(maps) == 6
    for path, state in maps.items():
        processor = state["ItemProcessor"]
        assert state["ResultPath"] is None, f"{path} keeps its results in the state"
        if state.get("ItemsPath"):
            assert processor["ProcessorConfig"] == {"Mode": "INLINE"} and state["ItemsPath"].endswith(".few"), path
        else:
            # Children wait for tokens, which express executions cannot.
            assert processor["ProcessorConfig"] == {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, path
            assert state["ItemReader"]["ReaderConfig"] == {"InputType": "JSONL"}, path
            assert state["ToleratedFailurePercentage"] == 0, path
            assert "ResultWriter" in state, f"{path} keeps its results in the state"
        for request in asl.requests(processor).values():
            queue = f"{request['DetailType'].split()[0].capitalize()}Queue"
            assert state["MaxConcurrency"] <= limits[queue], f"{path} outruns {queue}"


@proves(6)
def a_task_waits_longer_than_its_function_may_take(resources, machine):
    functions = of_type(resources, "AWS::Lambda::Function")
    for path, state in asl.states(machine):
        if state["Type"] == "Task":
            stage = state["Parameters"]["Entries"][0]["Detail"]["stage"]
            function = functions[{"publish": "Index"}.get(stage, stage.capitalize()) + "Function"]
            assert state["TimeoutSeconds"] >= state["HeartbeatSeconds"] + function["Timeout"], path


@proves(3)
def requests_say_what_the_contract_asks(_, machine):
    for path, entry in asl.requests(machine).items():
        detail = entry["Detail"]
        stage = detail["stage"]
        assert entry["DetailType"] == f"{stage} requested" and entry["Source"] == "deepwiki.omr", path
        assert entry["EventBusName"] == "${BusName}", path
        of = detail["input"].get("of")
        expected = event(f"{stage}-{of}-requested" if of else f"{stage}-requested")["detail"]
        assert {key.removesuffix(".$") for key in detail} == set(expected), path
        assert {key.removesuffix(".$") for key in detail["input"]} == set(expected["input"]), path
        assert detail["task_token.$"] == "$$.Task.Token", path


# --- Rights ------------------------------------------------------------------------------------------------------


# The roles whose rights AWS writes down, because it knows what its own services need.
BY_AWS = {
    "Recovery/BackupRole": {
        "service-role/AWSBackupServiceRolePolicyForBackup",
        "service-role/AWSBackupServiceRolePolicyForRestores",
    },
    # CloudFormation makes all there is; its boundary keeps it to the services of the templates, in Japan.
    "DeployRole": {"AdministratorAccess"},
    "ApiLogRole": {"service-role/AmazonAPIGatewayPushToCloudWatchLogs"},
}


def policies_of(resources: dict, role: str) -> list[dict]:
    """All statements that a role has: inline, managed, and managed ones that name the role."""
    managed = of_type(resources, "AWS::IAM::ManagedPolicy")
    properties = resources[role]["Properties"]
    documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    for arn in properties.get("ManagedPolicyArns", []):
        if role in BY_AWS:
            assert arn.removeprefix("arn:aws:iam::aws:policy/") in BY_AWS[role], f"{role}: {arn}"
            continue
        assert arn.startswith("ref:"), f"{role} has a policy that is not ours: {arn}"
        documents.append(managed[target(arn)]["PolicyDocument"])
    documents += [policy["PolicyDocument"] for policy in managed.values() if f"ref:{role}" in policy.get("Roles", [])]
    return [statement for document in documents for statement in document["Statement"]]


def actions(statement: dict) -> list[str]:
    action = statement["Action"]
    return action if isinstance(action, list) else [action]


@proves(21)
def one_role_a_function(resources, _):
    roles = [function["Role"] for function in of_type(resources, "AWS::Lambda::Function").values()]
    assert len(set(roles)) == len(roles)
    for role in roles:
        (trust,) = resources[target(role)]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, role


# Actions that know no resource, by the service's own list.
WITHOUT_RESOURCE = re.compile(
    r"xray:(Put|Get)\w+|states:SendTask\w+|logs:(\w+LogDelivery|ListLogDeliveries|\w+ResourcePolic\w+|DescribeLogGroups)|"
    r"ec2:(\w+NetworkInterfaces?|(Una|A)ssignPrivateIpAddresses|Describe(Subnets|SecurityGroups|Vpcs))|cloudwatch:DescribeAlarms"
)


@proves(21)
def no_wildcard_rights(resources, _):
    for role in of_type(resources, "AWS::IAM::Role"):
        for statement in policies_of(resources, role):
            for action in actions(statement):
                assert "*" not in action, f"{role}: {action}"
                if statement["Resource"] == "*":
                    assert WITHOUT_RESOURCE.fullmatch(action), f"{role}: {action} on everything"


@proves(3)
def stages_meet_only_through_queues(resources, _):
    for role in of_type(resources, "AWS::IAM::Role"):
        granted = [action for statement in policies_of(resources, role) for action in actions(statement)]
        calls = [action for action in granted if action.startswith("lambda:Invoke")]
        # CodeDeploy calls the hooks of a release, and the hook the version that it releases.
        assert not calls or "Release" in role, f"{role} may call a function"
        if "states:SendTaskSuccess" in granted:
            other = {"sqs:SendMessage", "events:PutEvents", "states:StartExecution"} & set(granted)
            assert not other, f"{role} is a stage's and may {other}"
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert permission["Principal"] == "apigateway.amazonaws.com" and permission.get("SourceArn"), name


@proves(21)
def a_consumer_may_read_its_queue(resources, _):
    functions = of_type(resources, "AWS::Lambda::Function")
    for name, source in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        role = target(functions[function_of(source["FunctionName"])]["Role"])
        needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
        for statement in policies_of(resources, role):
            on = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            if source["EventSourceArn"] in on:
                needed -= set(actions(statement))
        assert not needed, f"{name}: {role} lacks {needed}"


# --- Stores ------------------------------------------------------------------------------------------------------


@proves(13, 38, 46)
def tables_are_on_demand_recoverable_and_expire(resources, _):
    assert not of_type(resources, "AWS::DynamoDB::Table"), "a table that cannot have a replica"
    tables = of_type(resources, "AWS::DynamoDB::GlobalTable")
    assert len(tables) == 5
    for name, table in tables.items():
        assert table["BillingMode"] == "PAY_PER_REQUEST", name
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}, name
        for replica in table["Replicas"]:
            recovers = replica.get("PointInTimeRecoverySpecification") == {"PointInTimeRecoveryEnabled": True}
            # What the key ring forgets has to be forgotten.
            assert recovers != (name == "Security/KeyRing"), name
    for name in ("JobsTable", "LedgerTable"):
        assert tables[name]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}, name


@proves(15, 50, on=ENVIRONMENTS + ALONE)
def buckets_are_closed_encrypted_logged_and_speak_tls_only(resources, _):
    buckets = of_type(resources, "AWS::S3::Bucket")
    policies = {target(p["Bucket"]): p["PolicyDocument"] for p in of_type(resources, "AWS::S3::BucketPolicy").values()}
    assert buckets or "Vault" not in resources
    for name, bucket in buckets.items():
        holds_logs = "-logs-bucket-" in bucket["BucketName"]
        block = bucket.get("PublicAccessBlockConfiguration", {})
        assert len(block) == 4 and all(value is True for value in block.values()), f"{name} may be made public"
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        algorithm = rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"]
        assert algorithm == ("AES256" if holds_logs else "aws:kms"), name
        assert _denies_plain_http(policies[name]), f"{name} takes plain HTTP"
        logs = bucket.get("LoggingConfiguration", {}).get("DestinationBucketName")
        assert holds_logs or re.search(r"Logs|-logs-bucket-", logs or ""), f"{name} is not logged"


@proves(37, 47)
def objects_end_where_they_should(resources, _):
    buckets = of_type(resources, "AWS::S3::Bucket")
    assert buckets["WikiBucket"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "LifecycleConfiguration" not in buckets["WikiBucket"], "MFA Delete forbids lifecycle rules"
    for name in ("TempBucket", "ArtefactsBucket", "LogsBucket"):
        rules = buckets[name]["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), name
    assert any(rule.get("ExpirationInDays") == 7 for rule in buckets["TempBucket"]["LifecycleConfiguration"]["Rules"])


def _denies_plain_http(document: dict) -> bool:
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and str(statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")).lower() == "false"
        for statement in document["Statement"]
    )


@proves(56, on=ENVIRONMENTS + ALONE)
def logs_end(resources, _):
    for name, group in of_type(resources, "AWS::Logs::LogGroup").items():
        assert group.get("RetentionInDays") in (180, 365, 1096), name
    groups = {f"ref:{name}" for name in of_type(resources, "AWS::Logs::LogGroup")}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["LoggingConfig"]["LogGroup"] in groups, f"{name} logs into a group that never ends"
        assert function["LoggingConfig"]["LogFormat"] == "JSON", name


# --- Names and tags ----------------------------------------------------------------------------------------------

# Where a resource's name stands, and how long it may be.
NAMED = {
    "AWS::DynamoDB::GlobalTable": ("TableName", 255),
    "AWS::S3::Bucket": ("BucketName", 63),
    "AWS::SQS::Queue": ("QueueName", 80),
    "AWS::Events::EventBus": ("Name", 256),
    "AWS::Events::Archive": ("ArchiveName", 48),
    "AWS::Events::Rule": ("Name", 64),
    "AWS::Lambda::Function": ("FunctionName", 64),
    "AWS::IAM::Role": ("RoleName", 64),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", 128),
    "AWS::Logs::LogGroup": ("LogGroupName", 512),
    "AWS::Logs::MetricFilter": ("FilterName", 512),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80),
    "AWS::ApiGateway::RestApi": ("Name", 1024),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": ("DashboardName", 255),
    "AWS::SNS::Topic": ("TopicName", 256),
    "AWS::CloudTrail::Trail": ("TrailName", 128),
    "AWS::Backup::BackupVault": ("BackupVaultName", 50),
    "AWS::Cognito::UserPool": ("UserPoolName", 128),
    "AWS::Cognito::UserPoolClient": ("ClientName", 128),
    "AWS::WAFv2::WebACL": ("Name", 128),
    "AWS::WAFv2::IPSet": ("Name", 128),
    "AWS::EC2::SecurityGroup": ("GroupName", 255),
    "AWS::OpenSearchServerless::Collection": ("Name", 32),
    "AWS::OpenSearchServerless::CollectionGroup": ("Name", 32),
    "AWS::OpenSearchServerless::VpcEndpoint": ("Name", 32),
    "AWS::CodeBuild::Project": ("Name", 150),
    "AWS::CodePipeline::Pipeline": ("Name", 100),
    "AWS::Scheduler::Schedule": ("Name", 64),
    "AWS::Scheduler::ScheduleGroup": ("Name", 64),
    "AWS::SecretsManager::Secret": ("Name", 512),
}
# A service's own prefix, and what makes a global name one's own.
PREFIX, SUFFIX = r"(/aws/vendedlogs/states/|/aws/events/|aws-waf-logs-|CodeDeployHook_)?", r"(-\d{12}|\.fifo)?"
KINDS = (
    "table|bucket|queue|dlq|bus|archive|rule|schedules?|secret|function|role|policy|logs|filter|machine|api|alarm|dashboard|"
    "topic|trail|vault|users|client|firewall|addresses|group|search|project|pipeline"
)


@proves(22, on=ENVIRONMENTS + SEARCHING + ALONE)
def names_follow_the_standard(resources, _):
    name_of = re.compile(rf"{PREFIX}deepwiki-omr-{environment(resources)}(-[a-z0-9]+)+-({KINDS}){SUFFIX}")
    seen = set()
    for logical, resource in resources.items():
        if resource["Type"] in NAMED:
            key, longest = NAMED[resource["Type"]]
            name = resource["Properties"].get(key)
            assert name and name_of.fullmatch(name), f"{logical} is named {name}"
            assert len(name) <= longest, f"{name} is longer than {longest}"
            assert (resource["Type"], name) not in seen, f"{name} is given twice"
            seen.add((resource["Type"], name))


@proves(42, on=ENVIRONMENTS + SEARCHING + ALONE)
def everything_taggable_has_its_four_tags(resources, _):
    for name, resource in resources.items():
        if not taggable(resource["Type"]):
            continue
        tags = resource["Properties"].get("Tags", [])
        tags = {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags
        assert {"Environment", "Project", "Component", "Owner"} <= set(tags), f"{name} is tagged {tags}"
        assert tags["Environment"] == environment(resources) and tags["Project"] == "deepwiki-omr", name
        assert re.fullmatch(r"[a-z-]+", tags["Component"]), f"{name}: {tags['Component']}"
