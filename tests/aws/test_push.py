"""A push becomes a wiki on the loopback AWS: event, rules, queues, lease, state machine, stages, REST API. Whatever
happens on the way, readers get the very bytes that the local command exports of the same commit."""

import json

import pytest
from support.loopback import wait_for
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


def test_the_same_event_delivered_twice_leads_to_one_build(deployment, payments):
    repository, _ = payments
    before = len(deployment.executions())
    event = deployment.push_event("payments", repository.git("rev-parse", "HEAD"))
    for _ in range(2):
        deployment.send("requests", event)
    deployment.settled(before + 1)


def test_pushes_during_a_build_fold_into_one_more(deployment):
    repository = deployment.repository("busy")
    three_languages(repository)
    before = len(deployment.executions())
    with deployment.held_at_ingest("busy", repository.push("First")):
        for number in range(3):
            (repository.tree / "README.md").write_text(f"# Busy\n\nVersion {number}.\n")
            deployment.announce("busy", repository.push(f"Version {number}"))
    deployment.settled(before + 2)
    assert_same_wiki(deployment, repository, "busy")


def test_row_6_a_worker_killed_while_it_fetches_changes_nothing(deployment):
    repository = deployment.repository("held")
    three_languages(repository)
    deployment.configure("ingest", VisibilityTimeout="3")
    before = len(deployment.executions())
    with deployment.held_at_ingest("held", repository.push("First")):
        assert deployment.kill("ingest") >= 1
    (execution,) = deployment.settled(before + 1)
    deployment.configure("ingest", VisibilityTimeout="3600")
    assert execution["status"] == "SUCCEEDED"
    assert_same_wiki(deployment, repository, "held")


@pytest.mark.parametrize("stage", ["chunk", "plan", "generate", "index"])
def test_row_6_a_worker_killed_at_work_changes_nothing(deployment, stage):
    name = f"killed-{stage}"
    repository = deployment.repository(name)
    three_languages(repository)
    deployment.configure(stage, VisibilityTimeout="3")
    before = len(deployment.executions())
    deployment.announce(name, repository.push("First"))
    deployment.kill_at_work(stage)
    (execution,) = deployment.settled(before + 1)
    deployment.configure(stage, VisibilityTimeout="5400")
    assert execution["status"] == "SUCCEEDED"
    assert_same_wiki(deployment, repository, name)


def test_row_17_a_message_that_kills_every_worker_is_reaped_and_the_next_push_builds(deployment):
    repository = deployment.repository("deadly")
    three_languages(repository)
    redrive = deployment.attributes("ingest")["RedrivePolicy"]
    deployment.configure("ingest", VisibilityTimeout="2", RedrivePolicy=json.dumps(json.loads(redrive) | {"maxReceiveCount": 1}))
    before = len(deployment.executions())
    with deployment.held_at_ingest("deadly", repository.push("First")):
        deployment.kill("ingest")
    (execution,) = deployment.settled(before + 1)
    deployment.configure("ingest", VisibilityTimeout="3600", RedrivePolicy=redrive)
    assert (execution["status"], execution["error"]) == ("FAILED", "Permanent")
    (repository.tree / "README.md").write_text("# Deadly\n\nNot any more.\n")
    assert deployment.build("deadly", repository.push("Second"))["status"] == "SUCCEEDED"
    assert_same_wiki(deployment, repository, "deadly")


def test_a_push_of_what_is_not_there_fails_and_says_why(deployment):
    execution = deployment.build("nowhere", "0" * 40)
    assert execution["status"] == "FAILED"
    assert execution["error"] in ("Invalid", "Permanent"), execution["cause"]
    assert "nowhere" in execution["cause"], execution["cause"]


def test_no_ending_leaves_a_repository_parsing(deployment, payments):
    def listed():
        status, body = deployment.get("/repos")
        assert status == 200, body[:500]
        return json.loads(body)["repositories"]

    wait_for("the release of every lease", lambda: all(r["status"] != "PARSING" for r in listed()), 30)
    repositories = {repository["display_name"]: repository for repository in listed()}
    for name, execution in (("payments", "READY"), ("deadly", "READY"), ("nowhere", "FAILED")):
        assert repositories[name]["status"] == execution, repositories[name]
    assert repositories["payments"]["published"]["trigger"] == "push"
