"""Makes docs/faults.md: every fault of the replay server against four APIs, those made by hand, and what became of each run.

``scripts/tables`` runs it. It needs the recordings and the replay server that lie beside this checkout.
"""

from __future__ import annotations

import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from faulty import CHOSEN, FAULTS, Fault
from handmade import FAULTS as HANDMADE
from handmade.measured import Outcome as Became
from handmade.measured import happen
from hostile_service import hostile_service
from replaying import Outcome, Recording, Replay, recordings, replay

from desiru_notebook import FieldDelta, Run

PAGE = Path(__file__).with_name("faults.md")
CANCELS = 25  # for each API
HEAD = """# What a fault does

Made by `scripts/tables`: do not edit. Real recorded streams, served by a server that breaks them; {models}.
*Raised* is the error that the run ends with, *after* the seconds until then, *kept* the part of the model's words (text and
reasoning) which the server had sent and the run still has, *doubled* the characters that are there twice, *asked* the requests
that were made. {limits}

"""
BY_HAND = """## Faults made by hand

What random bytes do not find: each on a real service, file or process, in a process of its own, beside a well-behaved run that
says a word every 2 ms. *Kept* is what is left of the text that came before the fault, *pause* the longest one between two words
of the other run, *memory* by how much the most that the process held has grown.

| about | fault | it ends with | after | kept | pause | memory |
|---|---|---|---|---|---|---|
"""
LIMITS = "Time limits are 1 s here, not 60, 30 and 600 s; a retry waits 0.5 s, then 1 s, or as long as the service wants."


def main() -> None:
    """Run every fault, and write the page."""
    found = {recording.id: recording for recording in recordings()}
    chosen = {api: found[name] for api, name in CHOSEN.items()}
    with replay() as server:
        rows = [row for fault in FAULTS for row in fault_rows(fault, chosen, server)]
        by_hand = list(handmade_rows())
        figures = [*cancel_rows(chosen, server), *stall_rows(list(found.values()), server)]
    models = ", ".join(f"`{api}` {recording.said['provider']}'s {recording.said['model']}" for api, recording in chosen.items())
    table = ["| fault | API | raised | after | kept | doubled | asked |", "|---|---|---|---|---|---|---|", *rows]
    lines = [*table, "", BY_HAND + "\n".join(by_hand), "", *figures]
    PAGE.write_text(HEAD.format(models=models, limits=LIMITS) + "\n".join(lines) + "\n", encoding="utf-8")


def fault_rows(fault: Fault, chosen: dict[str, Recording], server: Replay) -> Iterator[str]:
    for api, recording in chosen.items():
        outcome = server.run(recording, fault.options, **fault.settings)
        raised = f"`{type(outcome.error).__name__}`" if outcome.error else "the whole answer" + note(outcome)
        kept, doubled = words(fault, recording, outcome)
        row = f"| {fault.words} | {api} | {raised} | {outcome.seconds:.2f} s | {kept} | {doubled} | {len(outcome.requests)} |"
        print(row, file=sys.stderr)
        yield row


def note(outcome: Outcome) -> str:
    """What the run tells its reader beside the answer."""
    told = [] if outcome.run.stats.streamed else ["came at once"]
    told += [notice.replace("\ufffd", "U+FFFD") for notice in outcome.run.stats.notices]
    return f" ({'; '.join(told)})" if told else ""


def words(fault: Fault, recording: Recording, outcome: Outcome) -> tuple[str, str]:
    """How much of what was sent is kept, and how much stands there twice."""
    if "endless" in fault.options:
        return "all that was read", "-"  # the recording's words over and over
    expected, got = "".join(fault.expected(recording, outcome)), "".join(outcome.words)
    if not expected:
        return "nothing was sent", str(len(got))
    same = next((at for at, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), min(len(expected), len(got)))
    return f"{same / len(expected):.0%}", str(max(0, len(got) - len(expected)))


def handmade_rows() -> Iterator[str]:
    with hostile_service() as url:
        for fault in HANDMADE:
            row = handmade_row(fault.about, fault.words, happen(fault, url))
            print(row, file=sys.stderr)
            yield row


def handmade_row(about: str, words: str, became: Became) -> str:
    raised = f"`{became.raised}`" if became.raised.isidentifier() else became.raised
    figures = f"{became.kept} | {became.pause * 1000:.0f} ms | {became.memory:.0f} MB"
    return f"| {about} | {words} | {raised} | {became.seconds:.2f} s | {figures} |"


def cancel_rows(chosen: dict[str, Recording], server: Replay) -> Iterator[str]:
    yield from (
        "## From a cancel to the closed socket",
        "",
        f"{CANCELS} runs for each of the four APIs, at 50 events a second.",
        "",
    )
    yield from ("| the user's code | median | 95th percentile | longest |", "|---|---|---|---|")
    for what, during in {"waits": waiting, "sleeps in `time.sleep`": sleeping, "computes without a pause": computing}.items():
        taken = sorted(cancelled(server, recording, during) for recording in chosen.values() for _ in range(CANCELS))
        p95 = taken[int(len(taken) * 0.95)]
        yield f"| {what} | {statistics.median(taken) * 1000:.0f} ms | {p95 * 1000:.0f} ms | {taken[-1] * 1000:.0f} ms |"


def cancelled(server: Replay, recording: Recording, during: Callable[[Run], float]) -> float:
    """Seconds from a cancel until the server has seen its client go."""
    module, name = server.module(recording, "fault=endless~rate=50")
    run = module.stream(question="Why?")
    next(event for event in run if isinstance(event, FieldDelta))
    at = during(run)
    return float(server.until_gone(name)["client_gone_at"]) - at


def waiting(run: Run) -> float:
    at = time.time()
    run.cancel()
    run.join()
    return at


def sleeping(run: Run) -> float:
    return from_another_thread(run, lambda: time.sleep(0.3))


def computing(run: Run) -> float:
    until = time.monotonic() + 0.3

    def compute() -> None:
        while time.monotonic() < until:
            sum(range(1000))

    return from_another_thread(run, compute)


def from_another_thread(run: Run, busy: Callable[[], None]) -> float:
    """Cancel after 0.1 s, while this thread is busy."""
    at: list[float] = []
    timer = threading.Timer(0.1, lambda: (at.append(time.time()), run.cancel()))
    timer.start()
    busy()
    timer.join()
    return at[0]


def stall_rows(found: list[Recording], server: Replay) -> Iterator[str]:
    """What a server may send to a reader that has stopped."""
    taken = [stalled(server, recording) for recording in found if recording.said["expected_text"]]
    sent = [count for count in taken if count]
    yield from ("", "## What a server may send to a reader that has stopped", "")
    yield f"{len(sent)} recordings, their text over and over as fast as it is taken; the reader stops after the first delta."
    yield ""
    yield from ("| median | most |", "|---|---|", f"| {statistics.median(sent) / 1000:.0f} KB | {max(sent) / 1000:.0f} KB |")


def stalled(server: Replay, recording: Recording) -> int:
    module, name = server.module(recording, "fault=endless~rate=0", timeout=None)
    run = module.stream(question="Why?")
    events = iter(run)
    if not any(isinstance(event, FieldDelta) for event in events):
        return 0  # what is sent over and over has no text in it
    sent = -1
    while (now := server.log(name)[-1]["bytes_sent"]) != sent:
        sent = now
        time.sleep(0.3)
    run.cancel()
    return sent


if __name__ == "__main__":
    main()
