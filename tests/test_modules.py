"""Modules: inputs and settings in, a run or a prediction out, with any object as the model."""

from __future__ import annotations

import asyncio
import inspect
import threading

import pytest
from models import PATIENCE, Gate, Scripted, Whole

from desiru_notebook import (
    ConfigError,
    FieldDelta,
    InputError,
    Message,
    OutputError,
    Prediction,
    ProviderError,
    Signature,
    SignatureError,
    StreamingChainOfThought,
    StreamingModule,
    Timeouts,
    TokenStream,
    configure,
)
from desiru_notebook.providers import Text

SAID = ["Answer: 4", "2"]


def module(model: object = None, signature: str = "question -> answer", **settings) -> StreamingModule:
    return StreamingModule(signature, model=model or Scripted(SAID), **settings)


class TestCalling:
    def test_call_and_forward_run_to_the_end(self):
        assert module()(question="Why?") == module().forward(question="Why?") == {"answer": "42"}

    async def test_aforward_does_the_same_without_blocking(self):
        gate = Gate()
        waiting = asyncio.ensure_future(module(Scripted([gate, *SAID])).aforward(question="Why?"))
        await asyncio.sleep(0)
        gate.open()
        assert await waiting == {"answer": "42"}

    def test_stream_starts_at_once_in_the_background(self):
        model = Scripted([Gate()])
        run = module(model).stream(question="Why?")
        assert model.started.wait(PATIENCE)
        assert run.state == "pending"

    def test_create_stream_gives_the_deltas(self):
        stream = module().create_stream(question="Why?")
        assert isinstance(stream, TokenStream)
        assert list(stream) == [FieldDelta("answer", "4"), FieldDelta("answer", "2")]

    @pytest.mark.parametrize("call", ["__call__", "forward", "forward_stream"])
    def test_an_error_is_raised_with_what_had_come(self, call):
        with pytest.raises(ProviderError, match="down") as caught:
            getattr(module(Scripted(["Answer: 4", ProviderError("down")])), call)(question="Why?")
        assert caught.value.partial == {"answer": "4"}

    def test_a_module_may_run_many_times_at_once(self):
        gates = [Gate() for _ in range(3)]
        runs = [module(Scripted([gate, f"Answer: {at}"])).stream(question="Why?") for at, gate in enumerate(gates)]
        for gate in reversed(gates):
            gate.open()
        assert [run.result(PATIENCE).answer for run in runs] == ["0", "1", "2"]

    @pytest.mark.parametrize("name", ["self", "model", "on_token", "timeout"])
    def test_an_input_may_have_any_name(self, name):
        prediction = module(signature=f"{name} -> answer").forward_stream(lambda _: None, **{name: "x"})
        assert prediction.answer == "42"


class Shouting(StreamingModule):
    """A module of a user's own, who counts how often and where it is finished."""

    def __init__(self, *arguments, **settings) -> None:
        super().__init__(*arguments, **settings)
        self.threads: list[threading.Thread] = []

    def finish(self, prediction: Prediction) -> Prediction:
        self.threads.append(threading.current_thread())
        return prediction | {"answer": prediction.answer + "!"}


class TestFinish:
    """A subclass makes the result of what the model said."""

    def test_it_is_what_every_call_gives(self):
        module = Shouting("question -> answer", model=Scripted(SAID))
        assert module(question="Why?") == module.forward(question="Why?") == {"answer": "42!"}
        assert module.forward_stream(question="Why?") == module.stream(question="Why?").result() == {"answer": "42!"}

    async def test_it_is_what_awaiting_gives(self):
        module = Shouting("question -> answer", model=Scripted(SAID))
        assert await module.aforward(question="Why?") == await module.stream(question="Why?") == {"answer": "42!"}

    def test_it_is_called_once_for_each_run_in_the_thread_of_whoever_asks_first(self):
        module = Shouting("question -> answer", model=Scripted(SAID))
        run = module.stream(question="Why?")
        assert run.result() is run.result()
        assert module.threads == [threading.current_thread()]

    def test_events_and_partial_are_what_the_model_said(self):
        run = Shouting("question -> answer", model=Scripted(SAID)).stream(question="Why?")
        assert ([*run][-1].prediction, run.partial, run.result()) == ({"answer": "42"}, {"answer": "42"}, {"answer": "42!"})

    def test_what_it_raises_is_raised_to_each_who_asks(self):
        class Strict(StreamingModule):
            def finish(self, prediction):
                raise OutputError(prediction.answer)

        run = Strict("question -> answer", model=Scripted(SAID)).stream(question="Why?")
        for _ in range(2):
            with pytest.raises(OutputError, match="42"):
                run.result()

    def test_a_run_that_fails_has_none(self):
        module = Shouting("question -> answer", model=Scripted([ProviderError("busy")]))
        with pytest.raises(ProviderError, match="busy"):
            module(question="Why?")
        assert module.threads == []

    def test_a_run_that_is_asked_again_is_finished_too(self):
        module = Shouting("question -> answer", model=Scripted(SAID))
        run = module.stream(question="Why?")
        run.join()
        assert run.retry().result() == {"answer": "42!"}


class TestOnToken:
    def test_it_is_called_in_the_callers_thread_with_each_delta_whose_str_is_its_text(self):
        said = []
        prediction = module().forward_stream(lambda delta: said.append((threading.get_ident(), str(delta))), question="?")
        assert said == [(threading.get_ident(), "4"), (threading.get_ident(), "2")]
        assert prediction == {"answer": "42"}

    @pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
    def test_what_it_raises_is_raised_as_it_is_and_the_run_is_cancelled(self, error):
        model = Scripted(["Answer: 4", Gate()])

        def fail(_: FieldDelta) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            module(model).forward_stream(fail, question="Why?")
        assert caught.value is error
        assert model.was_closed()

    def test_a_coroutine_function_is_refused_before_anything_is_asked(self):
        async def hear(token):
            pass

        model = Scripted(SAID)
        with pytest.raises(TypeError, match="hear is `async def`"):
            module(model).forward_stream(hear, question="Why?")
        assert model.requests == []


class TestInputs:
    def test_a_missing_input_is_named_and_nothing_is_sent(self):
        model = Scripted(SAID)
        with pytest.raises(InputError, match="'context' is missing; 'question, context -> answer' takes question, context"):
            module(model, "question, context -> answer").stream(question="Why?")
        assert model.requests == []

    def test_an_unknown_input_is_named(self):
        with pytest.raises(InputError, match="no input 'questoin'"):
            module()(question="Why?", questoin="?")

    def test_a_function_given_by_name_is_told_where_it_belongs(self):
        with pytest.raises(InputError, match=r"no input 'on_token'.*forward_stream\(function, \.\.\.\)"):
            StreamingModule("question -> answer", model=Scripted([])).forward_stream(on_token=print, question="Why?")

    def test_the_model_sees_the_inputs_the_demos_and_the_instructions(self):
        model = Scripted(SAID)
        module(model, instructions="Be brief.", demos=[{"question": "Q", "answer": "A"}])(question="Why {x}?")
        (request,) = model.requests
        assert [message.role for message in request.messages] == ["system", "user", "assistant", "user"]
        assert "Be brief." in request.messages[0].content
        assert request.messages[-1].content.endswith("Why {x}?")
        assert request.signature == Signature("question -> answer", instructions="Be brief.")

    def test_a_model_may_prefer_labels(self):
        model = Scripted(SAID)
        model.marker_style = "label"
        module(model)(question="Why?")
        assert model.requests[0].messages[-1] == Message("user", "Question: Why?")

    def test_the_prompt_can_be_written_another_way(self):
        class Mine(StreamingModule):
            def build_messages(self, model, inputs):
                return [Message("user", inputs["question"])]

        model = Scripted(SAID)
        Mine("question -> answer", model=model)(question="Why?")
        assert model.requests[0].messages == [Message("user", "Why?")]


class TestSettings:
    def test_settings_reach_the_request_and_unknown_ones_by_their_name(self):
        model = Scripted(SAID)
        module(model, temperature=0.5, max_tokens=9, stop="END", top_k=5)(question="Why?")
        (request,) = model.requests
        assert (request.temperature, request.max_tokens, request.stop) == (0.5, 9, ("END",))
        assert request.extra == {"top_k": 5}

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("modle", "model"),
            ("temprature", "temperature"),
            ("max_token", "max_tokens"),
            ("time_out", "timeout"),
            ("instruction", "instructions"),
            ("streaming", "stream"),
        ],
    )
    @pytest.mark.parametrize("kind", [StreamingModule, StreamingChainOfThought])
    def test_a_misspelled_one_is_refused_with_the_nearest_name_whatever_the_model(self, kind, name, meant):
        for model in (None, "openai:x", Scripted(SAID)):
            with pytest.raises(ConfigError) as caught:
                kind("question -> answer", model=model, **{name: "x"})
            assert str(caught.value).startswith(f"There is no setting {name!r}. Did you mean {meant!r}? ")
            assert f"extra={{{name!r}: ...}}" in str(caught.value)

    def test_extra_is_a_mapping(self):
        with pytest.raises(ConfigError, match="'extra' is a mapping of names to values, not list"):
            module(extra=["top_p"]).stream(question="Why?")
        assert module(extra=None)(question="Why?")

    @pytest.mark.parametrize("value", ["no", "false", 0])
    def test_stream_is_true_or_false(self, value):
        model = Scripted(SAID)
        with pytest.raises(ConfigError, match=f"^The setting 'stream' is True or False, not {value!r}"):
            module(model, stream=value).stream(question="Why?")
        assert model.requests == []

    def test_stream_as_none_is_as_if_it_were_not_given(self):
        assert module(Both(["Answer: whole"]), stream=None)(question="Why?").answer == "streamed"

    @pytest.mark.parametrize("value", [5, ["Be brief."], b"Be brief."])
    def test_instructions_are_a_text(self, value):
        says = f"^Instructions are a text, not {type(value).__name__}"
        with pytest.raises(SignatureError, match=says):
            module(instructions=value)
        with pytest.raises(SignatureError, match=says):
            Signature("question -> answer", instructions=value)

    @pytest.mark.parametrize("value", [5, None])
    def test_demos_are_a_list(self, value):
        with pytest.raises(
            InputError, match=f"^demos is a list of mappings of field names to values, not {type(value).__name__}"
        ):
            module(demos=value)

    @pytest.mark.parametrize("name", ["api_key", "base_url", "http_client"])
    def test_what_belongs_to_the_model_is_sent_there_and_not_into_the_request(self, name):
        with pytest.raises(ConfigError, match=rf"'{name}' belongs to the model: .*, {name}=\.\.\.\)") as caught:
            module("openai:x", **{name: "sk-secret"}).stream(question="Why?")
        assert "secret" not in str(caught.value)
        assert "extra" not in str(caught.value)

    def test_a_model_of_ones_own_takes_what_it_names_or_all_there_is(self):
        model = Scripted(SAID)
        module(model, mirrors=2)(question="Why?")
        assert model.requests[0].extra == {"mirrors": 2}
        model.setting_names = {"mirrors"}
        module(model, mirrors=2)(question="Why?")
        with pytest.raises(ConfigError, match=r"no setting 'mirors'\. Did you mean 'mirrors'\?"):
            module(model, mirors=2)(question="Why?")

    def test_what_a_module_says_comes_before_what_is_configured(self):
        configure(temperature=0.1, max_tokens=5)
        model = Scripted(SAID)
        module(model, temperature=0.9)(question="Why?")
        assert (model.requests[0].temperature, model.requests[0].max_tokens) == (0.9, 5)
        assert model.requests[0].extra == {}

    @pytest.mark.parametrize(
        ("settings", "limits"),
        [
            ({}, Timeouts()),
            ({"timeout": 3}, Timeouts(total=3)),
            ({"timeout": None}, Timeouts(None, None, None)),
            ({"timeout": Timeouts(idle=1)}, Timeouts(idle=1)),
        ],
    )
    def test_a_timeout_is_seconds_in_all_or_limits(self, settings, limits):
        assert module(**settings).stream(question="Why?")._consumer._limits == limits

    def test_the_configured_timeout_holds_where_none_is_given(self):
        configure(timeout=7)
        assert module().stream(question="Why?")._consumer._limits == Timeouts(total=7)


class Both(Whole):
    """A model that can stream and can answer at once."""

    async def stream(self, request):
        yield Text("Answer: streamed")


class TestModels:
    def test_the_configured_model_runs_where_none_is_given(self):
        configure(model=Scripted(SAID))
        assert StreamingModule("question -> answer")(question="Why?").answer == "42"

    @pytest.mark.parametrize("settings", [{}, {"stream": False}])
    def test_a_model_that_cannot_stream_is_a_model_too(self, settings):
        run = module(Whole(["Reasoning: a\n", "Answer: 42"]), "question -> reasoning, answer", **settings).stream(question="?")
        assert run.result(PATIENCE) == {"reasoning": "a", "answer": "42"}
        assert run.model == "whole"

    def test_a_model_that_can_do_both_streams_unless_told_not_to(self):
        model = Both(["Answer: whole"])
        assert module(model)(question="Why?").answer == "streamed"
        assert module(model, stream=False)(question="Why?").answer == "whole"
        configure(stream=False)
        assert module(model)(question="Why?").answer == "whole"
        assert module(model, stream=True)(question="Why?").answer == "streamed"

    def test_a_model_whose_stream_is_no_generator_is_told_what_to_write(self):
        class Wrong:
            def stream(self, request):
                return ["Answer: 42"]

        with pytest.raises(ConfigError, match=r"Wrong.stream must be an async generator"):
            module(Wrong())(question="Why?")

    def test_an_async_iterator_without_a_close_will_do(self):
        class Iterator:
            def __init__(self):
                self.left = ["Answer: 4", "2"]

            def __aiter__(self):
                return self

            async def __anext__(self):
                if not self.left:
                    raise StopAsyncIteration
                return Text(self.left.pop(0))

        class Model:
            def stream(self, request):
                return Iterator()

        run = module(Model()).stream(question="Why?")
        assert run.result(PATIENCE).answer == "42"
        assert run.model == "Model"

    def test_the_class_of_a_model_is_not_the_model(self):
        with pytest.raises(ConfigError, match=r"^Scripted is a class: give an instance of it as the model\.$"):
            module(Scripted).stream(question="Why?")
        with pytest.raises(ConfigError, match=r"^Scripted is a class"):
            configure(model=Scripted)

    def test_what_is_no_model_is_refused_before_anything_runs(self):
        with pytest.raises(ConfigError, match="object is no model"):
            module(object()).stream(question="Why?")


def test_a_bad_signature_is_refused_at_once():
    with pytest.raises(SignatureError):
        StreamingModule("question answer")


def test_a_module_shows_what_it_asks():
    assert repr(module()) == "StreamingModule('question -> answer')"


class TestSignature:
    """What an editor and Shift+Tab show of a module's call."""

    def test_a_call_takes_the_inputs_by_name(self):
        assert str(inspect.signature(module(signature="document: str, pages: int, tags: list[str] -> answer"))) == (
            "(*, document: str, pages: int, tags: list[str]) -> desiru_notebook.prediction.Prediction"
        )
        assert list(inspect.signature(StreamingChainOfThought("question -> answer")).parameters) == ["question"]

    def test_it_follows_the_modules_signature(self):
        changed = module()
        changed.signature = Signature("text -> summary")
        assert list(inspect.signature(changed).parameters) == ["text"]

    def test_an_input_that_is_a_keyword_of_python_leaves_the_calls_own_signature(self):
        assert str(inspect.signature(module(signature="class -> answer"))) == "(**inputs: 'Any') -> 'Prediction'"

    def test_the_class_still_says_how_a_module_is_made(self):
        assert "signature" in inspect.signature(StreamingModule).parameters
        assert "options" in inspect.signature(StreamingChainOfThought).parameters
