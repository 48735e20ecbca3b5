"""From a fresh clone to the first streamed token: ``scripts/demo --terminal`` in a new folder with an empty cache."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def table() -> str:
    """Seconds from the start of ``git clone`` to the first token, and to the whole answer."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        first, last = _run(clone, Path(folder) / "cache", start)
    return (
        "\n| `scripts/demo --terminal` on a fresh clone | |\n|---|---|\n"
        f"| to the first token | {first:.0f} s |\n| to the whole answer | {last:.0f} s |"
    )


def _run(clone: Path, cache: Path, start: float) -> tuple[float, float]:
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    command = [str(clone / "scripts" / "demo"), "--terminal"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        seen = b""
        while b"Reasoning:" not in seen:
            piece = os.read(process.stdout.fileno(), 4096)
            assert piece, f"the demo ended without a token: {seen!r}"
            seen += piece
        first = time.perf_counter() - start
        process.stdout.read()
        assert process.wait() == 0
    return first, time.perf_counter() - start
