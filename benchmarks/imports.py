"""What ``import desiru_notebook`` costs, against bare Python."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
_HEAVY = ("IPython", "anywidget", "ipywidgets", "openai", "httpx", "httpx2", "tornado", "pydantic", "xllamacpp")


def table() -> str:
    """Seconds of a whole process with and without the import, taken in turn, and which heavy modules came along."""
    bare, full = [], []
    for _ in range(RUNS):
        bare.append(_seconds("pass"))
        full.append(_seconds("import desiru_notebook"))
    more = statistics.median(b - a for a, b in zip(bare, full, strict=True))
    return (
        "\n| import | median of " + str(RUNS) + " |\n|---|---|\n"
        f"| bare Python | {statistics.median(bare):.3f} s |\n"
        f"| `import desiru_notebook` | + {more:.3f} s |\n"
        f"| heavy modules loaded by it | {_loaded() or 'none'} |"
    )


def _seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def _loaded() -> str:
    code = f"import sys, desiru_notebook; print(*[name for name in {_HEAVY!r} if name in sys.modules])"
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
