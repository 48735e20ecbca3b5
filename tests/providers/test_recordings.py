"""Real streams of many services, and what they say: whole, in random pieces, and one byte at a time."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from replaying import Recording, reading, recordings

from desiru_notebook import DesiruError, ProviderError, StreamInterrupted
from desiru_notebook.providers import Chunk, Finish, Notice, Reasoning, Refusal, Text, ToolCall, Usage

# Recordings that have no end: their services' own streams always have one.
ENDLESS = {"vertex.gemini.streaming-failure-malformed-content", "vertex.gemini.streaming-success-quotes-escaped"}
# What stands in Bedrock's binary frames, the recordings' notes do not tell: tools, counts, the reason of a guardrail.
NOTED_IN_PART = "bedrock-eventstream"


@pytest.fixture(scope="module")
def recorded(shared_folder) -> list[Recording]:
    return recordings(shared_folder)


def said(recording: Recording, pieces: Iterable[bytes]) -> tuple[list[Chunk], DesiruError | None]:
    """The chunks of the answer that comes in these pieces, and the error that it ends with."""
    answer, chunks = reading(recording.decoder()), []
    try:
        for piece in pieces:
            chunks.extend(answer.feed(piece))
            answer.check()
        chunks.extend(answer.finish())
        answer.check()
    except DesiruError as error:
        return chunks, error
    return chunks, None


def joined(chunks: list[Chunk], kind: type) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, kind))


def in_pieces(body: bytes, longest: int, seed: int) -> Iterable[bytes]:
    chance, at = random.Random(seed), 0
    while at < len(body):
        size = chance.randint(1, longest)
        yield body[at : at + size]
        at += size


def test_every_recording_says_exactly_what_it_should(recorded):
    assert len(recorded) >= 101
    for recording in recorded:
        chunks, _ = said(recording, [recording.body])
        expected = recording.said
        assert joined(chunks, Text) == expected["expected_text"], recording.id
        assert joined(chunks, Reasoning) == expected["expected_reasoning"], recording.id
        assert joined(chunks, Refusal) == expected["expected_refusal"], recording.id
        assert not [chunk for chunk in chunks if isinstance(chunk, Notice)], recording.id


def test_every_recording_tells_its_end_its_tools_and_its_count(recorded):
    for recording in recorded:
        chunks, _ = said(recording, [recording.body])
        if recording.api == NOTED_IN_PART:
            continue
        ends = [chunk.reason for chunk in chunks if isinstance(chunk, Finish)]
        assert (ends[-1] if ends else None) == recording.said["finish_reason"], recording.id
        assert any(isinstance(chunk, ToolCall) for chunk in chunks) == recording.said["has_tool_calls"], recording.id
        assert any(isinstance(chunk, Usage) for chunk in chunks) == recording.said["has_usage"], recording.id


def test_borders_of_pieces_change_nothing(recorded):
    for recording in recorded:
        whole = said(recording, [recording.body])[0]
        assert said(recording, (recording.body[at : at + 1] for at in range(len(recording.body))))[0] == whole, recording.id
        for seed, longest in enumerate([7, 200, 5000]):
            assert said(recording, in_pieces(recording.body, longest, seed))[0] == whole, recording.id


def test_every_recording_ends_well_but_those_without_an_end_and_the_one_that_failed(recorded):
    for recording in recorded:
        _, error = said(recording, [recording.body])
        if recording.said["mid_stream_error"]:
            assert type(error) is ProviderError
            assert recording.said["mid_stream_error"]["message"] in str(error)
        elif recording.id.rpartition(".")[0] in ENDLESS:
            assert type(error) is StreamInterrupted
        else:
            assert error is None, recording.id


def test_a_recording_that_is_cut_off_never_ends_well(recorded):
    """Unless what is left has the answer's end in it."""
    for recording in recorded:
        half = recording.body[: len(recording.body) // 2]
        chunks, error = said(recording, [half])
        assert error is not None or any(isinstance(chunk, Finish) for chunk in chunks), recording.id
