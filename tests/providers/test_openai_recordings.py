"""Real streams of many services that speak Chat Completions, and what they say."""

from __future__ import annotations

import json

import pytest
from answering import answering, chunks

from desiru_notebook import ProviderError
from desiru_notebook.providers import Finish, Reasoning, Text, ToolCall
from desiru_notebook.providers.openai import decode
from desiru_notebook.sse import SSEDecoder


def recordings(shared):
    for said in sorted((shared / "wire").glob("*/*.chat.*.json")):
        expected = json.loads(said.read_text())
        # Mistral's content in a list of parts is not decoded yet.
        if not expected["mid_stream_error"] and "list-content" not in expected["features"]:
            yield said.with_suffix(".sse").read_bytes(), expected


def decoded(*pieces):
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()
    return [chunk for event in events if event.data.startswith("{") for chunk in decode(json.loads(event.data))]


def test_each_says_what_it_should_whole_and_one_byte_at_a_time(shared):
    count = 0
    for body, expected in recordings(shared):
        said = decoded(body)
        assert "".join(chunk.text for chunk in said if isinstance(chunk, Text)) == expected["expected_text"], expected["id"]
        thought = "".join(chunk.text for chunk in said if isinstance(chunk, Reasoning))
        assert thought == expected["expected_reasoning"], expected["id"]
        ends = [chunk.reason for chunk in said if isinstance(chunk, Finish)]
        assert (ends[-1] if ends else None) == expected["finish_reason"], expected["id"]
        assert any(isinstance(chunk, ToolCall) for chunk in said) == expected["has_tool_calls"], expected["id"]
        assert decoded(*(body[at : at + 1] for at in range(len(body)))) == said
        count += 1
    assert count >= 38


async def test_each_ends_well_and_one_that_failed_midway_fails(shared):
    for body, _ in recordings(shared):
        made, _ = answering(body)
        assert await chunks(made) == decoded(body)
    failed = shared / "wire/openrouter/openrouter.chat.openrouter-stream-error.baafd4.sse"
    made, _ = answering(failed.read_bytes())
    with pytest.raises(ProviderError, match="failed while it answered"):
        await chunks(made)
