"""What all tests share.

No test reaches the network: pytest-socket refuses every connection of this process to anything but loopback, loudly, with
``SocketConnectBlockedError`` (Unix sockets stay allowed: event loops and kernels are made of them). Model services are a
process of the tests' own, see :mod:`mock_provider`. No test sees the user's keys, settings or configured model either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from mock_provider import MockProvider, mock_provider
from replaying import SHARED, Replay, replay

from desiru_notebook import config, recording

# What the environment may say of a service: whose, or what.
SERVICES = (
    "OPENAI_",
    "ANTHROPIC_",
    "GEMINI_",
    "GOOGLE_",
    "AWS_",
    "AZURE_",
    "CO_API_",
    "SNOWFLAKE_",
    "DESIRU_MOD",
    "DESIRU_RECORDING",
)
KEYS = ("_API_KEY", "_TOKEN")

# A machine under load is no fault of the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="run the browser tests in every Jupyter environment, made on first use")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-socket reads its options."""
    config.option.allow_hosts = "127.0.0.1,::1"
    config.option.allow_unix_socket = True


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, no proxy and no setting of the person who runs the tests; what a test configures ends with it."""
    for name in list(os.environ):
        if name.startswith(SERVICES) or name.endswith(KEYS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(config, "_defaults", {})
    monkeypatch.setattr(config, "_models", {})
    monkeypatch.setattr(recording, "_stack", [])
    monkeypatch.setattr(recording, "_of_environment", {})


@pytest.fixture(scope="session")
def _service() -> Iterator[MockProvider]:
    with mock_provider() as service:
        yield service


@pytest.fixture
def service(_service: MockProvider) -> MockProvider:
    """The model service, one process for the whole session, with an empty log."""
    _service.clear()
    return _service


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of recordings beside the checkout. Nothing but the tests that ask for it depend on it."""
    if not SHARED.is_dir():
        pytest.skip("there is no folder of recordings beside this checkout")
    return SHARED


@pytest.fixture
def shared(shared_folder: Path) -> Path:
    """The same, for one test."""
    return shared_folder


@pytest.fixture(scope="session")
def replayed(shared_folder: Path) -> Iterator[Replay]:
    """The server that replays the recordings with faults, one process for the whole session."""
    with replay(shared_folder) as server:
        yield server
