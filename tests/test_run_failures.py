"""How a run fails: every error carries what had come, the events end, the model is closed."""

from __future__ import annotations

import pytest
from models import PATIENCE, Gate, Scripted, start

from desiru_notebook import FieldDelta, ProtocolError, ProviderError, RunEnd, StreamTimeout, Timeouts
from desiru_notebook import providers as chunks
from desiru_notebook.consumer import Consumer


class TestFailures:
    @pytest.mark.parametrize("said", [[], ["Answer: 4"]])
    def test_a_failure_is_raised_and_ends_the_events_with_what_had_come(self, said):
        error = ProviderError("The service is down.", provider="tests", status=503)
        run = start(Scripted([*said, error]))
        with pytest.raises(ProviderError) as caught:
            run.result(PATIENCE)
        assert caught.value is error
        assert error.partial == run.partial == ({"answer": "4"} if said else {})
        end = list(run)[-1]
        assert end == RunEnd("failed", run.partial)
        assert end.error is error
        assert run.state == "failed"

    async def test_it_is_raised_by_await_too(self):
        with pytest.raises(ProviderError, match="down") as caught:
            await start(Scripted(["Answer: 4", ProviderError("down")]))
        assert caught.value.partial == {"answer": "4"}

    def test_what_was_held_back_is_not_lost_by_a_failure(self):
        run = start(Scripted(["Reasoning: a\nAnsw", ProviderError("down")]))
        assert list(run)[-2] == FieldDelta("reasoning", "\nAnsw")
        assert run.partial == {"reasoning": "a\nAnsw"}

    @pytest.mark.parametrize("error", [RuntimeError("boom"), TimeoutError("boom"), SystemExit("boom")])
    def test_whatever_a_users_model_raises_ends_the_run_as_a_provider_error(self, error):
        run = start(Scripted(["Answer: 4", error]))
        with pytest.raises(ProviderError, match=f"scripted failed with {type(error).__name__}: boom") as caught:
            run.result(PATIENCE)
        assert caught.value.__cause__ is error
        assert caught.value.partial == {"answer": "4"}

    def test_what_is_no_chunk_is_a_protocol_error_that_says_what_to_yield(self):
        model = Scripted(["Answer: 4", 7])
        with pytest.raises(ProtocolError, match=r"yielded int.*yield Text"):
            start(model).result(PATIENCE)
        assert model.was_closed()

    def test_the_error_in_the_last_event_carries_what_had_come_from_the_first_moment(self, monkeypatch):
        settle, seen = Consumer._settle, []

        def look_and_settle(self, *end):
            seen.append(self.log.since()[-1].error.partial)
            settle(self, *end)

        monkeypatch.setattr(Consumer, "_settle", look_and_settle)
        start(Scripted(["Answer: 4", ProviderError("down")])).join()
        assert seen == [{"answer": "4"}]


class TestTimeouts:
    @pytest.mark.parametrize(
        ("said", "limits", "kind"),
        [
            ([Gate()], Timeouts(first=0.05), "first"),
            (["Answer: 4", Gate()], Timeouts(idle=0.05), "idle"),
            (["Answer: 4", Gate()], Timeouts(first=None, idle=0.05, total=None), "idle"),
            (["Answer: 4", Gate()], 0.05, "total"),
        ],
    )
    def test_a_limit_fails_the_run_by_its_kind_and_closes_the_model(self, said, limits, kind):
        model = Scripted(said)
        run = start(model, timeout=limits)
        with pytest.raises(StreamTimeout, match=r"timeout=Timeouts\(") as caught:
            run.result(PATIENCE)
        assert caught.value.kind == kind
        assert caught.value.partial == run.partial == ({"answer": "4"} if len(said) > 1 else {})
        assert isinstance(caught.value, TimeoutError)
        assert run.state == "failed"
        assert model.was_closed()

    def test_notices_do_not_count_as_silence_before_the_first_token(self):
        said = [chunks.Notice(str(number)) for number in range(6)]
        model = Scripted([*said, "Answer: 42"], delay=0.1)
        assert start(model, timeout=Timeouts(first=0.5, idle=None, total=0.5)).result(PATIENCE).answer == "42"

    def test_waiting_for_a_result_no_longer_leaves_the_run_alone(self):
        gate = Gate()
        run = start(Scripted(["Answer: 4", gate, "2"]))
        assert gate.reached.wait(PATIENCE)
        with pytest.raises(StreamTimeout, match="The run goes on") as caught:
            run.result(timeout=0)
        assert caught.value.partial == {"answer": "4"}
        gate.open()
        assert run.result(PATIENCE).answer == "42"
