"""States and figures as words, the same in every view (``js/src/status.ts`` says them for the live widget)."""

from __future__ import annotations

import json
from typing import Any

from ..markdown.policy import visible
from ..stats import Stats

AT_ONCE = "came at once"
SYMBOLS = {"pending": "\u25cb", "streaming": "\u25cf", "done": "\u2713", "cancelled": "\u25a0", "failed": "\u2715"}


def figures(stats: Stats) -> str:
    """``1.2 s \u00b7 first token 240 ms \u00b7 41 tokens/s \u00b7 38 tokens``; what is not known yet is left out."""
    tokens = counted(stats)
    parts = [
        seconds(stats.duration),
        *(_pace(stats) if stats.streamed else [_whole(stats)]),
        f"{tokens:,} token{'' if tokens == 1 else 's'}" if tokens else "",
        _attempts(stats),
    ]
    return " \u00b7 ".join(part for part in parts if part)


FIGURES_STREAM = "metadata"  # the name of the stream in which a cell has that line: nbval leaves that name out


def figures_line(stats: Stats) -> str:
    """Figures and model on one line."""
    return " \u00b7 ".join(part for part in (figures(stats), visible(stats.model)) if part)


def page_figures(stats: Stats) -> dict[str, Any]:
    """The figures as the page's script takes them (``js/src/types.ts``)."""
    return {
        "duration": stats.duration,
        "ttft": stats.ttft,
        "tokens": counted(stats),
        "tokens_per_second": stats.tokens_per_second,
        "streamed": stats.streamed,
        "attempts": stats.attempts,
    }


def came_at_once(stats: Stats) -> bool:
    """Whether there is an answer, and it came in one piece."""
    return not stats.streamed and stats.ttft is not None


def counted(stats: Stats) -> int:
    """The tokens as far as they are known: the one piece of an answer that came at once is no count of them."""
    told = stats.usage is not None and stats.usage.output_tokens
    return stats.tokens if stats.streamed or told else 0


def again(attempt: int, reason: str) -> str:
    """What is said while a request is made again."""
    return f"Attempt {attempt}: {reason}"


def seconds(duration: float) -> str:
    """``1.2 s``, ``2 min 05 s``"""
    if duration < 59.95:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02} s"


def latency(duration: float) -> str:
    """``240 ms``, ``1.3 s``"""
    return f"{duration * 1000:.0f} ms" if duration < 0.9995 else seconds(duration)


def value_text(value: Any) -> str:
    """A field's value as a reader wants it: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    if hasattr(value, "model_dump_json"):
        return str(value.model_dump_json(indent=2))
    return json.dumps(value, ensure_ascii=False, default=_as_data)


def _pace(stats: Stats) -> list[str]:
    """How fast a stream comes."""
    rate = stats.tokens_per_second
    return [
        "waiting for the first token" if stats.ttft is None and stats.state == "pending" else "",
        "" if stats.ttft is None else f"first token {latency(stats.ttft)}",
        "" if rate is None else f"{rate:,.0f} tokens/s" if rate >= 9.95 else f"{rate:.1f} tokens/s",
    ]


def _whole(stats: Stats) -> str:
    """The same for an answer in one piece, which has no pace."""
    return AT_ONCE if came_at_once(stats) else "waiting for the answer" if stats.state == "pending" else ""


def _attempts(stats: Stats) -> str:
    """Nothing of one attempt, which is what everybody expects."""
    if stats.attempts == 1:
        return ""
    return f"attempt {stats.attempts}" if stats.state in ("pending", "streaming") else f"{stats.attempts} attempts"


def _as_data(value: Any) -> Any:
    """What JSON has no word for: pydantic models, dataclasses and such as their fields."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=str)
