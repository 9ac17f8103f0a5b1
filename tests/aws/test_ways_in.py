"""Every way in leads to a published wiki, read through the deployed API: the very bytes that the local command exports. The
push to CodeCommit is in test_push.py."""

import json

import pytest
from support.loopback import wait_for
from support.repository import small


@pytest.fixture(scope="module")
def orders(deployment):
    """A repository of GitHub that only the token opens, and its address."""
    repository = deployment.repository("orders")
    small(repository)
    return repository, "https://github.com/example/orders"


def assert_same_wiki(deployment, repository, name, origin):
    identity, expected = deployment.wiki_by_command(repository, name, "en", origin)
    assert deployment.wiki(identity, "en") == expected
    return identity


def published(deployment, identity):
    _, body = deployment.get(f"/repos/{identity}")
    return json.loads(body)["published"]


def test_a_request_reads_a_private_repository_of_github(deployment, orders):
    repository, origin = orders
    repository.push("First")
    refused = deployment.codecommit.refused
    execution = deployment.build_by(lambda: deployment.ask("build requested", source=origin))
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    assert_same_wiki(deployment, repository, "orders", origin)
    assert deployment.codecommit.refused == refused, "the token is sent at once"


def test_a_push_that_nobody_told_of_is_found_by_the_schedule(deployment, orders):
    repository, origin = orders
    (repository.tree / "README.md").write_text("# Orders\n\nThe second version.\n")
    repository.push("Second")
    group, name = "deepwiki-omr-test-sweep-schedules", "deepwiki-omr-test-reconcile-schedule"
    scheduler = deployment.loopback.client("scheduler")
    schedule = scheduler.get_schedule(GroupName=group, Name=name)
    # The schedule's very target, but now.
    now = {"Name": "now", "GroupName": group, "ScheduleExpression": "at(2020-01-01T00:00:00)"}
    execution = deployment.build_by(
        lambda: scheduler.create_schedule(
            **now, Target=schedule["Target"], FlexibleTimeWindow=schedule["FlexibleTimeWindow"]
        )
    )
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    identity = assert_same_wiki(deployment, repository, "orders", origin)
    assert published(deployment, identity)["trigger"] == "schedule"


def test_a_sweep_that_finds_nothing_new_builds_nothing(deployment, orders):
    before = len(deployment.executions())
    deployment.ask("sweep requested", sweep="reconcile")
    deployment.settled(before, pause=6)


def test_a_host_that_is_not_on_the_list_is_not_read(deployment):
    before = len(deployment.executions())
    deployment.ask("build requested", source="https://gitlab.com/example/orders")
    deployment.settled(before, pause=6)


def test_a_failed_build_names_stage_and_cause_and_can_be_resumed(deployment, orders):
    repository, origin = orders
    _, body = deployment.get("/repos")
    (identity,) = [r["id"] for r in json.loads(body)["repositories"] if r["display_name"] == "orders"]
    execution = deployment.build_by(lambda: deployment.ask("build requested", repository=identity, revision="nowhere"))
    assert execution["status"] == "FAILED"

    def failure():
        _, body = deployment.get(f"/jobs/{execution['name']}")
        return json.loads(body).get("failure")

    told = wait_for("the end of the job", failure, 30)
    assert told["stage"] == "ingest" and "nowhere" in told["message"], told
    resumed = deployment.build_by(lambda: deployment.ask("build requested", repository=identity))
    assert resumed["status"] == "SUCCEEDED"
    assert_same_wiki(deployment, repository, "orders", origin)
