"""The table of servers that speak Chat Completions: what each is sent, and in what their answers differ."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from answering import ASKED, KEY, WHOLE, answering, chunks, heard, read, sse

from desiru_notebook import AuthenticationError, ConfigError
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Refusal, Request, Text, ToolCall, Usage, compatible
from desiru_notebook.providers.compatible import SERVERS
from desiru_notebook.providers.openai import OPENAI, OpenAI, decode

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
ENTRIES = PROJECT["entry-points"]["desiru_notebook.providers"]
LOCAL = [server for server in SERVERS if not server.key_needed]
HOSTED = [server for server in SERVERS if server.key_needed]
RENAMED = {"groq", "cerebras", "azure", "snowflake"}  # those that have renamed max_tokens, as OpenAI has
UNCOUNTED = {"mistral", "perplexity", "nvidia"}  # those that refuse, or do not bear, to be asked for the count of tokens
FULL = Request([], temperature=0.0, max_tokens=9, stop=("END",), extra={"top_p": 0.5, "parallel_tool_calls": False})

each_of = pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.name)


@pytest.fixture(autouse=True)
def _addresses(monkeypatch):
    """Of the servers that everybody has for himself."""
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/")
    monkeypatch.setenv("SNOWFLAKE_BASE_URL", "https://mine.snowflakecomputing.com")


class TestTable:
    def test_every_server_is_installed_under_its_name_and_every_name_is_a_server(self):
        group = f"{compatible.__name__}:"
        named = {name: entry.removeprefix(group) for name, entry in ENTRIES.items() if entry.startswith(group)}
        assert named == {server.name: server.name for server in SERVERS}
        assert all(getattr(compatible, server.name) is server for server in SERVERS)

    @each_of
    def test_each_makes_a_model_that_knows_where_it_is(self, server):
        made = server("m")
        assert (made.name, made.provider, made.key_variables) == ("m", server.name, server.keys)
        address = "http://localhost:" if server in LOCAL else "https://"
        assert made.url(streaming=True).startswith(address)
        assert made.url(streaming=True).endswith("/chat/completions")

    @each_of
    async def test_each_is_sent_every_setting_by_its_own_name(self, server):
        made, requests = answering(WHOLE, of=server)
        await chunks(made, FULL)
        limit = "max_completion_tokens" if server.name in RENAMED else "max_tokens"
        counted = {} if server.name in UNCOUNTED else {"stream_options": {"include_usage": True}}
        assert json.loads(requests[0].content) == {
            "model": "m", "messages": [], "stream": True, "temperature": 0.0, limit: 9, "stop": ["END"], **counted, **FULL.extra
        }  # fmt: skip

    @each_of
    async def test_no_whole_answer_is_asked_to_count(self, server):
        made, requests = answering(WHOLE, of=server)
        await made.complete(ASKED)
        assert "stream_options" not in json.loads(requests[0].content)

    @pytest.mark.parametrize(
        ("base", "limit"),
        [(None, "max_completion_tokens"), (OPENAI.base_url, "max_tokens"), ("http://localhost:1/v1", "max_tokens")],
    )
    async def test_openai_has_renamed_the_limit_and_a_server_that_imitates_it_has_not(self, base, limit):
        made, requests = answering(WHOLE, base_url=base)
        await chunks(made, FULL)
        assert limit in json.loads(requests[0].content)


class TestKeys:
    @pytest.mark.parametrize("server", [OPENAI, *HOSTED], ids=lambda server: server.name)
    async def test_a_service_without_its_key_is_asked_nothing(self, server):
        made, requests = answering(WHOLE, of=server, api_key=None, base_url=None)
        seen, error = await heard(made)
        assert type(error) is AuthenticationError
        assert str(error) == (
            f"No key for m: set {server.keys[0]}, pass api_key=, or choose another model ('local' needs none). To set it in a "
            f'notebook without saving it, run: import getpass, os; os.environ["{server.keys[0]}"] = getpass.getpass()'
        )
        assert seen == requests == []

    @pytest.mark.parametrize("server", LOCAL, ids=lambda server: server.name)
    async def test_a_server_on_ones_own_machine_needs_none(self, server):
        made, requests = answering(WHOLE, of=server, api_key=None, base_url=None)
        assert await chunks(made) == [Text("Hi"), Finish("stop")]
        assert KEY not in str(requests[0].headers)

    @each_of
    async def test_they_are_looked_up_in_order(self, server, monkeypatch):
        made, requests = answering(WHOLE, of=server, api_key=None, base_url=None)
        for variable in reversed(server.keys):
            monkeypatch.setenv(variable, f"from-{variable}")
            await chunks(made)
            assert requests[-1].headers["authorization"] == f"Bearer from-{variable}"

    async def test_what_is_openais_own_in_the_environment_goes_to_no_other_service(self, monkeypatch):
        values = {
            "OPENAI_API_KEY": "sk-of-openai", "OPENAI_ORG_ID": "org-secret", "OPENAI_PROJECT_ID": "proj-secret",
            "OPENAI_CUSTOM_HEADERS": "X-Gateway: gateway-secret",
        }  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        made, requests = answering(WHOLE, of=compatible.groq, base_url=None)
        await chunks(made)
        sent = " ".join(requests[0].headers.values())
        assert [name for name, value in values.items() if value.rpartition(" ")[2] in sent] == []


class TestAddresses:
    @pytest.mark.parametrize(
        ("server", "variable"), [(compatible.azure, "AZURE_OPENAI_ENDPOINT"), (compatible.snowflake, "SNOWFLAKE_BASE_URL")]
    )
    def test_a_server_of_ones_own_has_to_be_named(self, server, variable, monkeypatch):
        monkeypatch.delenv(variable)
        with pytest.raises(ConfigError, match=rf"Where is {server.name}\? Set {variable}, or pass base_url="):
            server("m", api_key=KEY)

    @pytest.mark.parametrize(
        ("server", "url"),
        [
            (compatible.azure, "https://mine.openai.azure.com/openai/v1/chat/completions"),
            (compatible.snowflake, "https://mine.snowflakecomputing.com/api/v2/cortex/v1/chat/completions"),
        ],
    )
    async def test_the_environment_names_the_server_and_the_table_the_path(self, server, url):
        made, requests = answering(WHOLE, of=server, base_url=None)
        await chunks(made)
        assert str(requests[0].url) == url

    @pytest.mark.parametrize(
        ("base", "url"),
        [
            ("http://h/v1/", "http://h/v1/chat/completions"),
            ("http://h", "http://h/chat/completions"),
            ("http://h/d/?api-version=1", "http://h/d/chat/completions?api-version=1"),
            ("http://h/d/chat/completions?api-version=1", "http://h/d/chat/completions?api-version=1"),
        ],
    )
    async def test_a_base_url_keeps_its_path_and_its_query(self, base, url):
        made, requests = answering(WHOLE, of=OpenAI, base_url=base)
        await chunks(made)
        assert str(requests[0].url) == url

    async def test_an_address_of_the_environment_keeps_its_query_and_a_key_in_it_is_enough(self, monkeypatch):
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://mine.openai.azure.com/?api-version=1&api-key=a-key")
        made, requests = answering(WHOLE, of=compatible.azure, base_url=None, api_key=None)
        await chunks(made)
        assert str(requests[0].url) == "https://mine.openai.azure.com/openai/v1/chat/completions?api-version=1"
        assert (requests[0].headers["api-key"], requests[0].headers.get("authorization")) == ("a-key", None)


def choice(*, finish: str | None = None, **delta) -> dict:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


COUNTS = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
CALL = {"function": {"name": "f", "arguments": {"a": 1}}}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (choice(content="Hi", reasoning=None, reasoning_details=[]), [Text("Hi")]),
        (choice(content="", reasoning="hm", reasoning_details=[{"type": "reasoning.text", "text": "hm"}]), [Reasoning("hm")]),
        (choice(reasoning_details=[{"text": "a"}, {"summary": "b"}, {"data": "c"}]), [Reasoning("ab")]),
        (
            choice(
                content=[{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"type": "text", "text": "Hi"}]
            ),
            [Reasoning("hm"), Text("Hi")],
        ),
        (choice(content=[{"type": "reference", "reference_ids": [1]}]), []),
        (choice(content=None, refusal="No."), [Refusal("No.")]),
        (choice(finish="content_filter"), [Finish("content_filter")]),
        (choice(tool_calls=[{"id": "1", "function": {"name": "f", "arguments": None}}]), [ToolCall("f", "", "1")]),
        ({"choices": [], "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {}}]}, []),
        ({"choices": [{"index": 0, "delta": {}, "usage": COUNTS}]}, [Usage(1, 2, 3)]),
        ({"choices": [], "x_groq": {"id": "r", "usage": COUNTS}}, [Usage(1, 2, 3)]),
        ({**choice(content="Hi"), "usage": COUNTS}, [Text("Hi"), Usage(1, 2, 3)]),
        ({**choice(content="Hi"), "usage": None, "x_groq": None}, [Text("Hi")]),
        ({"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]}, [Text("a")]),
        ({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}, [Text("a")]),
        ({"message": {"content": "Hi", "thinking": "hm"}, "done": False}, [Reasoning("hm"), Text("Hi")]),
        ({"message": {"content": ""}, "done": True, "eval_count": 2, "prompt_eval_count": 1}, [Finish("stop"), Usage(1, 2)]),
        ({"message": {"content": "", "tool_calls": [CALL]}, "done": False}, [ToolCall("f", '{"a": 1}', "")]),
        ({"object": "new.event"}, []),
    ],
)
def test_every_spelling_of_every_server_is_read(event, expected):
    assert decode(event) == expected


def test_a_whole_answer_is_its_first_choice():
    message = {"role": "assistant", "content": None, "refusal": "No.", "reasoning": "hm"}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}, {"index": 1, "message": {"content": "b"}}]}
    expected = [Reasoning("hm"), Refusal("No."), Finish("stop"), Usage(1, 2, 3), AtOnce()]
    assert read(decode, json.dumps({**body, "usage": COUNTS}).encode()) == (expected, None)


def test_a_call_comes_in_pieces():
    first = choice(tool_calls=[{"index": 0, "id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}])
    more = [choice(tool_calls=[{"index": 0, "function": {"arguments": part}}]) for part in ("{", "}")]
    assert read(decode, sse(first, *more, choice(finish="tool_calls"))) == (
        [ToolCall("f", "", "1"), ToolCall("", "{", ""), ToolCall("", "}", ""), Finish("tool_calls")],
        None,
    )
