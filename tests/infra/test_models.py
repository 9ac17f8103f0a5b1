"""Deployments with models of Bedrock: who may ask which, and that the default may ask none."""

import re

import pytest
from support.render import ENVIRONMENTS, load, render

JAPAN = ("ap-northeast-1", "ap-northeast-3")


def with_models(environment: str) -> dict:
    template = load()
    for parameter in ("Writer", "Answerer"):
        template["Parameters"][parameter]["Default"] = "bedrock"
    return render(environment, template)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_rows_24_54_55_two_functions_may_ask_the_configured_models_in_japan(environment):
    policy = with_models(environment)["ModelPolicy"]["Properties"]
    assert sorted(role.removeprefix("ref:") for role in policy["Roles"]) == ["ApiRole", "GenerateRole"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    profiles = [arn for arn in statement["Resource"] if ":inference-profile/jp." in arn]
    models = [arn for arn in statement["Resource"] if re.search(r":bedrock:([a-z0-9-]+)::foundation-model/anthropic\.", arn)]
    assert len(profiles) == 2 and len(profiles) + len(models) == len(statement["Resource"])
    assert {arn.split(":")[3] for arn in models} == set(JAPAN)
    assert not any("*" in arn for arn in statement["Resource"])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_row_16_models_are_parameters_and_none_is_asked_by_default(environment):
    assert "ModelPolicy" not in render(environment)
    variables = with_models(environment)["GenerateFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["WRITER"] == "bedrock" and variables["MODEL_ID"].startswith("jp.")
