"""How a change gets to prod, takes over, and is taken back [11, 12, 43, 44, 45]."""

from checks import GUARDED, environment, function_of, of_type, proves, target
from mutating import drop, put, remove
from support.render import ENVIRONMENTS

STAGES = ["Source", "UnitTests", "SecurityScan", "Build", "Staging", "IntegrationTests", "Approval", "Production"]


@proves(43, on=["delivery"])
def the_pipeline_has_its_stages_in_order(resources, _):
    (pipeline,) = of_type(resources, "AWS::CodePipeline::Pipeline").values()
    assert [stage["Name"] for stage in pipeline["Stages"]] == STAGES
    providers = {stage["Name"]: [a["ActionTypeId"]["Provider"] for a in stage["Actions"]] for stage in pipeline["Stages"]}
    assert providers["Source"] == ["CodeStarSourceConnection"] and providers["Approval"] == ["Manual"]
    assert providers["Staging"] == providers["Production"] == ["CloudFormation"]
    stacks = [stage["Actions"][0]["Configuration"].get("StackName") for stage in pipeline["Stages"]]
    assert stacks[4] == "deepwiki-omr-staging" and stacks[7] == "deepwiki-omr-prod"
    # Prod gets the very package that staging was tested with.
    inputs = {stage["Name"]: stage["Actions"][0].get("InputArtifacts") for stage in pipeline["Stages"]}
    assert inputs["Staging"] == inputs["Production"] == [{"Name": "package"}]


@proves(43, on=["delivery"])
def each_project_runs_its_command_on_arm(resources, _):
    commands = {"UnitTests": "make lint test-unit", "SecurityScan": "make test-supply test-infra", "Build": "make package", "IntegrationTests": "make test-staging"}
    for name, command in commands.items():
        project = resources[name]["Properties"]
        assert f"'{command}'" in project["Source"]["BuildSpec"], name
        assert project["Environment"]["Type"] == "ARM_CONTAINER", name
        assert not project["Environment"].get("PrivilegedMode"), name


@proves(9, 44)
def events_and_requests_reach_the_alias(resources, _):
    functions, aliases = of_type(resources, "AWS::Lambda::Function"), of_type(resources, "AWS::Lambda::Alias")
    for name in functions:
        alias = aliases[f"{name}Aliaslive"]
        assert alias["Name"] == "live" and target(alias["FunctionName"]) == name
    for name, source in of_type(resources, "AWS::Lambda::EventSourceMapping").items():
        assert function_of(source["FunctionName"]) in functions, f"{name} goes round the alias"
    for name, permission in of_type(resources, "AWS::Lambda::Permission").items():
        assert function_of(permission["FunctionName"]) in functions, f"{name} goes round the alias"


@proves(44, on=GUARDED)
def releases_shift_their_traffic(resources, _):
    groups = {target(alias_update(resources, name)): name for name in of_type(resources, "AWS::Lambda::Alias") if alias_update(resources, name)}
    for name in of_type(resources, "AWS::Lambda::Function"):
        if name == "ReleaseFunction":
            continue
        group = resources[f"{name}DeploymentGroup"]["Properties"]
        assert f"{name}DeploymentGroup" in groups, f"{name}'s alias is not moved by CodeDeploy"
        assert group["DeploymentStyle"] == {"DeploymentType": "BLUE_GREEN", "DeploymentOption": "WITH_TRAFFIC_CONTROL"}, name
        kind = "Canary10Percent10Minutes" if environment(resources) == "prod" else "Linear10PercentEvery1Minute"
        assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{kind}", name
    machine = resources["WikiBuildAlias"]["Properties"]
    assert machine["Name"] == "live" and machine["DeploymentPreference"]["Type"] in ("LINEAR", "CANARY")
    variables = [f["Environment"]["Variables"] for n, f in of_type(resources, "AWS::Lambda::Function").items() if n != "ReleaseFunction"]
    assert all(v["STATE_MACHINE_ARN"] == "ref:WikiBuildAlias" for v in variables), "builds go round the alias"


def alias_update(resources: dict, name: str) -> str | None:
    policy = resources[name].get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate", {})
    return policy.get("DeploymentGroupName")


@proves(45, on=GUARDED)
def a_release_that_raises_an_alarm_is_taken_back(resources, _):
    names = {alarm["AlarmName"] for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()}
    for name, group in of_type(resources, "AWS::CodeDeploy::DeploymentGroup").items():
        back = group["AutoRollbackConfiguration"]
        assert back["Enabled"] is True and set(back["Events"]) == {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"}, name
        watched = group["AlarmConfiguration"]
        alarms = {alarm["Name"] for alarm in watched["Alarms"]}
        assert watched["Enabled"] is True and alarms and alarms <= names, f"{name} watches {alarms - names or 'nothing'}"
        function = name.removesuffix("FunctionDeploymentGroup").lower()
        assert f"deepwiki-omr-{environment(resources)}-{function}-errors-alarm" in alarms, name


@proves(11, 12, on=["prod"])
def warm_functions_follow_their_use(resources, _):
    warm = resources["ApiFunctionAliaslive"]["Properties"]["ProvisionedConcurrencyConfig"]
    scale = resources["ApiScaling"]["Properties"]
    assert scale["MinCapacity"] == warm["ProvisionedConcurrentExecutions"] < scale["MaxCapacity"]
    assert scale["ResourceId"].startswith("function:") and scale["ResourceId"].endswith(":live")
    policy = resources["ApiScalingByUse"]["Properties"]
    assert policy["PolicyType"] == "TargetTrackingScaling" and policy["ScalingTargetId"] == "ref:ApiScaling"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert 0.5 <= tracking["TargetValue"] <= 0.9


@proves(23)
def each_environment_is_one_of_four(resources, _):
    named = {r["Properties"]["TableName"].split("-")[2] for r in resources.values() if r["Type"] == "AWS::DynamoDB::GlobalTable"}
    assert len(named) == 1 and named <= set(ENVIRONMENTS), named


def _approval_last(resources, _):
    stages = resources["Pipeline"]["Properties"]["Stages"]
    stages[6], stages[7] = stages[7], stages[6]


def _no_scan(resources, _):
    scan = resources["SecurityScan"]["Properties"]["Source"]
    scan["BuildSpec"] = scan["BuildSpec"].replace("make test-supply test-infra", "true")


BROKEN = [
    ("the_pipeline_has_its_stages_in_order", _approval_last),
    ("each_project_runs_its_command_on_arm", _no_scan),
    ("events_and_requests_reach_the_alias", put("PlanSource", "ref:PlanFunction", "FunctionName")),
    ("events_and_requests_reach_the_alias", put("ApiPermission", "ref:ApiFunction", "FunctionName")),
    ("releases_shift_their_traffic", put("ApiFunctionDeploymentGroup", "CodeDeployDefault.LambdaAllAtOnce", "DeploymentConfigName")),
    ("releases_shift_their_traffic", remove("WikiBuildAlias")),
    ("a_release_that_raises_an_alarm_is_taken_back", put("PlanFunctionDeploymentGroup", False, "AutoRollbackConfiguration", "Enabled")),
    ("a_release_that_raises_an_alarm_is_taken_back", drop("ChunkFunctionDeploymentGroup", "AlarmConfiguration")),
    ("a_release_that_raises_an_alarm_is_taken_back", remove("Observability/Errorsindex")),
    ("warm_functions_follow_their_use", remove("ApiScalingByUse")),
    ("each_environment_is_one_of_four", put("JobsTable", "deepwiki-omr-qa-jobs-table", "TableName")),
]
