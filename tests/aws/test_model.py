"""Pages that a model of Bedrock writes on the loopback AWS: signed calls, checked sentences, and what they took on the record
of the build."""

import json
import re

import pytest
from support.models import Faults, Models
from support.repository import Repository
from support.writer import Writer

PROFILE = "jp.anthropic.claude-sonnet-4-5-20250929-v1:0"
STAGES = ("generate", "embed", "index")


@pytest.fixture
def bedrock(deployment):
    """The stand-in, and the functions that a deployment with `Writer=bedrock` sets up otherwise."""
    functions = deployment.loopback.client("lambda")
    with Models(Writer(corrupt=0.2), Faults(throttle=0.2), keys=dict([deployment.loopback.role_keys("generate")])) as server:
        before = {}
        for stage in STAGES:
            name = f"deepwiki-omr-test-{stage}-function"
            before[name] = functions.get_function_configuration(FunctionName=name)["Environment"]
            variables = before[name]["Variables"] | {
                "WRITER": "bedrock",
                "MODEL_ID": PROFILE,
                "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": server.base,
            }
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
            deployment.kill(stage)
        yield server
        for name, environment in before.items():
            functions.update_function_configuration(FunctionName=name, Environment=environment)
        for stage in STAGES:
            deployment.kill(stage)


def small(repository: Repository):
    (repository.tree / "README.md").write_text("# Till\n\nCounts coins.\n")
    (repository.tree / "src").mkdir()
    (repository.tree / "src" / "till.py").write_text(
        '"""Counts coins."""\n\n\nclass Till:\n    """Holds coins."""\n\n    def insert_coin(self, value):\n        """Adds a coin."""\n'
        "        self.total = self.total + value\n\n    def total_value(self):\n        return self.total\n"
    )


def test_row_16_pages_by_a_model_of_bedrock(deployment, bedrock):
    repository = deployment.repository("till")
    small(repository)
    execution = deployment.build("till", repository.push("First"))
    assert execution["status"] == "SUCCEEDED", (execution.get("error"), execution.get("cause"))
    assert bedrock.calls and bedrock.refused == 0
    call = bedrock.calls[0]
    assert call.model == PROFILE
    assert call.body["inferenceConfig"].keys() == {"maxTokens", "temperature"}
    identity = json.loads(execution["input"])["repository"]
    wiki = deployment.wiki(identity, "en").decode() + deployment.wiki(identity, "ja").decode()
    published = set(re.findall(r"\bs\d+x\b", wiki))
    assert published == set(bedrock.writer.sound) and not re.findall(r"\bm\d+x\b", wiki)
    build = json.loads(execution["input"])["build"]
    table = deployment.loopback.client("dynamodb")
    key = {"build": {"S": build}}
    record = table.get_item(TableName="deepwiki-omr-test-jobs-table", Key=key)["Item"]
    assert int(record["model_calls"]["N"]) == len(bedrock.calls)
    assert int(record["model_output"]["N"]) > 0 and float(record["model_usd"]["N"]) > 0
