"""The magics: ``%%desiru`` asks a model under the cell, ``%desiru`` shows and changes the settings."""

from __future__ import annotations

import difflib
import re
import sys
from importlib import import_module
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from .. import recording
from ..answering import model_for
from ..config import configure
from ..errors import ConfigError, InputError
from ..modules import StreamingChainOfThought, StreamingModule
from ..prediction import Prediction
from ..run import Run
from . import cells, completion, kernel, tracebacks
from .cellbody import hint, read_inputs
from .options import BEHIND, Options, read_options
from .settings import begin_recording, settings_table
from .tracebacks import one_paragraph

_BARE = "question -> answer"  # the signature of a cell that has none
_CELL_MAGIC = re.compile(r"%%desiru(?:\s|$)")
_EXAMPLE = """The cell is empty. Write what you ask below %%desiru, as in:

    %%desiru question -> reasoning, answer
    Why is the sky blue?"""
_COMMANDS = {"model": "model NAME", "record": "record FILE", "replay": "replay FILE", "off": "off"}


@magics_class
class DesiruMagics(Magics):
    """``%%desiru [options] inputs -> outputs`` and ``%desiru [model NAME | record FILE | replay FILE | off]``."""

    shell: Any  # IPython declares it as optional; magics are never made without one
    _hinted = False  # once in a session is enough

    @no_var_expand
    @line_cell_magic
    def desiru(self, line: str, cell: str | None = None) -> Any:
        """Ask a model and watch it answer.

        ::

            %%desiru [options] inputs -> outputs
            body

        One input: the body is its value. Several: `name: value` blocks in the body. An input that the body does not give is
        the notebook's variable of that name. Without a signature, it is `question -> answer`. The cell's value is the
        prediction; `_run` is the run.

        Options: -m/--model NAME, -o/--out NAME, -b/--background (go on at once: the value is the run), -t/--temperature T,
        --max-tokens N, --timeout SECONDS, --think (adds a field `reasoning`), --instructions TEXT.

        `%desiru` alone shows the settings, `%desiru model NAME` changes the model. `%desiru record [--redact] FILE` records
        every answer from now on, `%desiru replay [--speed N] FILE` answers from such a file, without a model. `%desiru off`
        restores the defaults.
        """
        with one_paragraph():
            return self._command(line) if cell is None else self._ask(line, cell)

    def _ask(self, line: str, cell: str) -> Prediction | Run:
        options = read_options(line)
        if not options.signature and not cell.strip() and "question" not in self.shell.user_ns:
            raise InputError(_EXAMPLE)
        module = _module(options)
        inputs = read_inputs(module.signature, cell, self.shell.user_ns)
        self._hint(module, cell, inputs)
        run = module.stream(**inputs)
        try:
            self.shell.user_ns["_run"] = run
            if options.out is not None:
                _bind_at_end(self.shell, options.out, run)
            return _left(self.shell, run) if options.background else _shown(self.shell, run)
        except KeyboardInterrupt as stop:  # wherever it came: while the view was opened, say
            run.unwind()
            stop.args = ("What there was by then is in `_run.partial`.",)
            raise

    def _hint(self, module: StreamingModule, cell: str, inputs: dict[str, Any]) -> None:
        own = {name: value for name, value in self.shell.user_ns.items() if name not in self.shell.user_ns_hidden}
        if not self._hinted and (text := hint(module.signature, cell, own, inputs)):
            self._hinted = True
            print(text, file=sys.stderr)

    def _command(self, line: str) -> None:
        command, _, rest = line.strip().partition(" ")
        if not command:
            print(settings_table())
        elif command == "model":
            _choose_model(rest.strip())
        elif command in ("record", "replay"):
            begin_recording(command, rest.strip())
        elif command == "off":
            configure(model=None)
            recording.off()
        else:
            close = difflib.get_close_matches(command, _COMMANDS, n=1)
            guess = f" Did you mean %desiru {_COMMANDS[close[0]]}?" if close else ""
            raise ConfigError(
                f"%desiru has no command {command!r}.{guess} It has {', '.join(_COMMANDS.values())}; "
                "to ask a model, write %%desiru with two percent signs and the question below it."
            )


def load(shell: Any) -> None:
    """Register the magics, their completions, and the kernel's way of waiting."""
    shell.register_magics(DesiruMagics)
    for transformer in _TRANSFORMERS:
        if transformer not in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.append(transformer)
    completion.install(shell)
    tracebacks.install(shell)
    if waiter := kernel.install(shell):
        waiter.show_awaited()
        _make_ready()


def _make_ready() -> None:
    """What the first view needs would take most of its time: the modules, and the script on the page."""
    import_module(".outputs", __package__)
    import_module(".script", __package__).script()


def unload(shell: Any) -> None:
    """Take all that away again."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("desiru", None)
    for transformer in _TRANSFORMERS:
        if transformer in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.remove(transformer)
    completion.uninstall(shell)
    tracebacks.uninstall(shell)
    kernel.uninstall()


def _from_magic(lines: list[str]) -> list[str]:
    """Drop comments and empty lines above ``%%desiru``: IPython knows a cell's magic on its first line only."""
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    return lines if first is None or not _CELL_MAGIC.match(lines[first]) else lines[first:]


def _with_body(lines: list[str]) -> list[str]:
    """Give a ``%%desiru`` cell without a body an empty one: IPython would refuse it, though its inputs may be variables."""
    if len(lines) == 1 and _CELL_MAGIC.match(lines[0]):
        return [lines[0].rstrip("\n") + "\n", "\n"]
    return lines


_TRANSFORMERS = (_from_magic, _with_body)
# So that a terminal still waits for the body: IPython leaves such a transformer out when it asks whether a cell is complete.
_with_body.has_side_effects = True  # type: ignore[attr-defined]  # a function of ours, an attribute of IPython's


def _module(options: Options) -> StreamingModule:
    kind = StreamingChainOfThought if options.think else StreamingModule
    return kind(options.signature or _BARE, model=options.model, instructions=options.instructions, **options.settings())


def _bind_at_end(shell: Any, name: str, run: Run) -> None:
    """A run that failed leaves no value behind, as a cell that failed does; what there is of it is in its ``partial``."""

    def bind() -> None:
        if run.state != "failed":
            shell.user_ns[name] = run.partial

    run.add_done_callback(bind)


def _left(shell: Any, run: Run) -> Run:
    """Leave the run to itself. It is the cell's value, and shown as such."""
    if getattr(shell, "kernel", None) is None:
        from .terminal import leave

        leave(run)
    return run


def _shown(shell: Any, run: Run) -> Prediction:
    """Show the run until it is over; the prediction is the cell's value, also of a cancelled run."""
    if getattr(shell, "kernel", None) is None:
        from .terminal import draw

        draw(run, keep=False)
    elif cells.is_captured(shell):
        _show_at_end(run)
    else:
        _show_in_notebook(shell, run)
    return run.partial if run.state == "cancelled" else run.result()


def _show_at_end(run: Run) -> None:
    """Show nothing but what is left of it: the cell's output is captured."""
    from .display import show_saved

    try:
        run.join()
    except KeyboardInterrupt:
        run.unwind()
        show_saved(run)
        raise
    if run.state == "failed":
        show_saved(run)


def _show_in_notebook(shell: Any, run: Run) -> None:
    """Live while it lives; then the value, or what there is of it, takes the live view's place for good."""
    from .display import show_saved
    from .outputs import LiveOutput

    try:
        output = LiveOutput(run, shell)
    except KeyboardInterrupt:
        run.unwind()
        show_saved(run)
        raise
    try:
        run.join()
    except KeyboardInterrupt:
        run.unwind()
        output.settle()
        raise
    if run.state == "failed":
        output.settle(run.error)


def _choose_model(name: str) -> None:
    if not name:
        raise ConfigError("Which model? Write %desiru model NAME, such as local or openai:gpt-5-mini.")
    if behind := BEHIND.search(name):
        raise ConfigError(
            "%desiru model takes a name alone. Options stand on the first line of a cell: "
            f"%%desiru {behind[0]} ... question -> answer."
        )
    model_for(name)
    configure(model=name)
    print(settings_table())
