"""The Jupyter environments in which the browser tests run: what they are, and what makes one ready.

The first is the one that the tests themselves run in. The others are folders in the checkout, made on first use.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parents[2]
Settings = Mapping[str, Mapping[str, Any]]  # JupyterLab's: of a plugin's name to what is set


@dataclass(frozen=True)
class Venv:
    """A folder with a Python of its own, with this checkout and some packages in it."""

    name: str
    packages: tuple[str, ...]

    def python(self) -> Path:
        """Its interpreter; the first call of a session sees to what is installed."""
        return _made(self)


@dataclass(frozen=True)
class Environment:
    """A Jupyter application with a kernel, and how they are set."""

    name: str
    words: str
    app: Literal["lab", "notebook"] = "lab"
    venv: Venv | None = None  # the tests' own
    settings: Settings = field(default_factory=dict, compare=False)

    def python(self) -> Path:
        """The interpreter of its server and of its kernels, ready to be used."""
        return Path(sys.executable) if self.venv is None else self.venv.python()


# Whoever tests another front end that needs no JupyterLab of its own takes it from here too.
NEWEST = Venv(
    "newest", ("notebook==7.6.*", "ipykernel==7.4.*", "voila==0.5.*", "marimo==0.25.*", "papermill==2.*", "jupytext==1.*")
)
_LAB_42 = Venv("lab-4.2", ("jupyterlab==4.2.*", "ipykernel==6.29.*"))
_IPYKERNEL_631 = Venv("lab-ipykernel-6.31", ("jupyterlab==4.6.*", "ipykernel==6.31.*"))
_NO_SUBSHELLS = {"@jupyterlab/apputils-extension:kernels-settings": {"commsOverSubshells": "disabled"}}

LAB = Environment("lab", "JupyterLab 4.6 as it comes: comm messages go to a subshell of ipykernel 7.4")
ENVIRONMENTS = (
    LAB,
    Environment("lab-without-subshells", "the same, but comm messages go where the cells go", settings=_NO_SUBSHELLS),
    Environment("notebook", "Notebook 7.6, ipykernel 7.4", app="notebook", venv=NEWEST),
    Environment("lab-4.2", "JupyterLab 4.2, ipykernel 6.29, which has no subshells", venv=_LAB_42),
    Environment("lab-ipykernel-6.31", "JupyterLab 4.6, ipykernel 6.31, which has no subshells", venv=_IPYKERNEL_631),
)


def versions(python: Path, packages: list[str]) -> str:
    """What is installed beside this Python, and what it is itself."""
    ask = "import sys, platform, importlib.metadata as m; print(*map(m.version, sys.argv[1:]), platform.python_version())"
    told = subprocess.run([python, "-c", ask, *packages], capture_output=True, text=True, check=True).stdout.split()
    return ", ".join(f"{name} {version}" for name, version in zip([*packages, "Python"], told, strict=True))


def make_all() -> None:
    """Make every environment that is not the tests' own, before somebody waits for one."""
    for venv in (NEWEST, _LAB_42, _IPYKERNEL_631):
        venv.python()


@functools.cache
def _made(venv: Venv) -> Path:
    folder = ROOT / ".venvs" / venv.name
    install = [str(ROOT / "scripts" / "install"), "server", *venv.packages]
    subprocess.run(install, env=os.environ | {"VENV": str(folder), "PYTHON": sys.executable}, check=True)
    return folder / "bin" / "python"
