"""The settings that each provider documents: every provider has its list, and takes what is on it."""

from __future__ import annotations

import json

import pytest
from answering import KEY, WHOLE, answering
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase

from desiru_notebook import ConfigError, StreamingModule, model
from desiru_notebook.providers import base, documented
from desiru_notebook.providers.anthropic import Anthropic
from desiru_notebook.providers.bedrock import Bedrock, to_payload
from desiru_notebook.providers.cohere import Cohere
from desiru_notebook.providers.compatible import SERVERS
from desiru_notebook.providers.gemini import Gemini

SET_BY_US = {"model", "messages", "input"}


def names_of(provider: str) -> frozenset[str]:
    address = {"azure": "http://h/v1", "snowflake": "http://h/v1"}.get(provider)
    made = model(f"{provider}:m", api_key=KEY, **({"base_url": address} if address else {}))
    return made.setting_names


OURS = sorted(name for name, entry in base._installed().items() if entry.value.startswith(base._OURS) and name != "local")


@pytest.mark.parametrize("provider", OURS)
def test_every_provider_has_a_list(provider):
    assert {"tools", "temperature"} & names_of(provider) or {"toolConfig"} & names_of(provider)


@pytest.mark.parametrize(
    ("of", "documents"), [(documented.CHAT, CompletionCreateParamsBase), (documented.RESPONSES, ResponseCreateParamsBase)]
)
def test_openais_are_those_of_its_own_client(of, documents):
    assert documents.__annotations__.keys() - SET_BY_US <= of


def test_every_compatible_server_has_its_own_but_the_one_that_has_none():
    names = {server.name for server in SERVERS}
    assert documented.COMPATIBLE.keys() <= names
    assert names - documented.COMPATIBLE.keys() == {"github"}


@pytest.mark.parametrize(
    ("provider", "takes", "does_not"),
    [
        ("openai", "reasoning_effort", "top_k"),
        ("openai-responses", "reasoning", "reasoning_effort"),
        ("anthropic", "thinking", "seed"),
        ("gemini", "thinkingConfig", "thinking"),
        ("gemini", "top_p", "min_p"),
        ("cohere", "safety_mode", "top_p"),
        ("bedrock", "guardrailConfig", "guardrail"),
        ("mistral", "random_seed", "thinking"),
        ("vllm", "guided_json", "repeat_penalty"),
        ("llamacpp", "grammar", "guided_json"),
        ("openrouter", "provider", "random_seed"),
    ],
)
def test_a_provider_takes_its_own_names_and_no_others(provider, takes, does_not):
    names = names_of(provider)
    assert takes in names
    assert does_not not in names


def test_a_server_at_an_address_of_ones_own_may_be_any_that_speaks_the_protocol():
    assert {"top_k", "guided_json", "random_seed"} <= model("openai:m", base_url="http://localhost:1/v1").setting_names


@pytest.mark.parametrize(
    ("of", "setting"),
    [(Anthropic, {"top_k": 5}), (Cohere, {"k": 5}), (Gemini, {"topK": 5}), (Bedrock, {"top_k": 5})],
)
def test_what_is_documented_is_sent_and_what_is_not_is_refused(of, setting):
    made, requests = answering(WHOLE, of=of)
    StreamingModule("question -> answer", model=made, **setting).stream(question="Why?").join()
    assert json.dumps(setting)[1:-1] in requests[0].content.decode()
    with pytest.raises(ConfigError, match=f"{made.provider} has no setting 'zebra'"):
        StreamingModule("question -> answer", model=made, zebra=1).stream(question="Why?")
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("name", "guess"),
    [("reasoning_efort", " Did you mean 'reasoning_effort'?"), ("top_k", " Did you mean 'top_p'?"), ("qqq", "")],
)
def test_the_error_names_the_nearest_one_and_nothing_is_asked(name, guess):
    made, requests = answering(WHOLE)
    made.setting_names = documented.CHAT
    with pytest.raises(ConfigError) as caught:
        StreamingModule("question -> answer", model=made, **{name: 1})(question="Why?")
    assert str(caught.value) == (
        f"openai has no setting {name!r}.{guess} One that this version does not know goes to the provider through "
        f"extra={{{name!r}: ...}}."
    )
    assert requests == []


def test_what_stands_in_extra_is_sent_as_it_is():
    made, requests = answering(WHOLE)
    extra = {"zebra": 1, "modle": "x", "temperature": 0.1}
    StreamingModule("question -> answer", model=made, top_p=0.5, temperature=0.9, extra=extra)(question="Why?")
    sent = json.loads(requests[0].content)
    assert (sent["zebra"], sent["modle"], sent["top_p"], sent["temperature"]) == (1, "x", 0.5, 0.1)
    assert "extra" not in sent


def test_converses_own_settings_stand_beside_those_of_its_models():
    extra = {"topP": 0.5, "guardrailConfig": {"trace": "enabled"}, "top_k": 5, "additionalModelRequestFields": {"k": 1}}
    assert to_payload(base.Request([], extra=extra)) == {
        "messages": [],
        "inferenceConfig": {"topP": 0.5},
        "additionalModelRequestFields": {"k": 1, "top_k": 5},
        "guardrailConfig": {"trace": "enabled"},
    }
