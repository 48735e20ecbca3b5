"""What the server's owner has configured, and whose runs are counted together."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.auth import IdentityProvider, User
from models import Gate, Scripted

from desiru_notebook import Prediction, Signature, config, configure, model
from desiru_notebook.frontends.html import as_html
from desiru_notebook.frontends.server import DesiruExtension
from desiru_notebook.frontends.server.questions import Question
from desiru_notebook.frontends.server.refusals import Refusal

from .answers import question, read
from .conftest import PATH, asking


def allowed(extension: DesiruExtension, name: str | None) -> str:
    """Which model answers; the message where none does."""
    try:
        run = extension.start_run(Question(Signature("a -> b"), {"a": "?"}, name, {}))
    except Refusal as refusal:
        return refusal.message
    run.cancel()
    run.join()  # or it would connect, and close its connection, in the midst of what comes next
    return run.model


def made(*names: str) -> list[Scripted]:
    models = [Scripted([]) for _ in names]
    for one, name in zip(models, names, strict=True):
        one.name = name
    return models


def test_without_a_word_of_the_owners_the_local_model_and_the_configured_one_are_allowed(monkeypatch):
    assert DesiruExtension().models == ["local"]
    monkeypatch.setenv("DESIRU_MODEL", "openai:gpt-5-mini")
    assert DesiruExtension().models == ["local", "openai:gpt-5-mini"]
    assert "'anthropic:x' is not allowed here" in allowed(DesiruExtension(), "anthropic:x")


def test_a_question_that_names_no_model_gets_the_owners_the_configured_or_the_first_one():
    first, second, third = made("first", "second", "third")
    assert allowed(DesiruExtension(models=[first, second, third]), None) == "first"
    configure(model=second)
    assert allowed(DesiruExtension(models=[first, second, third]), None) == "second"
    assert allowed(DesiruExtension(models=[first, second, third], default_model="third"), None) == "third"
    assert allowed(DesiruExtension(models=[first, second, third], default_model="third"), "first") == "first"


def test_a_default_that_is_not_allowed_is_not_used():
    message = allowed(DesiruExtension(models=made("first"), default_model="other"), None)
    assert message.startswith("The model 'other' is not allowed here; allowed are: 'first'.")
    assert "allowed are: none" in allowed(DesiruExtension(models=[]), None)


class TestConfigured:
    @pytest.fixture
    def jp_server_config(self) -> dict[str, Any]:
        own = model("openai:qwen3", base_url="http://127.0.0.1:9/v1", api_key="".join(("hid", "den")))
        return {"DesiruExtension": {"models": ["local", own], "max_runs": 3, "max_body": 100, "heartbeat": 0.5}}

    def test_the_servers_configuration_is_the_endpoints(self, web):
        extension = web.extension
        assert (extension.max_runs, extension.max_body, extension.heartbeat) == (3, 100, 0.5)
        assert allowed(extension, "qwen3") == "qwen3"
        assert web.ask(question(inputs={"question": "x" * 100})).code == 413
        assert "hidden" not in repr(extension.config)


class Named(IdentityProvider):
    """Knows its users by the name in a header."""

    def get_user(self, handler: Any) -> User | None:
        handler._token_authenticated = True
        return User(handler.request.headers["X-Name"])


class TestNamedUsers:
    @pytest.fixture
    def jp_server_config(self) -> dict[str, Any]:
        return {"ServerApp": {"identity_provider_class": Named}, "DesiruExtension": {"max_runs": 1}}

    def test_each_user_has_places_of_his_own(self, web):
        slow, quick = made("slow", "quick")
        slow.chunks = [Gate()]
        web.allow(quick, slow)

        async def crowd() -> list[int]:
            async with web.sent(asking(model="slow"), X_Name="ann") as (reader, _):
                await reader.readuntil(b"\r\n\r\n")
                options = {"method": "POST", "body": asking(), "raise_error": False}
                answers = [await web.fetch(*PATH, headers={"X-Name": name}, **options) for name in ("ann", "bob")]
            return [answer.code for answer in answers]

        assert web.run(crowd()) == [429, 200]


def test_the_first_question_finds_its_provider_without_holding_up_the_server(web, monkeypatch):
    asked = []
    resolve = config.resolve
    monkeypatch.setattr(
        "desiru_notebook.answering.resolve", lambda wanted: asked.append(threading.current_thread()) or resolve(wanted)
    )
    web.allow(Scripted(["42"]))
    assert read([web.ask(question()).body]).done
    assert asked
    assert threading.main_thread() not in asked


def test_the_endpoint_costs_a_server_neither_a_screen_nor_a_client():
    heavy = ["IPython", "anywidget", "ipywidgets", "openai", "httpx2", "xllamacpp"]
    script = f"import sys, desiru_notebook.frontends.server; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_what_a_page_exports_as_markdown_has_answers_without_their_stylesheets(web):
    html = as_html(Prediction({"answer": "Rayleigh"}))
    output = nbformat.v4.new_output("display_data", data={"text/html": html, "text/plain": "Answer: Rayleigh"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("%%desiru a -> b", outputs=[output])])
    nbformat.write(notebook, Path(web.app.root_dir) / "sky.ipynb")
    page = web.run(web.fetch("nbconvert", "markdown", "sky.ipynb")).body.decode()
    assert "<style>" not in page
    assert "<b>answer</b></div>\n<blockquote><p>Rayleigh</p>" in page
    assert "<style>" in web.run(web.fetch("nbconvert", "html", "sky.ipynb")).body.decode()
