"""Whatever a service sends: only errors of ours, nothing lost that was received, and a run that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from answering import ASKED, read
from hypothesis import strategies as st
from laws import check_end
from models import start
from replaying import SHARED, Recording, recordings
from replaying import reading as begun
from traffic import PROTOCOLS, Sent, answers, cut, errors, odd

from desiru_notebook.providers import Chunk, Reasoning, Text
from desiru_notebook.providers.faults import Asked, refusal
from desiru_notebook.providers.reading import Decode

LARGEST = 20_000  # bytes of a recording


class Fed:
    """A model that says what is read of these bytes."""

    name, provider = "fed", "tests"

    def __init__(self, decode: Decode, pieces: list[bytes]) -> None:
        self._decode, self._pieces = decode, pieces

    async def stream(self, request: object) -> AsyncIterator[list[Chunk]]:
        reading = begun(self._decode)
        for piece in self._pieces:
            yield reading.feed(piece)
            reading.check()
        yield reading.finish()
        reading.check()


def said(chunks: list[Chunk], kind: type) -> str:
    return "".join(chunk.text for chunk in chunks if isinstance(chunk, kind))


@pytest.mark.parametrize("api", PROTOCOLS)
def test_the_reading_raises_only_errors_of_ours_and_keeps_what_came_whole_in_any_pieces(api, fuzz):
    def law(sent: Sent) -> None:
        chunks, error = read(PROTOCOLS[api].decoder(), *sent.pieces)
        assert said(chunks, Text).startswith(sent.said("text"))
        assert said(chunks, Reasoning).startswith(sent.said("reasoning"))
        at_once, other = read(PROTOCOLS[api].decoder(), b"".join(sent.pieces))
        assert (chunks, str(error)) == (at_once, str(other))

    fuzz(law, answers(api))


@pytest.mark.parametrize("api", PROTOCOLS)
def test_a_run_ends_with_an_error_of_ours_and_has_all_that_was_read(api, fuzz):
    def law(sent: Sent) -> None:
        run = start(Fed(PROTOCOLS[api].decoder(), sent.pieces), "question -> answer", retries=0)
        kept = check_end(run)
        assert letters(kept.get("answer", "")).startswith(letters(sent.said("text")))
        assert letters(kept.get("thinking", "")).startswith(letters(sent.said("reasoning")))

    fuzz(law, answers(api))


def letters(text: str) -> str:
    """The text without white space: a field has none around it, and reasoning that goes on later is a new paragraph."""
    return "".join(text.split())


def test_a_refusal_is_an_error_of_ours_with_a_wait_that_can_be_waited(fuzz):
    asked = Asked("service", "m", "SERVICE_KEY", "http://localhost:1/v1", ("sk-very-secret-key", ASKED.messages[0].content))
    dates = st.sampled_from(["Thu, 01 Jan 1970 99:99:99 GMT", "Fri, 31 Dec 99999999999 23:59:59 GMT", "1" * 5000, "-1", "nan"])
    headers = st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-request-id"]), st.one_of(dates, st.text(max_size=8)), max_size=3
    )

    def law(status: int, body: str, headers: dict[str, str]) -> None:
        error = refusal(asked, status, body, headers)
        assert error.retry_after is None or 0 <= error.retry_after < float("inf")
        assert str(error)

    fuzz(law, st.integers(300, 599), st.one_of(errors(), odd, st.text(max_size=40)), headers)


@pytest.fixture(scope="module")
def recorded(shared_folder) -> list[Recording]:
    return [recording for recording in recordings(SHARED) if len(recording.body) <= LARGEST]


def test_a_recorded_stream_with_broken_bytes_raises_only_errors_of_ours_in_any_pieces(recorded, fuzz):
    def law(recording: Recording, at: int, gone: int, put: bytes, data: st.DataObject) -> None:
        at %= len(recording.body)
        body = recording.body[:at] + put + recording.body[at + gone :]
        whole, error = read(recording.decoder(), body)
        chunks, other = read(recording.decoder(), *data.draw(cut(body)))
        assert (chunks, str(other)) == (whole, str(error))

    by_name = {recording.id: recording for recording in recorded}
    places = st.integers(0, LARGEST), st.integers(0, 5), st.binary(max_size=5)
    fuzz(law, st.sampled_from(sorted(by_name)).map(by_name.get), *places, st.data())
