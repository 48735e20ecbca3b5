"""What is refused before anything is sent, and what an error may not tell."""

from __future__ import annotations

import pytest
from models import Gate, Scripted

import desiru_notebook as desiru
from desiru_notebook import AuthenticationError, ConfigError, InputError, Predict, ProtocolError, ProviderError, SignatureError
from desiru_notebook.chunks import Text, Usage
from desiru_notebook.coerce import coerce

SECRET = "sk-very-secret-key"
PROMPT = "a prompt that nobody else may read"


@pytest.mark.parametrize(
    "setting",
    [
        {"temperature": "hot"},
        {"temperature": -1},
        {"max_tokens": 0},
        {"max_tokens": True},
        {"retries": -1},
        {"stop": 5},
        {"timeout": "5"},
        {"timeout": -1},
        {"timeout": True},
    ],
    ids=str,
)
def test_a_setting_with_a_useless_value_is_refused_by_name_and_nothing_is_sent(setting):
    model = Scripted(["Answer: 42"])
    with pytest.raises(ConfigError, match=next(iter(setting))):
        Predict("question -> answer", model=model, **setting).stream(question="Why?")
    assert model.requests == []


@pytest.mark.parametrize("setting", [{"model": 5}, {"timeout": "5"}, {"max_tokens": "many"}], ids=str)
def test_configure_refuses_the_same(setting):
    with pytest.raises(ConfigError):
        desiru.configure(**setting)


@pytest.mark.parametrize("demos", [[{"question": "1", "aa": "2"}], ["question"], "abc"], ids=str)
def test_a_demo_of_other_fields_is_refused(demos):
    with pytest.raises(InputError, match=r"[Dd]emo"):
        Predict("question -> answer", demos=demos)


def test_an_input_that_is_no_text_is_refused_by_name():
    with pytest.raises(InputError, match="'question' holds bytes"):
        Predict("question -> answer", model=Scripted([])).stream(question=f"{PROMPT} \udcff")


def test_outputs_that_a_label_cannot_tell_apart_are_refused():
    with pytest.raises(SignatureError, match="looks too much like"):
        desiru.Signature("question -> Final_Answer, final_answer")


@pytest.mark.parametrize("chunk", [Usage("1", "2"), Text(None), Text(5), "text alone"], ids=repr)
def test_a_chunk_of_another_shape_ends_the_run_with_a_word(chunk):
    class Odd:
        async def stream(self, request):
            yield Text("Answer: 4")
            yield chunk

    with pytest.raises(ProtocolError, match="yield Text") as caught:
        Predict("question -> answer", model=Odd()).forward(question="Why?")
    assert caught.value.partial.answer == "4"


@pytest.mark.parametrize("error", [GeneratorExit(), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_a_model_that_raises_what_ends_programs_ends_its_run_only(error):
    class Drastic:
        async def stream(self, request):
            yield Text("Answer: 4")
            raise error

    with pytest.raises(ProviderError, match=type(error).__name__):
        Predict("question -> answer", model=Drastic()).forward(question="Why?")


def test_an_error_while_a_cancelled_model_closes_leaves_the_run_cancelled():
    gate = Gate()

    class Clumsy:
        async def stream(self, request):
            try:
                yield Text("Answer: 4")
                await gate.passed()
            finally:
                raise ValueError("in closing")

    run = Predict("question -> answer", model=Clumsy()).stream(question="Why?")
    next(event for event in run if isinstance(event, desiru.FieldDelta))
    run.cancel()
    assert [run.join(), run.state] == [None, "cancelled"]


def test_what_a_models_own_error_quotes_of_the_prompt_is_left_out():
    with pytest.raises(ProviderError) as caught:
        Predict("question -> answer", model=Scripted([ValueError(f"cannot read: {PROMPT}")])).forward(question=PROMPT)
    assert "cannot read" in str(caught.value)
    assert PROMPT not in str(caught.value)


def test_a_key_with_a_line_end_is_the_key_without_it(service):
    model = desiru.model("openai:words-2-0", base_url=service.base_url, api_key=f"{SECRET}\n")
    assert Predict("question -> answer", model=model).forward(question="Why?").complete
    assert service.log()[0]["authorization_present"]


@pytest.mark.parametrize("key", [f"{SECRET}\u20ac", f"{SECRET}\n{SECRET}"], ids=ascii)
def test_a_key_that_cannot_be_sent_is_refused_and_not_quoted(key, service):
    model = desiru.model("openai:words-2-0", base_url=service.base_url, api_key=key)
    with pytest.raises(AuthenticationError) as caught:
        Predict("question -> answer", model=model).forward(question="Why?")
    assert SECRET not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert service.log() == []


def test_the_secret_parts_of_an_address_are_not_quoted():
    model = desiru.model("openai:m", base_url=f"http://user:{SECRET}@127.0.0.1:9/v1?key={SECRET}", api_key="x")
    with pytest.raises(ProviderError, match=r"http://127\.0\.0\.1:9/v1 cannot be reached") as caught:
        Predict("question -> answer", model=model, retries=0).forward(question="Why?")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("$1,200, $3", list[float], [1200.0, 3.0]),
        ("100,200,300", list[int], [100, 200, 300]),
        ('"a", "b, c"', list[str], ["a", "b, c"]),
        ("Here they are:\n- a\n- b", list[str], ["a", "b"]),
        ("a\nb", list[str], ["a", "b"]),
    ],
)
def test_lists_as_people_write_them(text, kind, value):
    assert coerce(text, kind) == value
