"""The model stand-in against AWS's own client for Python: what it takes for signed, and how it frames streams."""

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from support.models import Faults, Models

PROMPT = {
    "modelId": "jp.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "system": [{"text": "You write one page."}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "The card of the repository: words that many prompts share."},
                {"cachePoint": {"type": "default"}},
                {"text": "The page to write is about: coins\nF1 `Till` holds coins in `Drawer`\n\nWrite the page now."},
            ],
        }
    ],
    "inferenceConfig": {"maxTokens": 1000, "temperature": 0.1},
}


def client(server: Models, secret: str = "test"):
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.base,
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key=secret,
        config=Config(retries={"max_attempts": 0}),
    )


def test_both_operations_answer_the_same_kind_of_thing():
    with Models() as server:
        whole = client(server).converse(**PROMPT)
        text = whole["output"]["message"]["content"][0]["text"]
        assert "`Till`" in text and whole["stopReason"] == "end_turn"
        assert whole["usage"]["cacheWriteInputTokens"] > 0
        events = list(client(server).converse_stream(**PROMPT)["stream"])
    pieces = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "`Till`" in "".join(pieces)
    assert [event["messageStop"]["stopReason"] for event in events if "messageStop" in event] == ["end_turn"]
    (account,) = [event["metadata"]["usage"] for event in events if "metadata" in event]
    assert account["cacheReadInputTokens"] > 0, "the prefix is kept"


def test_a_wrong_signature_and_a_throttle_are_refused():
    with Models(faults=Faults(throttle=1.0)) as server:
        with pytest.raises(ClientError, match="signature"):
            client(server, "wrong").converse(**PROMPT)
        with pytest.raises(ClientError, match="ThrottlingException"):
            client(server).converse(**PROMPT)
        assert (server.refused, len(server.calls)) == (1, 0)
