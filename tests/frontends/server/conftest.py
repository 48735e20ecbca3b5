"""A Jupyter server inside the test's own process, made by pytest-jupyter, and clients of its endpoint."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jupyter_core.utils import ensure_event_loop
from jupyter_server.serverapp import ServerApp
from mock_provider import MockProvider
from models import PATIENCE

# Its plugin would take over every asynchronous test of the session: only its fixtures are wanted, and only here.
from pytest_jupyter.jupyter_core import (  # noqa: F401 - fixtures
    echo_kernel_spec,
    jp_config_dir,
    jp_data_dir,
    jp_env_config_path,
    jp_env_jupyter_path,
    jp_environ,
    jp_home_dir,
    jp_kernel_dir,
    jp_runtime_dir,
    jp_system_config_path,
    jp_system_jupyter_path,
)
from pytest_jupyter.jupyter_server import (  # noqa: F401 - fixtures
    jp_argv,
    jp_auth_header,
    jp_base_url,
    jp_configurable_serverapp,
    jp_fetch,
    jp_http_port,
    jp_logging_stream,
    jp_nbconvert_templates,
    jp_root_dir,
    jp_serverapp,
    jp_template_dir,
    jp_web_app,
)
from pytest_jupyter.pytest_tornasync import http_server, http_server_client, http_server_port  # noqa: F401 - fixtures
from tornado.httpclient import HTTPResponse

from desiru_notebook.frontends.server import DesiruExtension

from .answers import question
from .jupyter import Jupyter, jupyter

PATH = ("desiru", "stream", "complete")
# The models of the real server; the first one answers a question that names none.
QUICK, FAST, PACED, LONG, FLOOD = "words-20-0", "words-2000-0", "words-100-100", "words-20000-200", "quads-200000-0"
SILENT, CUT, REFUSED = "wait-60-4-0", "cut-40", "status-401"


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, _service: MockProvider) -> Iterator[Jupyter]:
    """A real server in a process of its own."""
    names = [QUICK, FAST, PACED, LONG, FLOOD, SILENT, CUT, REFUSED]
    with jupyter(tmp_path_factory.mktemp("jupyter"), _service.base_url, names) as server:
        yield server


@pytest.fixture
def jp_asyncio_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The server's loop: it runs while a test's own coroutine does. pytest-asyncio's has nothing to do with it."""
    loop = ensure_event_loop(prefer_selector_loop=True)
    yield loop
    loop.close()


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """What stands in the server's configuration; a test may replace it."""
    return {}


@pytest.fixture
def web(
    jp_server_config: dict[str, Any],
    jp_asyncio_loop: asyncio.AbstractEventLoop,
    request: pytest.FixtureRequest,
) -> Iterator[Web]:
    """A server with the endpoint, and no model yet."""
    jp_server_config.setdefault("ServerApp", {})["jpserver_extensions"] = {"desiru_notebook": True}
    fetch = request.getfixturevalue("jp_fetch")
    app = request.getfixturevalue("jp_serverapp")
    yield Web(jp_asyncio_loop, app, fetch)
    jp_asyncio_loop.run_until_complete(app._cleanup())
    app.kernel_manager.context.destroy()
    ServerApp.clear_instance()


class Web:
    """The server, seen from its owner's side and from a client's."""

    def __init__(self, loop: asyncio.AbstractEventLoop, app: ServerApp, fetch: Callable[..., Any]) -> None:
        self._loop, self.app, self.fetch = loop, app, fetch
        (point,) = app.extension_manager.extensions["desiru_notebook"].extension_points.values()
        self.extension: DesiruExtension = point.app
        self.token = str(app.identity_provider.token)
        self.path = app.base_url + "/".join(PATH)

    def run(self, awaited: Awaitable[Any]) -> Any:
        """Let the server live until this is there."""
        return self._loop.run_until_complete(asyncio.wait_for(awaited, PATIENCE))

    def allow(self, *models: Any) -> None:
        """Let clients use these models, and no other."""
        self.extension.models = list(models)

    def ask(self, body: Any = None, **options: Any) -> HTTPResponse:
        """A request and its whole answer; a body that is no text is sent as JSON."""
        text = body if isinstance(body, (str, bytes, type(None))) else json.dumps(body)
        options = {"method": "GET" if body is None else "POST", "raise_error": False} | options
        return self.run(self.fetch(*PATH, body=text, **options))

    @asynccontextmanager
    async def sent(
        self, body: bytes, *, method: str = "POST", version: str = "1.1", **headers: str
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection on which a question was sent; it is closed at the end, whatever is still to come."""
        lines = {"Host": "127.0.0.1", "Authorization": f"token {self.token}", "Content-Length": str(len(body))} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        reader, writer = await asyncio.open_connection("127.0.0.1", self.app.port)
        try:
            writer.write(f"{method} {self.path} HTTP/{version}\r\n{head}\r\n".encode() + body)
            yield reader, writer
        finally:
            writer.close()


def asking(**changes: Any) -> bytes:
    """The bytes of a question."""
    return json.dumps(question(**changes)).encode()
