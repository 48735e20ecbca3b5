"""Where a key comes from, and that it is never shown."""

from __future__ import annotations

import copy
import sys
import threading
from types import SimpleNamespace

import pytest
from answering import KEY, WHOLE, answering, chunks, heard

from desiru_notebook import AuthenticationError
from desiru_notebook.providers import Finish, Text, compatible
from desiru_notebook.providers.anthropic import Anthropic
from desiru_notebook.providers.keys import Key, key_of_environment, key_of_keyring

VARIABLES = ("ONE_API_KEY", "OTHER_API_KEY")


def keyring(monkeypatch, passwords: dict | Exception) -> list:
    """A keyring that has these, or fails so; and what it is asked."""
    asked = []

    def get_password(service, name):
        asked.append((service, name, threading.current_thread() is threading.main_thread()))
        if isinstance(passwords, Exception):
            raise passwords
        return passwords.get(name)

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    return asked


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)  # so that it cannot be imported


class TestKey:
    def test_it_is_shown_to_those_who_ask_for_it_only(self):
        key = Key(KEY)
        shown = (repr(key), str(key), f"{key}", f"{key!s:>60}", "%s" % key, repr([key]), repr({"key": key}))  # noqa: UP031 - each way has to hide it
        assert not any(KEY in text for text in shown)
        assert repr(key) == "Key(...)"
        assert key.reveal() == KEY
        with pytest.raises(TypeError):
            vars(key)

    def test_a_model_that_has_one_does_not_show_it(self):
        for made, _ in (answering(WHOLE), answering(WHOLE, of=Anthropic)):
            assert KEY not in repr(made) + repr(vars(made)) + repr(copy.copy(vars(made)))

    def test_none_is_false(self):
        assert not Key("")
        assert not Key(" \n")
        assert repr(Key("")) == "Key()"
        assert Key(KEY)

    @pytest.mark.parametrize("text", [f"{KEY}\n", f"\n {KEY}\t\r\n"])
    def test_the_line_end_of_a_file_is_no_part_of_it(self, text):
        assert Key(text).reveal() == KEY
        assert Key(text).usable

    @pytest.mark.parametrize(
        "text", ["sk-k\N{LATIN SMALL LETTER E WITH ACUTE}y", "sk\nkey", "sk\r\nx: y", "sk\0key", "sk\u200bkey", "sk\x7fkey"]
    )
    def test_one_that_could_not_stand_in_a_header_is_not_usable(self, text):
        assert not Key(text).usable


class TestEnvironment:
    def test_the_first_variable_counts(self, monkeypatch):
        assert not key_of_environment(VARIABLES)
        monkeypatch.setenv("OTHER_API_KEY", "second")
        assert key_of_environment(VARIABLES).reveal() == "second"
        monkeypatch.setenv("ONE_API_KEY", " ")
        assert key_of_environment(VARIABLES).reveal() == "second"
        monkeypatch.setenv("ONE_API_KEY", "first")
        assert key_of_environment(VARIABLES).reveal() == "first"


class TestKeyring:
    def test_one_that_is_not_installed_has_no_keys(self):
        assert not key_of_keyring(VARIABLES)

    @pytest.mark.parametrize("fault", [RuntimeError("locked"), OSError("no bus"), KeyError("x")])
    def test_one_that_fails_is_as_good_as_none(self, fault, monkeypatch):
        asked = keyring(monkeypatch, fault)
        assert not key_of_keyring(VARIABLES)
        assert asked

    @pytest.mark.parametrize(
        ("passwords", "found"),
        [
            ({}, ""),
            ({"OTHER_API_KEY": "second"}, "second"),
            ({"ONE_API_KEY": "first", "OTHER_API_KEY": "second"}, "first"),
            ({"ONE_API_KEY": "", "OTHER_API_KEY": "second\n"}, "second"),
        ],
    )
    def test_the_first_name_counts(self, passwords, found, monkeypatch):
        asked = keyring(monkeypatch, passwords)
        assert key_of_keyring(VARIABLES).reveal() == found
        assert asked[0][:2] == ("desiru_notebook", "ONE_API_KEY")


class TestOrder:
    async def sent(self, made, requests) -> str:
        assert await chunks(made) == [Text("Hi"), Finish("stop")]
        return requests[-1].headers["authorization"]

    async def test_it_is_the_argument_then_the_environment_then_the_keyring(self, monkeypatch):
        asked = keyring(monkeypatch, {"OPENAI_API_KEY": "of-keyring"})
        assert await self.sent(*answering(WHOLE, api_key=None, base_url=None)) == "Bearer of-keyring"
        assert len(asked) == 1
        monkeypatch.setenv("OPENAI_API_KEY", "of-environment")
        assert await self.sent(*answering(WHOLE, api_key=None, base_url=None)) == "Bearer of-environment"
        assert await self.sent(*answering(WHOLE, api_key="of-argument", base_url=None)) == "Bearer of-argument"
        assert len(asked) == 1

    async def test_a_keyring_that_asks_its_user_holds_up_no_other_run(self, monkeypatch):
        asked = keyring(monkeypatch, {})
        await heard(answering(WHOLE, api_key=None, base_url=None)[0])
        assert asked == [("desiru_notebook", "OPENAI_API_KEY", False)]

    async def test_a_keyring_that_fails_leaves_the_advice_how_to_set_a_key(self, monkeypatch):
        keyring(monkeypatch, RuntimeError(KEY))
        made, requests = answering(WHOLE, api_key=None, base_url=None, of=compatible.groq)
        _, error = await heard(made)
        assert type(error) is AuthenticationError
        assert "set GROQ_API_KEY" in str(error)
        assert KEY not in str(error)
        assert requests == []


@pytest.mark.parametrize("of", [compatible.groq, compatible.ollama, Anthropic])
@pytest.mark.parametrize(
    "text", ["sk-very-s\N{LATIN SMALL LETTER E WITH ACUTE}cret", "sk-very\nsecret", "sk-very\r\nsecret: x"]
)
async def test_a_key_that_is_not_usable_is_an_error_which_does_not_quote_it(text, of, monkeypatch):
    given, requests = answering(WHOLE, api_key=text, of=of)
    found, more = answering(WHOLE, api_key=None, of=of)
    monkeypatch.setenv(of("m").key_variables[0], text)
    for made in (given, found):
        seen, error = await heard(made)
        assert type(error) is AuthenticationError
        assert f"check {made.key_variables[0]}, or api_key=" in str(error)
        assert "very" not in str(error) + repr(error)
        assert seen == []
    assert requests == more == []
