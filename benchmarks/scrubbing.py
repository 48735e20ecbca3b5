"""Hiding keys and prompts in long texts that were made to take long: what 1 MB takes, and how that grows from 10 KB.

``python -m benchmarks.scrubbing`` prints this table alone. CPU is the least of three; its exponent is 1 where twice the text
takes twice as long.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from desiru_notebook import Text
from desiru_notebook.providers.scrubbing import keys_in, scrub
from desiru_notebook.redaction import redacted

SMALL, LARGE = 10_000, 1_000_000  # characters
_PIECES = (
    "eyJ-",
    "eyJabcdefgh.eyJ-",
    "hf-",
    "token=",
    "Bearer ",
    "://a:",
    "SG.aaaaaaaaaaaaaaaa",
    "-----BEGIN A",
    "aA1",
    "word ",
)
_PROMPTS = ("a", "a b", "abcdefgh", "falcons\n", "The falcon nests here. ")


def table() -> str:
    """A row for each of the searches, with the text that takes longest and the one that grows most."""
    searches: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
        "keys in a text": (keys_in, _PIECES),
        "keys in an answer of many pieces": (_redact, ("sk-proj-abcdef123 ", *_PIECES)),
        "a prompt of that length in an error": (lambda prompt: scrub(prompt[:2000], [prompt]), _PROMPTS),
    }
    rows = [_row(name, *search) for name, search in searches.items()]
    return "\n| 1 MB, made to take long | CPU at most | exponent at most |\n|---|---|---|\n" + "\n".join(rows)


def _redact(text: str) -> object:
    return redacted([(0.0, [Text(text[at : at + 16]) for at in range(0, len(text), 16)])])


def _row(name: str, search: Callable[[str], object], pieces: tuple[str, ...]) -> str:
    found = {piece: (_cpu(search, piece, SMALL), _cpu(search, piece, LARGE)) for piece in pieces}
    slowest = max(found, key=lambda piece: found[piece][1])
    exponents = {piece: math.log(large / small, LARGE / SMALL) for piece, (small, large) in found.items()}
    steepest = max(exponents, key=exponents.__getitem__)
    return f"| {name} | {found[slowest][1]:.2f} s (`{slowest!r}`) | {exponents[steepest]:.2f} (`{steepest!r}`) |"


def _cpu(search: Callable[[str], object], piece: str, length: int) -> float:
    text = (piece * (length // len(piece) + 1))[:length]
    times = []
    for _ in range(3):
        began = time.process_time()
        search(text)
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    print(table(), flush=True)
