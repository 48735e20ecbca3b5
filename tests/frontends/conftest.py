"""A real IPython shell, as a terminal has it, and what a real kernel of the tests' own needs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from kernels import OLDER, SETUP, Kernel, jupyter_folders, older_ipykernel, on_path, running_kernel
from traitlets.config import Config

from desiru_notebook import portal


@pytest.fixture(scope="session")
def _one_shell() -> Iterator[InteractiveShell]:
    config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}})
    shell = InteractiveShell.instance(config=config)
    yield shell
    InteractiveShell.clear_instance()


@pytest.fixture
def bare_shell(_one_shell: InteractiveShell) -> Iterator[InteractiveShell]:
    """The shell with nothing in it."""
    _one_shell.user_ns.clear()  # what reset() does, without its 0.2 s of collecting garbage
    _one_shell.init_user_ns()
    _one_shell.execution_count = 1
    yield _one_shell
    if "desiru_notebook" in _one_shell.extension_manager.loaded:
        _one_shell.extension_manager.unload_extension("desiru_notebook")
    portal.set_waiter(None)


@pytest.fixture
def shell(bare_shell: InteractiveShell) -> InteractiveShell:
    """The shell after ``%load_ext desiru_notebook``."""
    bare_shell.run_line_magic("load_ext", "desiru_notebook")
    return bare_shell


@pytest.fixture(scope="session")
def kernel_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a kernel: the tests' modules on its path, nobody's settings, folders of its own."""
    home = tmp_path_factory.mktemp("kernel")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "DESIRU_", "JUPYTER_"))}
    path = os.pathsep.join([str(Path(__file__).resolve().parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    return kept | jupyter_folders(home) | {"PYTHONPATH": path}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "every_ipykernel: runs in a kernel of each version of ipykernel, with --all")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What rests on ipykernel's inner parts is asked of each version; what rests on that, of the installed one."""
    if "ipykernel" in metafunc.fixturenames:
        every = metafunc.definition.get_closest_marker("every_ipykernel") and metafunc.config.getoption("--all")
        versions = ["", *OLDER] if every else [""]
        metafunc.parametrize("ipykernel", versions, indirect=True, scope="module", ids=lambda name: name or "newest")


@pytest.fixture(scope="module")
def ipykernel(request: pytest.FixtureRequest, kernel_environment: dict[str, str]) -> dict[str, str]:
    """The environment of a kernel with this version of ipykernel; nothing stands for the installed one."""
    return on_path(kernel_environment, older_ipykernel(request.param)) if request.param else kernel_environment


@pytest.fixture(scope="module")
def _one_kernel(ipykernel: dict[str, str]) -> Iterator[Kernel]:
    with running_kernel(ipykernel) as kernel:
        yield kernel


@pytest.fixture
def kernel(_one_kernel: Kernel) -> Iterator[Kernel]:
    """A kernel, the extension loaded; at the end it is at rest, and there is no answer that a test has not looked at."""
    _one_kernel.published.clear()
    _one_kernel.run(SETUP)
    yield _one_kernel
    if not _one_kernel.is_at_rest():
        _one_kernel.restart()  # for the next test
        pytest.fail("The test has left the kernel busy, or an answer unread.")
