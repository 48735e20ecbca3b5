"""docs/api.md has every public name, and every public name says in its docstring what it is and which errors it raises."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import desiru_notebook
from desiru_notebook import DesiruError, errors, events, providers

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
ENTRY = re.compile(r"^\.\. (?:auto|py:)(?:class|exception|function|data|type):: ([\w.]+)", re.MULTILINE)
CONSTRUCTORS = ("__init__", "__post_init__")
ENTRIES = [name.rpartition(".")[2] for name in ENTRY.findall(PAGE)]
OURS = {name for name, error in vars(errors).items() if inspect.isclass(error) and issubclass(error, DesiruError)}
RAISED = {*OURS, "ValueError", "TypeError"}
ALIASES = {"Chunk", "Event", "State"}  # of types: they cannot have a docstring
MODULES = [desiru_notebook, events, errors, providers]


def names(module: ModuleType) -> list[str]:
    """The module's public names; those that it defines where it does not list them."""
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    return getattr(module, "__all__", [name for name in own if not name.startswith("_")])


ALIASES = {"Chunk", "Event", "State"}  # of types: they cannot have a docstring
MODULES = [desiru_notebook, events, errors, providers]
NAMES = sorted({name for module in MODULES for name in names(module)} | ALIASES)


def functions() -> Iterator[tuple[str, Any, str]]:
    """Every public function, and every public method of a public class: what to call it, itself, its class's name."""
    for name in names(desiru_notebook):
        thing = getattr(desiru_notebook, name)
        if inspect.isfunction(thing):
            yield name, thing, ""
        elif inspect.isclass(thing) and thing.__name__ == name:
            for method, function in vars(thing).items():
                written = inspect.isfunction(function) and function.__code__.co_filename == inspect.getfile(thing)
                if written and (not method.startswith("_") or method in CONSTRUCTORS):
                    yield f"{name}.{method}", function, name


@cache
def definitions(module: ModuleType) -> dict[str, Any]:
    """The functions of the module by their name, methods with their class's name before it."""
    found: dict[str, Any] = {}
    for node in ast.parse(inspect.getsource(module)).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + part.name: part for part in inside if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return found


def raised(name: str, known: dict[str, Any], seen: frozenset[str] = frozenset()) -> set[str]:
    """The errors that stand behind a ``raise`` in the function, and in the functions of its module that it calls."""
    found: set[str] = set()
    owner = name.partition(".")[0]
    for part in ast.walk(known[name]):
        if isinstance(part, ast.Raise) and isinstance(part.exc, ast.Call):
            makes = getattr(known.get(called(part.exc, owner)), "returns", None)
            found.add(ast.unparse(makes or part.exc.func))
        if isinstance(part, ast.Call) and (other := called(part, owner)) in known.keys() - seen:
            found |= raised(other, known, seen | {other})
    return found & RAISED


def called(call: ast.Call, owner: str) -> str:
    """A function of the module, or a method of the class ``owner``, as :func:`definitions` has it."""
    return ast.unparse(call.func).replace("self.", f"{owner}.", 1)


NAMES = sorted({name for module in MODULES for name in names(module)} | ALIASES)


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_stands_in_the_reference(name):
    twice = name in ("Retry", "Notice")  # what a model yields, and what a run tells of it
    assert ENTRIES.count(name) == (2 if twice else 1)


@pytest.mark.parametrize("name", sorted({*NAMES} - ALIASES - {"EOF"}))
def test_every_public_name_has_a_summary(name):
    for module in MODULES:
        if thing := getattr(module, name, None):
            summary = (thing.__doc__ or "").partition("\n\n")[0]
            assert summary.endswith((".", ":"))
            assert not summary.startswith(f"{name}(")  # what a dataclass says by itself


@pytest.mark.parametrize(
    ("name", "function", "owner"), [*functions()], ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_public_function_says_what_it_does_and_which_errors_it_raises(name, function, owner):
    said = inspect.getdoc(getattr(desiru_notebook, owner) if function.__name__ in CONSTRUCTORS else function)
    assert said
    found = raised(function.__qualname__, definitions(inspect.getmodule(function)))
    missing = {error for error in found if error not in said}
    assert not missing or re.search(r"Raises what|DesiruError: whatever", said), f"nothing is said of {', '.join(missing)}"
