"""What operators see and are told [27-34, 56]."""

import json
import re

from checks import GUARDED, SEARCHING, dead_letters, environment, of_type, proves, target
from mutating import drop, put, remove

TOPIC = ["arn:Observability/Alarms"]


def alarms(resources: dict) -> dict[str, dict]:
    return of_type(resources, "AWS::CloudWatch::Alarm")


def watched(alarm: dict) -> list[tuple[str, str, frozenset]]:
    """The metrics of an alarm, as (namespace, name, dimensions)."""
    metrics = [m["MetricStat"]["Metric"] for m in alarm.get("Metrics", []) if "MetricStat" in m] or [alarm]
    return [
        (m["Namespace"], m["MetricName"], frozenset((d["Name"], d["Value"]) for d in m.get("Dimensions", [])))
        for m in metrics
    ]


def on(resources: dict, namespace: str, metric: str, dimension: str, value: str) -> list[dict]:
    """The alarms that watch a metric of one thing."""
    return [
        alarm
        for alarm in alarms(resources).values()
        if (namespace, metric, frozenset({(dimension, value)})) in watched(alarm)
    ]


@proves(29, 30, 31, 32)
def every_alarm_is_heard(resources, _):
    for name, alarm in alarms(resources).items():
        assert alarm["AlarmActions"] == TOPIC, f"nobody hears {name}"
        assert alarm["TreatMissingData"] == "notBreaching" and alarm["ComparisonOperator"] == "GreaterThanThreshold", name


@proves(29)
def errors_over_five_percent_of_each_function_and_of_the_api(resources, _):
    names = [function["FunctionName"] for function in of_type(resources, "AWS::Lambda::Function").values()]
    rates = [on(resources, "AWS/Lambda", "Errors", "FunctionName", name) for name in names if not name.startswith("CodeDeployHook_")]
    rates.append(on(resources, "AWS/ApiGateway", "5XXError", "ApiName", f"deepwiki-omr-{environment(resources)}-wiki-api"))
    for found in rates:
        assert found, "a function has no alarm for its errors: add it to infra/observability.yaml"
        (alarm,) = found
        (rate,) = [metric["Expression"] for metric in alarm["Metrics"] if metric["ReturnData"]]
        assert re.fullmatch(r"IF\((\w+) > 0, 100 \* \w+ / \1, 0\)", rate), rate
        assert alarm["Threshold"] == 5, alarm["AlarmName"]


@proves(30)
def one_answer_in_twenty_over_five_seconds(resources, _):
    (alarm,) = on(resources, "AWS/ApiGateway", "Latency", "ApiName", f"deepwiki-omr-{environment(resources)}-wiki-api")
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p95", 5000)


@proves(30)
def messages_that_wait_too_long(resources, _):
    queues = of_type(resources, "AWS::SQS::Queue")
    ends = dead_letters(resources)
    for name, queue in queues.items():
        if name not in ends and "RedrivePolicy" in queue:
            (alarm,) = on(resources, "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue["QueueName"])
            assert alarm["Threshold"] <= 3600 and alarm["Statistic"] == "Maximum", name


@proves(31)
def any_message_in_any_dead_letter_queue(resources, _):
    queues = of_type(resources, "AWS::SQS::Queue")
    ends = [queue["QueueName"] for queue in queues.values() if "RedrivePolicy" not in queue]
    assert len(ends) >= 10
    for name in ends:
        found = on(resources, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name)
        assert found, f"{name} has no alarm: add it to infra/observability.yaml"
        assert found[0]["Threshold"] == 0, name
        if "audit" not in name:
            # Reap takes dead letters before CloudWatch looks.
            assert on(resources, "AWS/SQS", "NumberOfMessagesReceived", "QueueName", name) == found, name


@proves(32, on=GUARDED)
def memory_over_eighty_percent(resources, _):
    filters = {f["LogGroupName"]: f for f in of_type(resources, "AWS::Logs::MetricFilter").values()}
    waits = {name for name in resources["Observability"]["DependsOn"]}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        if function["FunctionName"].startswith("CodeDeployHook_"):
            continue
        group = target(function["LoggingConfig"]["LogGroup"])
        assert group in waits, f"{group} may not be there for its filter: add it to DependsOn of Observability"
        seen = filters[resources[group]["Properties"]["LogGroupName"]]
        (metric,) = seen["MetricTransformations"]
        assert "platform.report" in seen["FilterPattern"] and metric["MetricValue"] == "$.record.metrics.maxMemoryUsedMB"
        (alarm,) = [a for a in alarms(resources).values() if a.get("MetricName") == metric["MetricName"]]
        assert alarm["Namespace"] == metric["MetricNamespace"] and alarm["Statistic"] == "Maximum", name
        assert 0.79 * function["MemorySize"] < alarm["Threshold"] <= 0.8 * function["MemorySize"], name


@proves(32)
def concurrency_over_eighty_percent(resources, _):
    (alarm,) = [a for a in alarms(resources).values() if ("AWS/Lambda", "ConcurrentExecutions", frozenset()) in watched(a)]
    assert alarm["Threshold"] == 80


@proves(32, on=SEARCHING)
def search_over_eighty_percent(resources, _):
    found = {metric: a for a in alarms(resources).values() for space, metric, _ in watched(a) if space == "AWS/AOSS"}
    assert set(found) == {"SearchOCU", "IndexingOCU"}
    assert all(alarm["Threshold"] == 80 for alarm in found.values())


@proves(34)
def one_request_in_ten_is_traced(resources, _):
    (rule,) = of_type(resources, "AWS::XRay::SamplingRule").values()
    rule = rule["SamplingRule"]
    assert rule["FixedRate"] == 0.1 and len(rule["RuleName"]) <= 32
    assert rule["ServiceName"] == f"deepwiki-omr-{environment(resources)}-*"


@proves(27)
def the_dashboard_shows_what_the_standard_asks(resources, _):
    (board,) = of_type(resources, "AWS::CloudWatch::Dashboard").values()
    shown = json.dumps(json.loads(board["DashboardBody"]))
    for metric in ("Latency", "5XXError", "Errors", "StageTime", "ExecutionTime", "Tokens", "Cost", "ConcurrentExecutions", "memory-used"):
        assert metric in shown, f"the dashboard lacks {metric}"


# What an access record says; the audit record is held by a test of the code that writes it.
ACCESS = {"request", "time", "method", "path", "status", "latency_ms", "address", "principal", "trace"}


@proves(28, 56)
def access_error_and_audit_logs_are_kept_apart(resources, _):
    groups = of_type(resources, "AWS::Logs::LogGroup")
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    settings = stage["AccessLogSetting"]
    assert groups[target(settings["DestinationArn"])]["RetentionInDays"] == 365
    assert ACCESS <= set(json.loads(settings["Format"])), "an access record lacks a field"
    (audit,) = [rule for rule in of_type(resources, "AWS::Events::Rule").values() if rule["EventPattern"].get("detail-type") == ["audit recorded"]]
    (goal,) = audit["Targets"]
    assert groups[target(goal["Arn"])]["RetentionInDays"] == 1096
    assert groups[target(goal["Arn"])]["LogGroupName"].startswith("/aws/events/"), "EventBridge cannot write there"
    (policy,) = of_type(resources, "AWS::Logs::ResourcePolicy").values()
    statement = json.loads(policy["PolicyDocument"])["Statement"][0]
    assert statement["Resource"].endswith(f"log-group:{groups[target(goal['Arn'])]['LogGroupName']}:*")
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert groups[target(function["LoggingConfig"]["LogGroup"])]["RetentionInDays"] == 180, name


def _unsampled(resources, _):
    resources["Observability/Sampling"]["Properties"]["SamplingRule"]["FixedRate"] = 1.0


def _no_cost_on_the_board(resources, _):
    board = resources["Observability/Dashboard"]["Properties"]
    board["DashboardBody"] = board["DashboardBody"].replace("Cost", "Other")


BROKEN = [
    ("every_alarm_is_heard", put("Observability/ApiErrors", [], "AlarmActions")),
    ("errors_over_five_percent_of_each_function_and_of_the_api", remove("Observability/Errorsplan")),
    ("errors_over_five_percent_of_each_function_and_of_the_api", put("Observability/ApiErrors", 10, "Threshold")),
    ("one_answer_in_twenty_over_five_seconds", put("Observability/ApiLatency", "p50", "ExtendedStatistic")),
    ("messages_that_wait_too_long", remove("Observability/Ageembed")),
    ("any_message_in_any_dead_letter_queue", remove("Observability/Deadbuilds")),
    ("any_message_in_any_dead_letter_queue", put("Observability/Deadchunk", 10, "Threshold")),
    ("memory_over_eighty_percent", put("Observability/Memoryindex", 6000, "Threshold")),
    ("memory_over_eighty_percent", remove("Observability/MemoryUsedapi")),
    ("concurrency_over_eighty_percent", put("Observability/Concurrency", 95, "Threshold")),
    ("search_over_eighty_percent", remove("Observability/Usesearch")),
    ("one_request_in_ten_is_traced", _unsampled),
    ("the_dashboard_shows_what_the_standard_asks", _no_cost_on_the_board),
    ("access_error_and_audit_logs_are_kept_apart", drop("ApiStage", "AccessLogSetting")),
    ("access_error_and_audit_logs_are_kept_apart", put("Observability/AuditLogs", 365, "RetentionInDays")),
    ("access_error_and_audit_logs_are_kept_apart", remove("Observability/AuditRule")),
]
