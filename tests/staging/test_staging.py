"""The deployed staging, called as a reader would: what the pipeline runs before somebody approves prod. Needs credentials
that may describe the stack and invoke its API; nothing is written."""

import json
import os
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

REGION = "ap-northeast-1"
STACK = f"{os.environ.get('PROJECT', 'deepwiki-omr')}-staging"


@pytest.fixture(scope="module")
def url() -> str:
    (stack,) = boto3.client("cloudformation", region_name=REGION).describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}["ApiUrl"].rstrip("/")


def get(url: str, path: str) -> tuple[int, bytes]:
    signed = AWSRequest("GET", url + path)
    SigV4Auth(boto3.Session().get_credentials().get_frozen_credentials(), "execute-api", REGION).add_auth(signed)
    with urllib.request.urlopen(urllib.request.Request(url + path, headers=dict(signed.headers)), timeout=30) as response:
        return response.status, response.read()


def test_it_is_healthy(url):
    assert get(url, "/healthz")[0] == 200


def test_it_lists_its_repositories(url):
    status, body = get(url, "/repos")
    assert status == 200 and isinstance(json.loads(body)["repositories"], list)


def test_every_wiki_that_is_ready_can_be_read(url):
    for repository in json.loads(get(url, "/repos")[1])["repositories"]:
        if repository["status"] == "READY":
            assert get(url, f"/repos/{repository['id']}/pages")[0] == 200, repository["id"]
