"""Breaks the rendered template or the state machine in one place at a time, and expects the check of that row to
notice: a check that cannot fail proves nothing."""

import copy

import pytest
from support import machine as asl
from support.render import rendered

from mutating import add, drop, grant, put, remove
from proofs import BROKEN, CHECKS

CHECK = {check.name: check for check in CHECKS}


def state(name: str, key: str, value=None):
    """Takes a field of a top-level state away, or gives it another value."""

    def mutate(_, machine):
        if value is None:
            del machine["States"][name][key]
        else:
            machine["States"][name][key] = value

    return mutate


def catch_and_go_on(_, machine):
    machine["States"]["Plan"]["Catch"][0]["Next"] = "Index"


def vectors_fail_the_build(_, machine):
    embed = machine["States"]["WriteAndEmbed"]["Branches"][1]["States"]
    embed["EmbeddingGivenUp"] = {"Type": "Fail"}


def second_rule(resources, _):
    resources["AnotherRule"] = copy.deepcopy(resources["PlanRule"])


def express_children(_, machine):
    machine["States"]["ChunkShards"]["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = "EXPRESS"


def token_lost(_, machine):
    del machine["States"]["Ingest"]["Parameters"]["Entries"][0]["Detail"]["task_token.$"]


def input_forgotten(_, machine):
    del machine["States"]["Publish"]["Parameters"]["Entries"][0]["Detail"]["input"]["trigger.$"]


def tls_forgotten(resources, _):
    del resources["WikiBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]


MUTATIONS = BROKEN + [
    ("no_servers", add("Server", "AWS::EC2::Instance")),
    ("functions_run_on_arm_without_a_managed_runtime", put("ApiFunction", "python3.13", "Runtime")),
    ("functions_run_no_more_at_once_than_is_reserved", drop("EmbedFunction", "ReservedConcurrentExecutions")),
    ("functions_run_no_more_at_once_than_is_reserved", put("ChunkSource", 90, "ScalingConfig", "MaximumConcurrency")),
    ("sizes_are_explicit", drop("PlanFunction", "EphemeralStorage")),
    ("every_stage_has_its_function", remove("EmbedFunction")),
    ("everything_is_traced", put("ApiStage", False, "TracingEnabled")),
    ("no_secret_in_an_environment_variable", put("ApiFunction", "x", "Environment", "Variables", "GITHUB_TOKEN")),
    ("the_api_is_a_rest_stage_before_its_function", put("ApiProxyMethod", "NONE", "AuthorizationType")),
    ("every_queue_has_its_dead_letters", drop("PlanQueue", "RedrivePolicy")),
    ("every_queue_has_its_dead_letters", drop("PlanDeadLetters", "RedriveAllowPolicy")),
    ("dead_letters_of_a_fifo_queue_are_fifo", drop("BuildsDeadLetters", "FifoQueue")),
    ("every_dead_letter_has_its_reaper", remove("EndingsReaping")),
    ("visibility_outlasts_the_consumer", put("IngestFunction", 601, "Timeout")),
    ("visibility_outlasts_the_consumer", remove("EmbedSource")),
    ("event_sources_are_bounded_and_fail_by_the_message", drop("ChunkSource", "ScalingConfig")),
    ("event_sources_are_bounded_and_fail_by_the_message", drop("ChunkSource", "FunctionResponseTypes")),
    ("queues_are_encrypted_and_speak_tls_only", remove("BuildsQueuePolicy")),
    ("every_rule_target_has_dead_letters_and_retries", put("IndexRule", [{"Id": "q", "Arn": "arn:IndexQueue"}], "Targets")),
    ("a_rule_may_send_to_its_queue_and_dead_letters", put("IngestRule", "other-rule", "Name")),
    ("the_bus_keeps_its_events", remove("BusArchive")),
    ("every_stage_request_reaches_its_queue_by_one_rule", second_rule),
    ("every_stage_request_reaches_its_queue_by_one_rule", put("IndexRule", ["index requested"], "EventPattern", "detail-type")),
    ("pushes_and_endings_are_heard", put("EndingRule", ["SUCCEEDED"], "EventPattern", "detail", "status")),
    ("pushes_and_endings_are_heard", drop("EndingRule", "EventPattern", "detail", "stateMachineArn")),
    ("pushes_and_endings_are_heard", drop("PushRule", "EventPattern", "detail", "referenceType")),
    ("the_clock_asks_for_sweeps", remove("ReconcileSweep")),
    ("the_clock_asks_for_sweeps", drop("RebuildSweep", "Target", "DeadLetterConfig")),
    ("every_transition_leads_to_a_state", state("Plan", "Next", "Nowhere")),
    ("every_transition_leads_to_a_state", state("Plan", "Next", "Index")),
    ("every_task_is_retried_caught_and_bounded", state("Ingest", "Retry")),
    ("every_task_is_retried_caught_and_bounded", state("Ingest", "HeartbeatSeconds")),
    ("every_task_is_retried_caught_and_bounded", state("WriteAndEmbed", "Catch")),
    ("what_is_caught_fails_with_its_error", catch_and_go_on),
    ("what_is_caught_fails_with_its_error", vectors_fail_the_build),
    ("maps_are_distributed_small_and_within_their_queue", state("ChunkShards", "MaxConcurrency", 21)),
    ("maps_are_distributed_small_and_within_their_queue", express_children),
    ("a_task_waits_longer_than_its_function_may_take", state("Index", "TimeoutSeconds", 1000)),
    ("requests_say_what_the_contract_asks", token_lost),
    ("requests_say_what_the_contract_asks", input_forgotten),
    ("one_role_a_function", put("ChunkFunction", "arn:IngestRole", "Role")),
    ("no_wildcard_rights", grant("ApiPolicy", "dynamodb:*", "arn:JobsTable")),
    ("no_wildcard_rights", grant("ApiPolicy", "s3:GetObject", "*")),
    ("stages_meet_only_through_queues", grant("ChunkPolicy", "lambda:InvokeFunction", "arn:PlanFunction")),
    ("stages_meet_only_through_queues", grant("GitPolicy", "sqs:SendMessage", "arn:ChunkQueue")),
    ("a_consumer_may_read_its_queue", put("PlanSource", "arn:IndexQueue", "EventSourceArn")),
    ("tables_are_on_demand_recoverable_and_expire", drop("JobsTable", "TimeToLiveSpecification")),
    ("buckets_are_closed_encrypted_logged_and_speak_tls_only", tls_forgotten),
    ("buckets_are_closed_encrypted_logged_and_speak_tls_only", drop("TempBucket", "LoggingConfiguration")),
    ("objects_end_where_they_should", drop("WikiBucket", "VersioningConfiguration")),
    ("logs_end", drop("ReapLogs", "RetentionInDays")),
    ("names_follow_the_standard", put("ReapFunction", "reaper", "FunctionName")),
    ("names_follow_the_standard", drop("PagesTable", "TableName")),
    ("everything_taggable_has_its_four_tags", drop("Bus", "Tags")),
]


def entry_of(check) -> str:
    """The entry that a check's mutations break: prod where it speaks of prod."""
    return "prod" if "prod" in check.on else check.on[-1]


@pytest.mark.parametrize("number", range(len(MUTATIONS)), ids=lambda number: f"{number}-{MUTATIONS[number][0]}")
def test_the_check_notices(number, record_property):
    name, mutate = MUTATIONS[number]
    check = CHECK[name]
    record_property("broken", check.rows)
    resources, machine = copy.deepcopy(rendered(entry_of(check))), asl.load()
    mutate(resources, machine)
    with pytest.raises((AssertionError, KeyError, ValueError, IndexError)):
        check.run(resources, machine)


def test_every_check_has_a_mutation():
    assert {name for name, _ in MUTATIONS} == set(CHECK)
