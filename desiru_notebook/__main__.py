"""``python -m desiru_notebook SIGNATURE [TEXT] [--model M] [--json] [name=value ...]``: one answer in a terminal.

``python -m desiru_notebook export NOTEBOOK [--out FILE]``: a notebook's answers as one page.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence

from .errors import DesiruError, InputError
from .events import Event, event_to_dict
from .modules import StreamingModule
from .run import Run
from .signature import Signature

_BAD_USE, _FAILED, _INTERRUPTED, _UNHEARD = 2, 1, 130, 141  # the last two as shells count signals


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 for a failed run, 2 for bad use, 130 for Ctrl-C, 141 for a closed pipe."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["export"]:
        return _export(words[1:])
    options = _parser().parse_intermixed_args(words)  # options may stand between signature and inputs
    try:
        signature = Signature(options.signature)
        show = _print_events if options.json else _painter()
        run = StreamingModule(signature, model=options.model).stream(**_inputs(signature, options.inputs))
    except DesiruError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return _BAD_USE
    except KeyboardInterrupt:  # while the input was read, or rich was loaded
        return _INTERRUPTED
    try:
        show(run)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # the reader has heard enough, as in `... | head -1`
        run.cancel()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python flushes stdout once more at its end
        return _UNHEARD
    return _FAILED if run.state == "failed" else 0


def _export(words: Sequence[str]) -> int:
    from .frontends.export import main

    return main(words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m desiru_notebook",
        description="Ask a model and watch it answer, in the terminal.",
        epilog="'export NOTEBOOK' writes a notebook's answers as one page that replays them: see 'export --help'.",
    )
    parser.add_argument("signature", metavar="SIGNATURE", help="such as 'question -> reasoning, answer'")
    parser.add_argument("inputs", metavar="TEXT | name=value", nargs="*", help="the inputs; '-' reads one from stdin")
    parser.add_argument("-m", "--model", help="such as local (the default) or openai:gpt-5-mini")
    parser.add_argument("--json", action="store_true", help="print one event a line")
    return parser


def _inputs(signature: Signature, words: Sequence[str]) -> dict[str, str]:
    """``name=value`` for a name of the signature gives that input; one other word gives the one that is left."""
    given: dict[str, str] = {}
    texts: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if name in given:
            raise InputError(f"The input {name!r} stands twice.")
        if equals and name in signature.inputs:
            given[name] = value
        else:
            texts.append(word)
    return given | _text(signature, given, texts)


def _text(signature: Signature, given: dict[str, str], texts: list[str]) -> dict[str, str]:
    left = [name for name in signature.inputs if name not in given]
    if not texts and len(left) == 1 and not sys.stdin.isatty():
        texts = ["-"]
    if not texts:
        return {}
    if len(texts) > 1 or len(left) != 1:
        names = " ".join(f"{name}=..." for name in signature.inputs)
        raise InputError(f"'{signature}' takes {names}; one text without a name is understood where one input is left.")
    text = sys.stdin.read().strip() if texts[0] == "-" else texts[0]
    if not text.strip():
        raise InputError(f"The input {left[0]!r} is empty: write it after the signature, in quotes.")
    return {left[0]: text}


def _print_events(run: Run) -> None:
    events = iter(run)
    try:
        _print_all(events)
    except KeyboardInterrupt:
        run.cancel()  # for it may have come between two waits
        _print_all(events)
        raise


def _print_all(events: Iterable[Event]) -> None:
    for event in events:  # in printable ASCII: any encoding can write that, and a terminal only shows it
        print(json.dumps(event_to_dict(event)).replace("\x7f", "\\u007f"), flush=True)


def _painter() -> Callable[[Run], None]:
    """What draws the panes. It is loaded before the run begins: Ctrl-C in the midst of that would leave files open."""
    from .frontends.terminal import draw

    def paint(run: Run) -> None:
        draw(run)
        if run.state == "failed":
            try:
                run.result()
            except DesiruError as error:
                print(f"{type(error).__name__}: {error}", file=sys.stderr)

    return paint


if __name__ == "__main__":
    sys.exit(main())
