"""Which model runs, and with which settings, where a call does not say."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint, entry_points

import pytest
from models import PATIENCE, Scripted, Whole

from desiru_notebook import ConfigError, Timeouts, config, configure, model
from desiru_notebook.config import DEFAULT_MODEL, resolve, settings
from desiru_notebook.providers import Provider, base
from desiru_notebook.providers.openai import OpenAI


def test_without_any_word_the_model_is_the_local_one():
    assert dict(settings()) == {"model": "local"}
    assert DEFAULT_MODEL == "local"


def test_the_order_is_argument_then_configure_then_environment_then_local(monkeypatch):
    monkeypatch.setenv("DESIRU_MODEL", "openai:from-environment")
    assert resolve(None).name == "from-environment"
    configure(model="openai:configured")
    assert resolve(None).name == "configured"
    assert resolve("openai:argument").name == "argument"
    configure(model=None)
    assert resolve(None).name == "from-environment"
    monkeypatch.setenv("DESIRU_MODEL", "")
    assert settings()["model"] == "local"


def test_none_takes_a_setting_back_and_the_others_stay():
    configure(temperature=0.5, timeout=Timeouts(idle=1))
    configure(temperature=None, max_tokens=3)
    assert dict(settings()) == {"model": "local", "timeout": Timeouts(idle=1), "max_tokens": 3}


def test_a_setting_that_does_not_exist_is_refused_and_nothing_is_set():
    with pytest.raises(ConfigError, match=r"no setting 'temprature'\. Did you mean 'temperature'\? The settings are model"):
        configure(max_tokens=3, temprature=0.5)
    assert dict(settings()) == {"model": "local"}


@pytest.mark.parametrize(
    "setting", [*({"temperature": value} for value in (math.inf, math.nan, -0.1, True)), {"max_tokens": 0}]
)
def test_a_setting_that_no_provider_could_use_is_refused(setting):
    (name,) = setting
    with pytest.raises(ConfigError, match=f"The setting '{name}' is a "):
        configure(**setting)
    assert dict(settings()) == {"model": "local"}


@pytest.mark.parametrize("value", ["no", "false", 0, 1])
def test_stream_is_true_or_false(value):
    with pytest.raises(ConfigError, match=f"^The setting 'stream' is True or False, not {value!r}\\.$"):
        configure(stream=value)


def test_a_providers_own_setting_is_sent_to_the_module():
    with pytest.raises(
        ConfigError, match=r"no setting 'top_p'\..* A provider's own settings go to a module, as in .*top_p=\.\.\."
    ):
        configure(top_p=0.5)


@pytest.mark.parametrize("name", ["api_key", "base_url", "http_client"])
def test_an_option_of_the_model_is_sent_to_the_model(name):
    with pytest.raises(
        ConfigError, match=rf"'{name}' belongs to the model: .*model\('provider:model', {name}=\.\.\.\)"
    ) as caught:
        configure(**{name: "sk-secret"})
    assert "secret" not in str(caught.value)


def test_settings_are_a_copy():
    settings()["model"] = "other"
    assert settings()["model"] == "local"


def test_a_name_is_a_provider_and_its_model():
    made = model("openai:gpt-5-mini", base_url="http://localhost:1/v1", api_key="key")
    assert isinstance(made, OpenAI)
    assert isinstance(made, Provider)
    assert (made.provider, made.name) == ("openai", "gpt-5-mini")
    assert model(" openai : org/model:tag ").name == "org/model:tag"


def test_a_key_stands_in_no_repr():
    assert "very-secret" not in repr(model("openai:x", api_key="very-secret"))


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("opnai:gpt", "Did you mean 'openai'"),
        ("xyz", "%desiru in a notebook lists the installed ones"),
        ("no/xyz", "%desiru in a notebook lists the installed ones"),
        ("opnai", "Did you mean 'openai'"),
    ],
)
def test_an_unknown_provider_is_refused_with_a_guess_and_where_they_are_listed(name, guess):
    with pytest.raises(ConfigError, match=guess):
        model(name)


def test_the_installed_providers_are_not_listed_in_an_error():
    with pytest.raises(ConfigError) as caught:
        model("xyz:m")
    assert "anthropic" not in str(caught.value)


def test_an_option_that_the_provider_does_not_take_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"openai takes .*, not threads"):
        model("openai:x", threads=2)
    with pytest.raises(ConfigError, match=r"local takes .*, not base_url"):
        model("local", base_url="http://localhost:1")


@pytest.mark.parametrize(
    ("option", "guess"), [("n_ctx", " Did you mean 'context'?"), ("n_threads", " Did you mean 'threads'?"), ("gpu", "")]
)
def test_the_options_of_the_local_model_are_named(option, guess):
    with pytest.raises(ConfigError) as caught:
        model("local", **{option: 8192})
    assert str(caught.value) == f"local takes context and threads, not {option}.{guess}"


@pytest.mark.parametrize("provider", ["openai", "groq", "anthropic", "bedrock", "openai-responses"])
def test_the_options_of_a_service_are_named(provider):
    with pytest.raises(ConfigError) as caught:
        model(f"{provider}:m", base_ulr="http://localhost:1")
    assert str(caught.value) == (f"{provider} takes api_key, base_url and http_client, not base_ulr. Did you mean 'base_url'?")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("openai/gpt-5-mini", "openai:gpt-5-mini"),
        ("gpt-5-mini", "openai:gpt-5-mini"),
        ("chatgpt-4o-latest", "openai:chatgpt-4o-latest"),
        ("o4-mini", "openai:o4-mini"),
        ("GPT-4.1", "openai:GPT-4.1"),
        ("claude-sonnet-4-5", "anthropic:claude-sonnet-4-5"),
        ("anthropic/claude-sonnet-4-5", "anthropic:claude-sonnet-4-5"),
        ("gemini-2.5-flash", "gemini:gemini-2.5-flash"),
        ("google/gemini-2.5-flash", "gemini:gemini-2.5-flash"),
        ("deepseek-chat", "deepseek:deepseek-chat"),
        ("mistral-large-latest", "mistral:mistral-large-latest"),
        ("grok-4", "xai:grok-4"),
        ("command-a-03-2025", "cohere:command-a-03-2025"),
        ("openrouter/meta-llama/llama-3.3-70b", "openrouter:meta-llama/llama-3.3-70b"),
        ("llama3.2", "ollama:llama3.2"),
        ("llama3.2:1b", "ollama:llama3.2:1b"),
        ("ollama/qwen3:8b", "ollama:qwen3:8b"),
        (" openai / gpt-5-mini ", "openai:gpt-5-mini"),
        ("OPENAI:gpt-5", "openai:gpt-5"),
        ("OpenAI/gpt-5", "openai:gpt-5"),
        ("google:gemini-2.5-flash", "gemini:gemini-2.5-flash"),
        ("llama.cpp:some-model", "llamacpp:some-model"),
        ("LM-Studio:some-model", "lmstudio:some-model"),
        ("openai_responses:gpt-5", "openai-responses:gpt-5"),
        (":gpt-5", "openai:gpt-5"),
        ('"openai:gpt-5-mini"', "openai:gpt-5-mini"),
        ("'gpt-5-mini'", "openai:gpt-5-mini"),
        ("/models/tiny.gguf", "local:/models/tiny.gguf"),
        ("tiny.GGUF", "local:tiny.GGUF"),
        (r"C:\models\tiny.gguf", r"local:C:\models\tiny.gguf"),
        ("Local:/models/tiny.gguf", "local:/models/tiny.gguf"),
    ],
)
def test_a_name_without_its_provider_is_answered_with_the_name_that_was_meant(name, meant):
    with pytest.raises(ConfigError) as caught:
        model(name)
    assert str(caught.value) == f"A model is named provider:model. Did you mean {meant}?"


@pytest.mark.parametrize(
    ("provider", "example"),
    [("openai", "gpt-5-mini"), ("openai-responses", "gpt-5-mini"), ("anthropic", "claude-sonnet-4-5"), ("ollama", "MODEL")],
)
def test_a_provider_without_a_model_says_how_to_name_one(provider, example):
    with pytest.raises(ConfigError, match=f"^Which model of {provider}\\? Name it as '{provider}:{example}'\\.$"):
        model(provider)


@pytest.mark.parametrize("name", ["OpenAI", "OPENAI:", '"openai"'])
def test_a_provider_alone_in_another_spelling_gets_a_guess_too(name):
    with pytest.raises(ConfigError, match="Did you mean 'openai'"):
        model(name)


@pytest.mark.parametrize("name", ["", "  ", ":", '""'])
def test_an_empty_name_is_refused_as_such(name):
    with pytest.raises(ConfigError, match=r"^The model's name is empty: write provider:model, such as openai:gpt-5-mini\.$"):
        model(name)


@pytest.mark.parametrize("name", [None, 5, b"openai:gpt-5", ["openai:gpt-5"]])
def test_a_name_is_a_text(name):
    with pytest.raises(ConfigError, match=f"^A model's name is a text such as 'openai:gpt-5-mini', not {type(name).__name__}"):
        model(name, api_key="sk-secret")


def test_a_named_model_is_made_once_for_all_threads():
    with ThreadPoolExecutor(8) as pool:
        assert len(set(map(id, pool.map(lambda _: resolve("openai:x"), range(40))))) == 1


class Asking(Scripted):
    """A model of a provider that looks at the settings, changes them and uses another model while it is made."""

    def __init__(self, name):
        super().__init__([name])
        configure(temperature=0.5)
        self.temperature, self.other = settings()["temperature"], resolve("openai:x")


@pytest.fixture
def asking(monkeypatch):
    """An installed provider of that name."""
    entries = base._installed() | {"asking": EntryPoint("asking", "test_config:Asking", base.GROUP)}
    monkeypatch.setattr(base, "_installed", lambda: entries)


def test_a_provider_may_configure_while_it_makes_a_model(asking):
    made = []
    thread = threading.Thread(target=lambda: made.append(resolve("asking:abc")), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert (made[0].temperature, made[0].other) == (0.5, resolve("openai:x"))


def test_a_model_that_takes_long_to_make_holds_nobody_up_and_is_one_for_all(monkeypatch):
    both = threading.Barrier(2)  # passed only where two make the model at the same time
    made = []

    def make(provider, name, options):
        made.append(Scripted([]))
        both.wait(PATIENCE)
        return made[-1]

    monkeypatch.setattr(config, "create", make)
    with ThreadPoolExecutor(2) as pool:
        found = set(map(id, pool.map(resolve, ["slow:x", "slow:x"])))
    assert (len(made), len(found)) == (2, 1)
    assert found == {id(resolve("slow:x"))}


def test_a_model_object_is_what_it_is():
    for made in (Scripted([]), Whole([])):
        assert resolve(made) is made


@pytest.mark.parametrize("wanted", [7, object(), ["openai:x"]])
def test_anything_else_is_no_model(wanted):
    with pytest.raises(ConfigError, match=f"{type(wanted).__name__} is no model"):
        resolve(wanted)


def test_the_built_in_providers_come_in_by_the_plug_in_door():
    assert {entry.name for entry in entry_points(group="desiru_notebook.providers")} >= {"local", "openai"}
    assert {"local", "openai"} <= set(base.provider_names())


def test_anybodys_provider_comes_in_by_the_same_door(monkeypatch):
    entry = EntryPoint("mine", "models:Scripted", base.GROUP)
    monkeypatch.setattr(base, "_installed", lambda: {"mine": entry})
    made = model("mine:abc", delay=0)
    assert isinstance(made, Scripted)
    assert made.chunks == ["a", "b", "c"]
