"""The local model: real weights, real tokens, real cancelling. Its payloads and refusals need no weights."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from models import PATIENCE

from desiru_notebook import (
    ConfigError,
    FieldDelta,
    Message,
    Notice,
    ProtocolError,
    ProviderError,
    Request,
    RunCancelled,
    Signature,
    StreamingChainOfThought,
    StreamingModule,
    model,
)
from desiru_notebook.providers import Finish, Reasoning, Text, Usage, local
from desiru_notebook.providers.engines import Engine
from desiru_notebook.providers.grammar import grammar
from desiru_notebook.providers.local import decode, to_payload

ASKED = Request([Message("user", "Hi")])


class TestPayload:
    def test_the_demo_model_is_held_to_its_form_and_is_deterministic(self):
        signature = Signature("question -> answer")
        payload = to_payload(Request(ASKED.messages, signature=signature), demo=True)
        assert payload == {
            "stream": True,
            "return_progress": True,
            "cache_prompt": True,
            "temperature": 0.0,
            "repeat_penalty": 1.05,
            "max_tokens": 256,
            "grammar": grammar(signature),
            "messages": [{"role": "user", "content": "Hi"}],
        }

    def test_what_is_set_comes_before_the_demos_own_settings(self):
        request = Request(ASKED.messages, temperature=0.7, max_tokens=9, stop=("END",), extra={"repeat_penalty": 1.0})
        payload = to_payload(request, demo=True)
        assert (payload["temperature"], payload["max_tokens"], payload["repeat_penalty"]) == (0.7, 9, 1.0)
        assert payload["stop"] == ["END"]

    def test_another_model_is_left_free(self):
        payload = to_payload(Request(ASKED.messages, signature=Signature("q -> a")))
        assert payload.keys() == {"stream", "return_progress", "cache_prompt", "messages"}

    def test_a_setting_that_llama_cpp_does_not_have_is_refused_by_name(self):
        with pytest.raises(ConfigError, match=r"local has no setting 'reasoning_effort'"):
            StreamingModule("question -> answer", model="local", reasoning_effort="high").stream(question="Why?")
        assert to_payload(Request([], extra={"newer": 1}))["newer"] == 1


def test_an_event_is_its_chunks():
    timings = {"prompt_n": 3, "cache_n": 4, "predicted_n": 5}
    said = {"choices": [{"delta": {"reasoning_content": "hm", "content": "Hi"}, "finish_reason": "stop"}], "timings": timings}
    assert decode(said) == [Reasoning("hm"), Text("Hi"), Finish("stop"), Usage(7, 5, 12)]
    assert decode({"choices": [{"delta": {"role": "assistant", "content": None}}]}) == []


def test_a_file_that_is_not_there_or_is_no_model_is_refused_at_once(tmp_path):
    with pytest.raises(ConfigError, match="There is no model file"):
        model(f"local:{tmp_path}/missing.gguf")
    (tmp_path / "text.gguf").write_text("no model")
    with pytest.raises(ConfigError, match="is no GGUF file"):
        model(f"local:{tmp_path}/text.gguf")
    with pytest.raises(ConfigError, match="There is no model file"):
        model(f"local:{tmp_path}")


TOO_LONG = {
    "code": 400,
    "message": "request (5010 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 5010,
    "n_ctx": 4096,
}


def test_a_prompt_that_does_not_fit_says_how_to_make_more_room(tmp_path):
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    for made, name, call in (
        (model("local"), local.DEMO_NAME, 'model("local", context=8192)'),
        (model(f"local:{tmp_path}/small.gguf"), "small", f'model("local:{tmp_path}/small.gguf", context=8192)'),
    ):
        with pytest.raises(ProviderError) as caught:
            made._decoded({"error": TOO_LONG}, ASKED)
        assert str(caught.value) == (
            f"{name} could not answer: the prompt has 5,010 tokens, and its context is 4,096. Shorten the prompt, "
            f"or make room for more: {call}."
        )


def test_without_llama_cpp_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ConfigError, match=r"pip install 'desiru_notebook\[local\]'"):
        model("local")


def test_weights_that_cannot_be_fetched_fail_the_run(monkeypatch):
    async def fetch():
        yield 0.5
        raise ProviderError("offline", provider="local")

    monkeypatch.setattr(local, "fetch", fetch)
    run = StreamingModule("question -> answer", model="local").stream(question="Why?")
    with pytest.raises(ProviderError, match="offline"):
        run.result(PATIENCE)
    assert [event.text for event in run.log.since() if hasattr(event, "text")] == [
        "Fetching the tiny demo model, once: 50% of 93 MB"
    ]


def test_a_run_says_that_the_model_is_being_loaded(monkeypatch, tmp_path):
    """Until it is there: the next run of the same model has nothing to wait for."""

    async def fetch():
        for share in ():
            yield share

    monkeypatch.setattr(local, "fetch", fetch)
    monkeypatch.setattr(local.engines, "engine", lambda *_: Engine(None))
    monkeypatch.setattr(local._Job, "_work", lambda job: job._put(None))
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    for name, words in (("local", "loading the demo model"), (f"local:{tmp_path}/small.gguf", "loading small")):
        asked = StreamingModule("question -> answer", model=model(name))
        for expected in ([words], []):
            run = asked.stream(question="Why?")
            run.join()
            assert [event.text for event in run.log.since() if isinstance(event, Notice)] == expected


def workers() -> list[threading.Thread]:
    """The threads that are inside llama.cpp now."""
    return [thread for thread in threading.enumerate() if thread.name == "desiru-local" and thread.is_alive()]


@pytest.mark.local_model
class TestRealWeights:
    @pytest.fixture(autouse=True)
    def _weights(self, demo):
        pass

    def thinker(self, signature: str = "question -> answer", **settings) -> StreamingChainOfThought:
        return StreamingChainOfThought(signature, model="local", **settings)

    def test_it_answers_in_the_signatures_fields_token_by_token(self):
        run = self.thinker().stream(question="What is the capital of France?")
        deltas = [event for event in run if isinstance(event, FieldDelta)]
        prediction = run.result()
        assert len(deltas) > 5
        assert prediction.complete
        assert "Paris" in prediction.answer
        assert "".join(delta.text for delta in deltas if delta.field == "answer") == prediction.answer
        assert prediction.stats.model == "SmolLM2-135M (tiny demo model)"
        assert prediction.stats.usage.output_tokens == prediction.stats.tokens > 5
        assert prediction.stats.finish == "stop"

    def test_it_says_the_same_every_time(self):
        asked = {"question": "How many legs does a cat have?"}
        assert self.thinker()(**asked) == self.thinker()(**asked)

    @pytest.mark.parametrize(
        "kind", ["int", "float", "bool", "Literal['yes', 'no \"x\"']", "list[str]", "list[int]", "dict[str, int]", "int | None"]
    )
    def test_its_answer_has_the_fields_type(self, kind):
        prediction = self.thinker(f"question -> answer: {kind}")(question="Is 7 a prime number?")
        assert prediction.complete

    def test_cancelling_stops_llama_cpp(self):
        endless = 'root ::= "Answer:" more\nmore ::= [^\\n] more'
        module = StreamingModule("question -> answer", model="local", max_tokens=2000, grammar=endless)
        run = module.stream(question="Count for ever.")
        next(event for event in run if isinstance(event, FieldDelta))
        (thread,) = workers()
        run.cancel()
        with pytest.raises(RunCancelled):
            run.result(PATIENCE)
        thread.join(PATIENCE)
        assert not thread.is_alive()

    def test_cancelling_while_it_reads_the_prompt_stops_it_too(self):
        run = self.thinker().stream(question="word " * 3000)
        while not (threads := workers()):
            assert run.state == "pending"
        run.cancel()
        threads[0].join(PATIENCE)
        assert not threads[0].is_alive()
        assert self.thinker()(question="What is the capital of France?").complete

    def test_max_tokens_cut_it_short(self):
        prediction = self.thinker(max_tokens=3)(question="Why is the sky blue?")
        assert (prediction.stats.finish, prediction.complete) == ("length", False)

    def test_a_prompt_that_is_too_long_is_an_error_that_says_so(self):
        with pytest.raises(ProviderError, match=r'could not answer.*context.*model\("local", context=\d+\)\.$'):
            self.thinker()(question="word " * 6000)

    def test_any_other_file_is_a_model_too(self, demo):
        made = model(f"local:{demo}")
        assert (made.name, made.marker_style) == (demo.stem, "header")
        run = StreamingModule("question -> answer", model=made, max_tokens=5).stream(question="Hi")
        assert 1 <= run.result(60).stats.tokens <= 5  # it may end by itself

    def test_a_file_that_only_begins_like_a_model_is_an_error(self, tmp_path):
        (tmp_path / "broken.gguf").write_bytes(b"GGUF" + b"\0" * 100)
        with pytest.raises(ProtocolError, match=r"cannot load .*broken\.gguf.*GGUF"):
            StreamingModule("question -> answer", model=f"local:{tmp_path}/broken.gguf")(question="Hi")

    def test_a_script_may_end_in_the_middle_of_an_answer(self):
        script = (
            "from desiru_notebook import FieldDelta, StreamingModule\n"
            "run = StreamingModule('question -> answer', model='local', max_tokens=2000).stream(question='Count for ever.')\n"
            "next(event for event in run if isinstance(event, FieldDelta))\nprint('end')\n"
        )
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert (ended.stdout, ended.returncode) == ("end\n", 0), ended.stderr
