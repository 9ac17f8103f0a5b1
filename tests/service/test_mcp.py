"""The tools over both transports, called by the protocol's official client."""

import asyncio

import pytest
from mcp import Client, StdioServerParameters

from support.service import COMMAND

TOOLS = {"list_repositories", "read_wiki_structure", "read_wiki_contents", "ask_question", "search"}


@pytest.fixture(params=["http", "stdio"])
def target(request, service):
    if request.param == "http":
        return f"{service.url}/mcp"
    return StdioServerParameters(command=str(COMMAND), args=["--data", str(service.data), "mcp"])


def text_of(result) -> str:
    return "\n".join(part.text for part in result.content)


def test_every_tool_answers(target, service):
    async def talk():
        async with Client(target) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == TOOLS
            assert all(tool.description and tool.input_schema["type"] == "object" for tool in tools)

            async def call(name, **arguments):
                result = await client.call_tool(name, arguments)
                assert not result.is_error, text_of(result)
                return text_of(result)

            listed = await call("list_repositories")
            assert f"`{service.repository}`" in listed
            structure = await call("read_wiki_structure", repository=service.repository)
            commit = structure.split("at commit `")[1].split("`")[0]
            assert len(commit) == 40
            whole = await call("read_wiki_contents", repository="ledger", language="ja")
            assert commit in whole and "ledger/book.py" in whole
            first = structure.split("- `")[1].split("`")[0]
            page = await call("read_wiki_contents", repository=service.repository, page=first)
            assert commit in page and "\n# " in page
            answer = await call("ask_question", question="How is the balance of an account summed up?")
            assert "ledger/book.py:" in answer and commit in answer
            hits = await call("search", query="balance", repositories=["ledger"], limit=3)
            assert "ledger/book.py:" in hits and commit in hits

            # What goes wrong is told where the agent reads it.
            for name, arguments in [
                ("read_wiki_contents", {"repository": "no-such-repository"}),
                ("read_wiki_contents", {"repository": service.repository, "page": "no-such-page"}),
                ("search", {"query": "x", "limit": 1000}),
                ("search", {"unknown": 1}),
            ]:
                result = await client.call_tool(name, arguments)
                assert result.is_error and text_of(result), name

    asyncio.run(asyncio.wait_for(talk(), 60))
