"""Who may import whom, held by reading the sources; and what ``import desiru_notebook`` does not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import desiru_notebook

PACKAGE = Path(desiru_notebook.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))
MIDDLE = {"flow", "portal", "chunks", "errors", "events", "outcome", "prediction", "signature", "stats", "stream", "timeouts"}

# At module level; "providers" stands for all of its modules. What is not listed may import nothing of ours.
ALLOWED = {
    "amidprose": {"loosejson"},
    "bulletlists": {"amidprose"},
    "coerce": {"amidprose", "bulletlists", "loosejson", "numbertext", "partialjson", "textlists"},
    "errors": {"visible"},
    "markdown": {"markdown", "visible"},
    "numbertext": {"amidprose"},
    "partial_values": {"amidprose", "coerce", "partialjson"},
    "partialjson": {"loosejson"},
    "textlists": {"bulletlists"},
    "arrival": {"outcome"},
    "portal": {"arrival", "errors", "locks", "outcome"},
    "timeouts": {"errors"},
    "signature": {"errors", "fieldtypes"},
    "prediction": {"errors"},
    "inputs": {"errors", "tables", "unsendable"},
    "prompt": {"coerce", "fieldtypes", "inputs", "signature"},
    "events": {"errors"},
    "fieldtext": {"locks"},
    "decorated": {"prompt", "signature"},
    "markers": {"decorated", "prompt", "signature"},
    "fieldwriter": {"coerce", "errors", "events", "fieldtext", "fieldtypes", "markers", "prompt", "signature"},
    "parser": {"characters", "decorated", "events", "fieldtext", "fieldwriter", "markers", "signature"},
    "stages": {"chunks", "events"},
    "passage": {"stages"},
    "transformer": {"passage", "portal", "stages"},
    "stream": {"locks", "outcome", "portal", "stages", "transformer"},
    "buffer": {"errors", "locks", "outcome", "portal", "stages"},
    "eventrecord": {"events", "fieldtext"},
    "readers": {"events", "flow", "eventrecord", "locks", "stream"},
    "account": {"chunks", "errors", "events", "stats"},
    "timeline": {"eventrecord", "events"},
    "monitor": {"portal"},
    "ending": {"errors", "events", "fieldtext", "stream"},
    "consumer": MIDDLE | {"account", "ending", "eventrecord", "monitor", "parser", "partial_values", "readers", "timeline"},
    "fieldfuture": {"outcome"},
    "waiting": {"consumer", "errors", "outcome", "portal"},
    "run": MIDDLE | {"consumer", "ending", "fieldfuture", "locks", "timeline", "visible", "waiting"},
    "providers": {"chunks", "errors", "flow", "locks", "portal", "prompt", "signature", "sse", "providers"},
    "asking": {"chunks", "ending", "errors", "providers"},
    "config": {"errors", "locks", "providers", "timeouts"},
    "fingerprint": {"prompt", "providers", "signature"},
    "writer": {"outcome", "portal", "tapefile"},
    "tape": {"chunks"},
    "tapefile": {"errors", "tape", "unpacking"},
    "plainerror": {"errors"},
    "takes": {"chunks", "fingerprint", "plainerror", "tape", "tapefile", "unpacking", "visible", "writer"},
    "redaction": {"chunks", "providers"},
    "recorder": {"chunks", "consumer", "fingerprint", "outcome", "plainerror", "providers", "redaction"}
    | {"takes", "tape", "tapefile", "writer"},
    "playback": {"chunks", "plainerror", "providers", "takes"},
    "recording": {"asking", "errors", "fingerprint", "locks", "providers", "recorder", "takes", "tapefile", "writer"},
    "scripted": {"chunks", "errors", "providers"},
    "answering": {"asking", "config", "fingerprint", "playback", "providers", "recorder", "recording"},
}
ANYTHING = {"frontends", "__main__"}
ALL_BUT_FRONTENDS = {"modules", "__init__"}

# Inside a function, and why: a notebook asks the value itself how to show it; IPython and a Jupyter server ask the package to
# load itself; an HTTP client is loaded when the first model is made.
INSIDE_FUNCTIONS = {
    "run": {"frontends.display", "frontends.page", "frontends.views"},
    "prediction": {"frontends.html"},
    "__init__": {"frontends"},
    "providers/connections": {"providers.sockets"},
}

SCREEN = {"IPython", "anywidget", "ipywidgets", "traitlets", "tornado", "zmq", "ipykernel", "rich", "jupyter_server"}
HTTP = {"openai", "httpx", "httpx2"}


def part(module: str) -> str:
    """The module, or the folder it stands in."""
    return module.split("/")[0]


def imports(module: str) -> Iterator[tuple[str, bool]]:
    """Every import of the module, except those for type checking: its target, and whether it is inside a function."""
    tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
    yield from _imports(tree, module, False)


def _imports(node: ast.AST, module: str, inside: bool) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((alias.name, inside) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((target, inside) for target in _targets(child, module))
        yield from _imports(child, module, inside or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))


def _targets(node: ast.ImportFrom, module: str) -> list[str]:
    """What a ``from`` imports, as whole names; ``from . import x`` names the module x."""
    if not node.level:
        return [node.module or ""]
    package = ["desiru_notebook", *module.split("/")][: -node.level]
    base = ".".join([*package, *([node.module] if node.module else [])])
    return [base] if node.module else [f"{base}.{alias.name}" for alias in node.names]


def ours(target: str) -> str:
    """The module of ours that is imported, without the package's name; empty for a foreign one."""
    return target.removeprefix("desiru_notebook").lstrip(".") if target.split(".")[0] == "desiru_notebook" else ""


def test_the_reader_of_imports_sees_them_all():
    found = {(ours(target), inside) for target, inside in imports("run") if ours(target)}
    assert {("portal", False), ("consumer", False), ("frontends.views", True)} <= found
    assert ("chunks", False) in {(ours(target), inside) for target, inside in imports("providers/base")}


@pytest.mark.parametrize("module", [module for module in MODULES if part(module) not in ANYTHING])
def test_a_module_imports_only_what_stands_to_its_left(module):
    names = {ours(target).split(".")[0] for target, inside in imports(module) if ours(target) and not inside}
    if part(module) in ALL_BUT_FRONTENDS:
        assert not names & ANYTHING
    else:
        assert names <= ALLOWED.get(part(module), set())


@pytest.mark.parametrize("module", [module for module in MODULES if part(module) not in ANYTHING])
def test_inside_functions_only_these_import_something_of_ours(module):
    names = {ours(target) for target, inside in imports(module) if ours(target) and inside}
    assert names <= INSIDE_FUNCTIONS.get(module, set())


@pytest.mark.parametrize("module", [module for module in MODULES if part(module) not in ANYTHING])
def test_the_screen_enters_only_in_the_frontends(module):
    allowed = {"rich"} if module == "providers/weights" else set()
    assert {target.split(".")[0] for target, _ in imports(module)} & SCREEN <= allowed


@pytest.mark.parametrize("module", [module for module in MODULES if not module.startswith("frontends/server/")])
def test_the_jupyter_server_enters_only_in_its_endpoint(module):
    assert not {target.split(".")[0] for target, _ in imports(module)} & {"jupyter_server", "tornado"}


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("frontends/server/")])
def test_the_endpoint_knows_no_other_front_end(module):
    names = {ours(target) for target, _ in imports(module)}
    assert not [name for name in names if name.startswith("frontends.") and not name.startswith("frontends.server")]


@pytest.mark.parametrize("module", [module for module in MODULES if part(module) != "providers"])
def test_http_clients_enter_only_in_the_providers(module):
    assert not {target.split(".")[0] for target, _ in imports(module)} & HTTP


def test_importing_the_package_loads_no_screen_no_client_no_validator_and_no_engine():
    heavy = [
        "IPython",
        "anywidget",
        "ipywidgets",
        "openai",
        "httpx",
        "httpx2",
        "tornado",
        "jupyter_server",
        "pydantic",
        "xllamacpp",
    ]
    script = f"import sys, desiru_notebook; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_tab_offers_the_public_names_only():
    assert dir(desiru_notebook) == sorted(desiru_notebook.__all__)


@pytest.mark.parametrize("name", desiru_notebook.__all__)
def test_every_public_name_is_there_and_is_documented(name):
    assert getattr(desiru_notebook, name).__doc__


def test_the_public_names_stand_once():  # and in order, which ruff holds
    assert len(desiru_notebook.__all__) == len(set(desiru_notebook.__all__))


@pytest.mark.parametrize("name", ["Request", "Message", "Text", "Reasoning", "ToolCall", "Usage", "Finish", "Provider"])
def test_what_a_model_is_written_with_comes_from_providers(name):
    assert hasattr(desiru_notebook.providers, name)
