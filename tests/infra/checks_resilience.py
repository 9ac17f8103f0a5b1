"""What stays when something fails, what models are called with, and what stands in for Spot [7, 8, 16, 24, 35]."""

import re

from checks import actions, function_of, of_type, policies_of, proves
from mutating import drop, grant, put
from support import machine as asl


@proves(7)
def circuits_are_kept_where_all_processes_see_them(resources, _):
    """The state of a circuit is an item of the ledger, written on condition; one that nobody touches expires."""
    ledger = resources["LedgerTable"]["Properties"]
    assert ledger["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        variables = function["Environment"]["Variables"]
        assert variables.get("LEDGER_TABLE") == "ref:LedgerTable", f"{name} does not know the ledger"


@proves(8)
def the_last_good_wiki_is_served_until_another_is_whole(resources, machine):
    """Publishing is the last thing that a build does, and nobody but index's role may move a repository's pointer
    beside those who register and lease it."""
    after = asl.targets({**machine["States"]["Publish"], "Catch": []})
    assert all(machine["States"][name]["Type"] == "Succeed" for name in after), f"{after} after publishing"
    before = [name for name, state in machine["States"].items() if "Publish" in asl.targets(state)]
    assert before == ["Index"], f"published after {before}"
    wiki = "arn:WikiBucket/*"
    writers = [
        role
        for role in of_type(resources, "AWS::IAM::Role")
        if "/" not in role
        and any("s3:PutObject" in actions(s) and wiki in str(s["Resource"]) for s in policies_of(resources, role))
    ]
    assert writers == ["IndexRole"], f"{writers} write what readers see"


MODELS = re.compile(r"arn:aws:bedrock:(ap-northeast-[13]|\*)::foundation-model/[\w.:*-]+|arn:aws:bedrock:ap-northeast-1:\d{12}:(application-)?inference-profile/(jp\.)?[\w.:*-]+")


@proves(16, 24)
def models_and_collections_are_named_in_every_right(resources, _):
    for role in of_type(resources, "AWS::IAM::Role"):
        for statement in policies_of(resources, role):
            on = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            for action in actions(statement):
                if action.startswith("bedrock:"):
                    assert re.fullmatch(r"bedrock:(InvokeModel(WithResponseStream)?|CountTokens)", action), f"{role}: {action}"
                    assert all(MODELS.fullmatch(arn) for arn in on), f"{role} may call {on}"
                if action.startswith("aoss:"):
                    assert action == "aoss:APIAccessAll" and on == ["arn:Search/Collection"], f"{role}: {action} on {on}"
                assert not action.startswith("es:") and "ESHttp" not in action, f"{role}: {action} is no right of collections"


@proves(35)
def work_is_cheap_by_architecture_and_by_the_event(resources, _):
    """Lambda has no Spot. What makes it cheap: arm64, memory chosen by measurement (docs/standard.md), and nothing that
    runs while there is no work."""
    consumed = {function_of(source["FunctionName"]) for source in of_type(resources, "AWS::Lambda::EventSourceMapping").values()}
    for name, function in of_type(resources, "AWS::Lambda::Function").items():
        assert function["Architectures"] == ["arm64"], name
        assert function["MemorySize"] <= 6144, f"{name}: larger than was measured"
    for name in consumed:
        assert "ProvisionedConcurrencyConfig" not in resources[f"{name}Aliaslive"]["Properties"], f"{name} is paid for while it waits"


def _published_early(_, machine):
    machine["States"]["Plan"]["Next"] = "Publish"


BROKEN = [
    ("circuits_are_kept_where_all_processes_see_them", drop("LedgerTable", "TimeToLiveSpecification")),
    ("circuits_are_kept_where_all_processes_see_them", drop("IngestFunction", "Environment", "Variables", "LEDGER_TABLE")),
    ("the_last_good_wiki_is_served_until_another_is_whole", _published_early),
    ("the_last_good_wiki_is_served_until_another_is_whole", grant("GeneratePolicy", "s3:PutObject", "arn:WikiBucket/*")),
    ("models_and_collections_are_named_in_every_right", grant("GeneratePolicy", "bedrock:InvokeModel", "*")),
    (
        "models_and_collections_are_named_in_every_right",
        grant("GeneratePolicy", "bedrock:InvokeModel", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude"),
    ),
    ("models_and_collections_are_named_in_every_right", grant("ApiPolicy", "opensearch:ESHttpGet", "arn:Search/Collection")),
    ("work_is_cheap_by_architecture_and_by_the_event", put("ChunkFunction", ["x86_64"], "Architectures")),
    ("work_is_cheap_by_architecture_and_by_the_event", put("PlanFunctionAliaslive", {}, "ProvisionedConcurrencyConfig")),
]
