"""A push becomes a wiki on the loopback AWS: event, rules, queues, lease, state machine, stages, REST API. Whatever
happens on the way, readers get the very bytes that the local command exports of the same commit."""

import json

import pytest
from support.repository import three_languages


@pytest.fixture(scope="module")
def payments(deployment):
    """A repository, pushed and built once, and the commit."""
    repository = deployment.repository("payments")
    three_languages(repository)
    commit = repository.push("First")
    execution = deployment.build("payments", commit)
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    return repository, commit


def assert_same_wiki(deployment, repository, name):
    for language in ("en", "ja"):
        identity, expected = deployment.wiki_by_command(repository, name, language)
        served = deployment.wiki(identity, language)
        assert json.loads(served) == json.loads(expected), language
        assert served == expected, f"{language}: the documents are equal, but not byte by byte"
    return identity


def test_a_push_becomes_the_wiki_that_the_command_exports(deployment, payments):
    repository, commit = payments
    identity = assert_same_wiki(deployment, repository, "payments")
    wiki = json.loads(deployment.wiki(identity, "en"))
    assert wiki["commit"] == commit
    assert len(wiki["pages"]) > 5
    assert deployment.codecommit.fetches == 1 and deployment.codecommit.refused <= 2


def test_another_push_is_built_from_what_exists(deployment, payments):
    repository, _ = payments
    (repository.tree / "core" / "src" / "refund.rs").write_text(
        "//! Refunds.\n\n/// Gives the money of an order back.\npub fn refund(order: u64) -> bool {\n    order > 0\n}\n"
    )
    commit = repository.push("Second")
    assert deployment.build("payments", commit)["status"] == "SUCCEEDED"
    identity = assert_same_wiki(deployment, repository, "payments")
    assert json.loads(deployment.wiki(identity, "en"))["commit"] == commit


def test_row_6_a_worker_killed_while_it_fetches_changes_nothing(deployment):
    repository = deployment.repository("held")
    three_languages(repository)
    commit = repository.push("First")
    deployment.redeliver_after("ingest", 3)
    deployment.codecommit.hold()
    before = {execution["executionArn"] for execution in deployment.executions()}
    deployment.announce("held", commit)
    assert deployment.codecommit.arrived.wait(60), "ingest never came for the code"
    assert deployment.kill("ingest") >= 1
    deployment.codecommit.release()
    assert deployment.ended(before)["status"] == "SUCCEEDED"
    deployment.redeliver_after("ingest", 3600)
    assert_same_wiki(deployment, repository, "held")


@pytest.mark.parametrize("stage", ["chunk", "plan", "generate", "index"])
def test_row_6_a_worker_killed_at_work_changes_nothing(deployment, stage):
    name = f"killed-{stage}"
    repository = deployment.repository(name)
    three_languages(repository)
    commit = repository.push("First")
    deployment.redeliver_after(stage, 3)
    before = {execution["executionArn"] for execution in deployment.executions()}
    deployment.announce(name, commit)
    deployment.kill_at_work(stage)
    assert deployment.ended(before)["status"] == "SUCCEEDED"
    assert_same_wiki(deployment, repository, name)


def test_a_push_of_what_is_not_there_fails_and_releases_the_repository(deployment):
    before = {execution["executionArn"] for execution in deployment.executions()}
    deployment.announce("nowhere", "0" * 40)
    execution = deployment.ended(before)
    assert execution["status"] == "FAILED"
    assert execution["error"] in ("Invalid", "Permanent"), execution["cause"]
