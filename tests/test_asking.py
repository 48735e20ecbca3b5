"""Asking once more: when, how often, after how long, and never twice the text."""

from __future__ import annotations

import pytest
from models import Gate, Scripted, Whole, start

from desiru_notebook import (
    AuthenticationError,
    FieldDelta,
    FieldEnd,
    FieldStart,
    ProtocolError,
    ProviderError,
    RateLimitError,
    RunCancelled,
    RunEnd,
    RunStart,
    Signature,
    StreamInterrupted,
    StreamTimeout,
    Timeouts,
    asking,
)
from desiru_notebook.asking import ask
from desiru_notebook.events import Notice, Retry
from desiru_notebook.providers import AtOnce, Finish, Reasoning, Refusal, Request, Text, ToolCall, Usage
from desiru_notebook.providers import Notice as NoticeChunk
from desiru_notebook.providers import Retry as RetryChunk

ONE = Signature("question -> answer")


def busy() -> ProviderError:
    return ProviderError("busy", status=503)


class Failing(Scripted):
    """A model that says another list of chunks each time it is asked, as :class:`Scripted` says one."""

    def __init__(self, *attempts: list) -> None:
        super().__init__(attempts[0])
        self.attempts = list(attempts)

    async def stream(self, request):
        self.chunks = self.attempts.pop(0)
        async for chunk in super().stream(request):
            yield chunk


@pytest.fixture(autouse=True)
def naps(monkeypatch) -> list[float]:
    """The waits between attempts, which take no time here."""
    taken = []

    async def nap(seconds: float) -> None:
        taken.append(seconds)

    monkeypatch.setattr(asking, "sleep", nap)
    return taken


async def asked(model, *, streaming=True, retries=2, patience=None) -> list:
    return [
        chunk
        async for chunks in ask(model, Request([]), streaming=streaming, retries=retries, patience=patience)
        for chunk in chunks
    ]


class TestWhen:
    @pytest.mark.parametrize(
        "error",
        [
            RateLimitError("slow down", status=429),
            StreamInterrupted("broke off"),
            ProviderError("not there", transient=True),
            *(ProviderError("busy", status=status) for status in (408, 409, 425, 500, 502, 503, 504, 529)),
        ],
        ids=lambda error: f"{type(error).__name__} {error.status}",
    )
    async def test_what_may_pass_is_asked_again(self, error):
        assert await asked(Failing([error], ["Hi"])) == [RetryChunk(2, str(error), pytest.approx(0.5, rel=0.26)), Text("Hi")]

    @pytest.mark.parametrize(
        "error",
        [
            AuthenticationError("no", status=401),
            ProtocolError("a web page", status=200),
            RateLimitError("no quota", status=429, transient=False),
            RunCancelled("gone"),
            *(ProviderError("no", status=status) for status in (None, 400, 404, 422, 501)),
        ],
        ids=lambda error: f"{type(error).__name__} {getattr(error, 'status', '')}",
    )
    async def test_what_will_not_pass_is_raised_at_once(self, error, naps):
        with pytest.raises(type(error)) as caught:
            await asked(Failing([error]))
        assert caught.value is error
        assert naps == []

    @pytest.mark.parametrize("said", ["Hi", Reasoning("hm"), ToolCall("f"), Refusal("no")])
    async def test_after_the_first_word_nothing_is_asked_again(self, said):
        with pytest.raises(ProviderError, match="busy"):
            await asked(Failing([said, busy()]))

    @pytest.mark.parametrize("said", [" \n", Reasoning("\n"), Usage(1, 2, 3), Finish("error"), NoticeChunk("Waiting")])
    async def test_what_no_reader_sees_as_an_answer_is_no_first_word(self, said):
        chunks = await asked(Failing([said, busy()], ["Hi"]))
        assert chunks[-2:] == [RetryChunk(2, "busy", pytest.approx(0.5, rel=0.26)), Text("Hi")]

    async def test_an_error_of_the_models_own_code_is_not_asked_again_and_tells_no_prompt(self):
        with pytest.raises(ProviderError, match=r"scripted failed with ValueError: oops$") as caught:
            await asked(Failing([ValueError("oops")]))
        assert isinstance(caught.value.__cause__, ValueError)


class TestHowOften:
    @pytest.mark.parametrize("retries", [0, 1, 2, 5])
    async def test_at_most_as_often_as_is_allowed(self, retries, naps):
        model = Failing(*([busy()] for _ in range(retries + 1)))
        with pytest.raises(ProviderError, match="busy"):
            await asked(model, retries=retries)
        assert model.attempts == []
        assert len(naps) == retries

    def test_a_module_asks_three_times_in_all_unless_it_is_told(self):
        for settings, times in [({}, 3), ({"retries": 0}, 1), ({"retries": 1}, 2), ({"retries": None}, 3)]:
            model = Failing(*([busy()] for _ in range(times)))
            run = start(model, **settings)
            with pytest.raises(ProviderError):
                run.result()
            assert (run.stats.attempts, model.attempts) == (times, [])


class TestHowLong:
    async def test_twice_as_long_each_time_up_to_a_limit(self, naps):
        with pytest.raises(ProviderError):
            await asked(Failing(*([busy()] for _ in range(8))), retries=7)
        assert naps == [pytest.approx(seconds, rel=0.26) for seconds in (0.5, 1, 2, 4, 8, 8, 8)]

    async def test_as_long_as_the_service_wants(self, naps):
        await asked(Failing([RateLimitError("wait", status=429, retry_after=2.5)], ["Hi"]))
        assert naps == [2.5]

    @pytest.mark.parametrize(("wanted", "patience"), [(61.0, None), (5.0, 4.0), (61.0, 600.0)])
    async def test_not_at_all_where_the_service_wants_more_than_the_run_has(self, wanted, patience, naps):
        with pytest.raises(RateLimitError):
            await asked(Failing([RateLimitError("wait", status=429, retry_after=wanted)]), patience=patience)
        assert naps == []


class TestWhatIsSeen:
    def test_a_retry_is_announced_and_the_text_stands_once(self):
        run = start(Failing([" ", Usage(9, 9, 9), Finish("error"), busy()], ["4", "2"]), ONE)
        assert list(run) == [
            RunStart(ONE, "scripted"),
            Retry(2, "busy"),
            FieldStart("answer"),
            FieldDelta("answer", "4"),
            FieldDelta("answer", "2"),
            FieldEnd("answer", "42", "42"),
            RunEnd("done", run.partial),
        ]
        assert (run.stats.attempts, run.stats.usage, run.stats.finish) == (2, None, None)
        assert run.partial.complete

    def test_the_wait_does_not_count_as_the_models_silence(self, monkeypatch):
        gate = Gate()

        async def nap(seconds: float) -> None:
            await gate.passed()

        monkeypatch.setattr(asking, "sleep", nap)
        error = RateLimitError("wait", status=429, retry_after=0.5)
        run = start(Failing([error], ["42"]), ONE, timeout=Timeouts(first=0.2, idle=0.2, total=None))
        assert gate.reached.wait(10)
        with pytest.raises(StreamTimeout):
            run.result(0.4)  # longer than the model may be silent
        gate.open()
        assert run.result(10).answer == "42"

    def test_the_whole_time_counts_through_all_attempts(self, monkeypatch):
        async def nap(seconds: float) -> None:
            await Gate().passed()

        monkeypatch.setattr(asking, "sleep", nap)
        soon = RateLimitError("wait", status=429, retry_after=0.1)
        with pytest.raises(StreamTimeout) as caught:
            start(Failing([soon]), ONE, timeout=Timeouts(first=None, idle=None, total=0.2)).result()
        assert caught.value.kind == "total"

    def test_a_run_that_waits_for_its_next_attempt_can_be_cancelled(self, monkeypatch):
        gate = Gate()

        async def nap(seconds: float) -> None:
            await gate.passed()

        monkeypatch.setattr(asking, "sleep", nap)
        run = start(Failing([busy()]), ONE)
        assert gate.reached.wait(10)
        assert run.cancel()
        with pytest.raises(RunCancelled):
            run.result(10)


class TestAtOnce:
    async def test_a_model_that_cannot_stream_is_asked_for_the_whole(self):
        assert await asked(Whole(["Hi"])) == [AtOnce(), Text("Hi")]

    async def test_so_is_one_that_is_asked_not_to_where_it_can(self):
        class Both(Whole, Scripted):
            pass

        assert await asked(Both(["Hi"]), streaming=False) == [AtOnce(), Text("Hi")]
        assert await asked(Scripted(["Hi"]), streaming=False) == [Text("Hi")]

    def test_the_events_are_those_of_a_stream_and_the_stats_say_so(self):
        run, streamed = start(Whole(["42"]), ONE), start(Scripted(["42"]), ONE)
        assert list(run)[1:] == list(streamed)[1:]
        assert (run.stats.streamed, streamed.stats.streamed) == (False, True)

    def test_it_is_asked_again_as_any_other(self):
        class Busy(Whole):
            async def complete(self, request):
                await super().complete(request)
                if len(self.requests) < 2:
                    raise busy()
                return self.chunks

        run = start(Busy(["42"]), ONE)
        assert run.result(10).answer == "42"
        assert [event for event in run if isinstance(event, (Retry, Notice))] == [Retry(2, "busy")]


async def test_a_long_text_comes_in_pieces_between_which_other_runs_have_their_turn(naps):
    class Long:
        async def complete(self, request):
            return [Text("a" * 100_000), Finish("stop")]

    seen = [chunk async for chunks in ask(Long(), Request([]), streaming=True, retries=0, patience=None) for chunk in chunks]
    assert [len(chunk.text) for chunk in seen if isinstance(chunk, Text)] == [32_768, 32_768, 32_768, 1696]
    assert naps == [0, 0, 0]
