"""The tree of errors is the one that its docstring draws."""

from __future__ import annotations

import inspect
import pickle
import re
import traceback

import pytest

import desiru_notebook
from desiru_notebook import errors
from desiru_notebook.errors import DesiruError, MissingFieldError, ProviderError, StreamTimeout

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]


def drawn() -> dict[str, tuple[str, str]]:
    """By class, its parent and the built-in class beside it, as the docstring draws them."""
    above: list[str] = []
    tree: dict[str, tuple[str, str]] = {}
    for indent, name, beside in re.findall(r"^( {4,})([A-Z]\w+)(?: \((\w+)\))?(?: {2}.*)?$", errors.__doc__, re.MULTILINE):
        above[len(indent) // 2 - 2 :] = [name]
        tree[name] = (above[-2] if len(above) > 1 else "Exception", beside)
    return tree


def test_the_tree_is_as_drawn():
    real = {
        cls.__name__: (cls.__bases__[0].__name__, cls.__bases__[1].__name__ if len(cls.__bases__) > 1 else "")
        for cls in CLASSES
    }
    assert drawn() == real


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_is_importable_from_the_package(cls):
    assert getattr(desiru_notebook, cls.__name__) is cls


def test_what_people_already_catch_catches_them():
    assert issubclass(errors.SignatureError, ValueError)
    assert issubclass(errors.InputError, ValueError)
    assert issubclass(StreamTimeout, TimeoutError)
    assert issubclass(MissingFieldError, AttributeError)


def test_an_error_raised_before_a_run_has_no_partial():
    assert DesiruError("x").partial is None


def test_a_provider_error_says_who_what_and_when():
    error = ProviderError("x", provider="openai", status=429, request_id="req", retry_after=1.5)
    assert (str(error), error.provider, error.status, error.request_id, error.retry_after) == ("x", "openai", 429, "req", 1.5)
    assert ProviderError("x").status is None


@pytest.mark.parametrize("error", [ProviderError("x", provider="p", status=500), StreamTimeout("x", kind="idle")])
def test_an_error_survives_the_way_to_another_process(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_a_message_has_no_power_over_a_terminal_and_hides_nothing():
    error = ProviderError("It says \x1b]52;c;cm0gLXJm\x07 and \u202eno\ud800,\n\ton two lines.")
    assert str(error) == "It says \u241b]52;c;cm0gLXJm\u2407 and \u27e8U+202E\u27e9no\u27e8U+D800\u27e9,\n\ton two lines."
    assert "\x1b" not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_plain_message_stays_as_it_was_written(cls):
    assert str(cls("Why? \u2014 \u65e5\u672c")) == "Why? \u2014 \u65e5\u672c"
