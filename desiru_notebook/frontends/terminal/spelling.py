"""Text for an output whose encoding has not every character: a pipe in Windows, a machine without a locale."""

from __future__ import annotations

import sys
from typing import TextIO

_SIGNS = str.maketrans(
    {
        "\u00b7": "-", "\u2013": "-", "\u2014": "--", "\u2026": "...",
        "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
        "\u25cb": "o", "\u25cf": "*", "\u2713": "+", "\u25a0": "#", "\u2715": "x",
    }
)  # fmt: skip


def spelled(text: str, encoding: str) -> str:
    """The text as this encoding can write it: with simpler signs, and other characters as Python's escapes, ``\\u65e5``."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_SIGNS).encode(encoding, "backslashreplace").decode(encoding)
    return text


def write(text: str, output: TextIO | None = None) -> None:
    """Write the text to an output, the standard one if none is given, at once."""
    output = output or sys.stdout
    output.write(spelled(text, output.encoding or "utf-8"))
    output.flush()
