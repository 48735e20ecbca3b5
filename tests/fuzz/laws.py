"""What holds at the end of every run, whatever its model has said."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout, suppress

from feeding import ended, joined

from desiru_notebook import DesiruError, Run, RunEnd
from desiru_notebook.__main__ import _print_all
from desiru_notebook.events import Event
from desiru_notebook.frontends.html import prediction_bundle
from desiru_notebook.providers import Usage

PATIENCE = 20  # seconds
MOST = 2**53  # tokens


def check_end(run: Run) -> dict[str, str]:
    """Wait for the end, and check everything that holds then, however the run ends; returns its texts."""
    with suppress(DesiruError):
        run.result(timeout=PATIENCE)
    events = run.log.since(0)
    assert run.state in ("done", "cancelled", "failed")
    assert isinstance(events[-1], RunEnd)
    assert run.error is None or run.error.__cause__ is None, "an error of Python's own, in ours"
    check_texts(run, events)
    check_stats(run)
    assert repr(run.partial)
    prediction_bundle(run.partial, str(run.error or ""))
    assert printed(events)[-1]["type"] == "run_end"
    return run.texts()


def check_texts(run: Run, events: list[Event]) -> None:
    """The joined deltas are the final text."""
    texts = run.texts()
    assert joined(events) == {name: text for name, text in texts.items() if text}
    assert all(texts[name].startswith(text) for name, text in ended(events).items())
    assert run.state != "done" or ended(events) == texts


def check_stats(run: Run) -> None:
    """Every figure is one."""
    stats = run.stats
    usage = stats.usage or Usage()
    counts = (stats.tokens, usage.input_tokens, usage.output_tokens, usage.total_tokens)
    assert all(count is None or 0 <= count <= MOST for count in counts)
    assert stats.tokens_per_second is None or stats.tokens_per_second >= 0


def printed(events: list[Event]) -> list[dict]:
    """What ``--json`` prints of them."""
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as out:
        _print_all(events)
    return [json.loads(line) for line in out.buffer.getvalue().decode().splitlines()]
