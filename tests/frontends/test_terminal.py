"""The view in a terminal, and where the output is none."""

from __future__ import annotations

import asyncio
import io
import re
import threading

import pytest
from models import PATIENCE, Gate, Scripted, Whole, start
from rich.console import Console

from desiru_notebook import Run, portal
from desiru_notebook.frontends import terminal
from desiru_notebook.frontends.terminal import draw, status
from desiru_notebook.frontends.terminal.panes import Panes
from desiru_notebook.providers import Notice, Reasoning, Refusal, Retry, ToolCall

LAST_ERASURE = re.compile(r".*\x1b\[2K", re.DOTALL)
STYLE = re.compile(r"\x1b\[[\d;]*m")


class Screen(io.StringIO):
    """A terminal of a test's size; ``lines`` is what it shows in the end, ``wrote(text)`` waits for something on the way."""

    def __init__(self) -> None:
        super().__init__()
        self._news = threading.Condition()

    def write(self, text: str) -> int:
        with self._news:
            self._news.notify_all()
            return super().write(text)

    def wrote(self, text: str) -> bool:
        with self._news:
            return self._news.wait_for(lambda: text in self.getvalue(), PATIENCE)

    @property
    def lines(self) -> list[str]:
        left = LAST_ERASURE.sub("", self.getvalue())
        return [line.rstrip() for line in STYLE.sub("", left).splitlines()]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    return make_screen(monkeypatch, 80)


def make_screen(monkeypatch: pytest.MonkeyPatch, width: int, height: int = 24) -> Screen:
    screen = Screen()
    monkeypatch.setattr(
        terminal, "Console", lambda: Console(file=screen, force_terminal=True, width=width, height=height, legacy_windows=False)
    )
    monkeypatch.setattr(status, "figures", lambda stats: "(figures)")
    return screen


def shown(run: Run, screen: Screen) -> list[str]:
    """What is seen of the run while it is drawn."""
    console = terminal.Console()
    console.print(Panes(run, console).render())
    return screen.lines


def box(name: str, *lines: str, width: int = 80) -> list[str]:
    """A pane of that width."""
    return [
        f"╭─ {name} {'─' * (width - len(name) - 5)}╮".rstrip(),
        *(f"│ {line:<{width - 4}} │" for line in lines),
        f"╰{'─' * (width - 2)}╯",
    ]


NO_TOOLS = "! scripted asked for the tool 'search'; a run has no tools."
LIGHT = ["Reasoning: Light scatters.\n", "Answer: Rayleigh"]


class TestPanes:
    def test_at_the_end_the_whole_panes_and_the_status_stay(self, screen):
        draw(start(Scripted(LIGHT)))
        assert screen.lines == [
            *box("reasoning", "Light scatters."),
            *box("answer", "Rayleigh"),
            "✓ done  (figures)  scripted",
        ]

    @pytest.mark.parametrize("width", [80, 40])
    def test_long_text_is_wrapped_into_its_pane(self, monkeypatch, width):
        screen = make_screen(monkeypatch, width)
        draw(start(Scripted(["Answer: " + "word " * 20]), "question -> answer"))
        room = (width - 4 + 1) // len("word ")
        wrapped = [" ".join(["word"] * min(room, 20 - at)) for at in range(0, 20, room)]
        assert screen.lines == [*box("answer", *wrapped, width=width), "✓ done  (figures)  scripted"]

    @pytest.mark.parametrize("width", [80, 40])
    def test_no_line_is_wider_than_the_terminal(self, monkeypatch, width):
        screen = make_screen(monkeypatch, width)
        draw(start(Scripted(["Answer: " + "\u65e5\u672c\u8a9e" * 60 + "\n" + "x" * 300]), "question -> answer"))
        assert {len(line) + sum(char >= "\u3000" for char in line) for line in screen.lines[:-1]} == {width}

    def test_text_is_markdown_and_other_fields_are_their_values(self, screen):
        said = "Answer: # Sky\n\n**blue** [so](https://a.example/)\nCount: 1200\nTags: a, b\nSure: yes\nKind: *x*"
        draw(start(Scripted([said]), "question -> answer, count: int, tags: list[str], sure: bool, kind: Literal['x', 'y']"))
        assert screen.lines == [
            *box("answer", "Sky", "", "blue so (https://a.example/)"),
            *box("count", "1200"),
            *box("tags", "• a", "• b"),
            *box("sure", "true"),
            *box("kind", "x"),
            "✓ done  (figures)  scripted",
        ]

    def test_a_value_that_cannot_be_read_is_text(self, screen):
        run = start(Scripted(["Count: many *of* them"]), "question -> count: int")
        draw(run)
        assert run.state == "failed"
        assert screen.lines[:3] == box("count", "many *of* them")

    def test_without_keep_only_the_status_stays_for_the_value_follows(self, screen):
        draw(start(Scripted(LIGHT)), keep=False)
        assert screen.lines == ["✓ done  (figures)  scripted"]

    def test_a_failed_run_leaves_no_value_so_its_panes_stay_even_then(self, screen):
        run = start(Scripted(["Reasoning: Light", ZeroDivisionError()]))
        draw(run, keep=False)
        assert run.state == "failed"
        assert screen.lines == [*box("reasoning", "Light"), *box("answer", ""), "✕ failed  (figures)  scripted"]

    def test_an_interrupted_run_leaves_its_panes_too(self, screen):
        gate = Gate()
        run = start(Scripted(["Reasoning: Light", gate]))

        def interrupted(outcome, timeout, whom):
            portal.set_waiter(None)  # once
            assert gate.reached.wait(PATIENCE)
            raise KeyboardInterrupt

        portal.set_waiter(interrupted)
        try:
            with pytest.raises(KeyboardInterrupt):
                draw(run, keep=False)
        finally:
            portal.set_waiter(None)
        assert screen.lines[:2] == box("reasoning", "Light")[:2]
        assert screen.lines[-1] == "■ cancelled  (figures)  scripted"

    def test_a_cancelled_run_ends_quietly(self, screen):
        gate = Gate()
        run = start(Scripted(["Reasoning: Light", gate]))
        cancel_at(run, gate)
        draw(run)
        assert screen.lines[:2] == box("reasoning", "Light")[:2]
        assert screen.lines[-1] == "■ cancelled  (figures)  scripted"

    def test_the_panes_grow_while_the_run_goes_on(self, screen):
        gate = Gate()
        run = start(Scripted(["Reasoning: Light", gate, " scatters.\nAnswer: Rayleigh"]))
        drawing = threading.Thread(target=draw, args=[run])
        drawing.start()
        assert screen.wrote("Light")
        assert "Rayleigh" not in screen.getvalue()
        assert "streaming" in screen.getvalue()
        gate.open()
        drawing.join(PATIENCE)
        assert screen.lines[:4] == [*box("reasoning", "Light scatters."), *box("answer", "Rayleigh")][:4]

    def test_while_it_grows_a_pane_shows_its_last_lines(self, screen):
        run = start(Scripted(["Answer: " + "\n".join(f"line {at}" for at in range(50))]), "question -> answer")
        run.join()
        lines = shown(run, screen)
        assert lines[-3:] == [*box("answer", "line 49")[1:], "✓ done  (figures)  scripted"]
        assert len(lines) <= 24
        assert lines[1] == f"│ {f'line {53 - len(lines)}':<76} │"

    def test_where_there_is_room_they_stand_side_by_side_while_they_grow_and_one_under_the_other_at_the_end(self, monkeypatch):
        screen = make_screen(monkeypatch, 120)
        run = start(Scripted(LIGHT))
        run.join()
        assert shown(run, screen) == [
            *map("".join, zip(box("reasoning", "Light scatters.", width=60), box("answer", "Rayleigh", width=60), strict=True)),
            "✓ done  (figures)  scripted",
        ]
        draw(run)
        assert screen.lines[:3] == box("reasoning", "Light scatters.", width=120)

    @pytest.mark.parametrize("width", [80, 120])
    def test_reasoning_that_is_over_is_one_line_where_not_all_fits(self, monkeypatch, width):
        screen = make_screen(monkeypatch, width)
        reasoning = "\n".join(f"thought {at}" for at in range(30))
        run = start(Scripted([f"Reasoning: {reasoning}\n", "Answer: Rayleigh"]))
        run.join()
        assert shown(run, screen) == [
            "▸ reasoning · 60 words",
            *box("answer", "Rayleigh", width=width),
            "✓ done  (figures)  scripted",
        ]

    def test_reasoning_that_still_comes_is_shown(self, screen):
        reasoning = "\n".join(f"thought {at}" for at in range(30))
        run = start(Scripted([f"Reasoning: {reasoning}", ZeroDivisionError()]))
        run.join()
        assert shown(run, screen) == [
            *box("reasoning", *(f"thought {at}" for at in range(13, 30))),
            *box("answer", ""),
            "✕ failed  (figures)  scripted",
        ]

    def test_a_small_screen_shows_the_pane_that_grows(self, monkeypatch):
        screen = make_screen(monkeypatch, 40, height=8)
        run = start(Scripted(["A: 1\nB: 2\nC: 3\nD: 4", ZeroDivisionError()]), "question -> a, b, c, d, e")
        run.join()
        assert shown(run, screen) == [
            *box("c", "3", width=40),
            *box("d", "4", width=40),
            "✕ failed  (figures)  scripted",
        ]

    def test_thinking_stands_above_the_fields(self, screen):
        draw(start(Scripted([Reasoning("Hm."), "Answer: 42"]), "question -> answer"))
        assert screen.lines == [*box("thinking", "Hm."), *box("answer", "42"), "✓ done  (figures)  scripted"]

    def test_a_notice_stands_in_the_status_until_the_model_speaks(self, screen):
        before, after = Gate(), Gate()
        run = start(Scripted([Notice("Fetching: 50%"), before, "Answer: 42", after]), "question -> answer")
        drawing = threading.Thread(target=draw, args=[run])
        drawing.start()
        assert screen.wrote("Fetching: 50%")
        assert "(figures)" not in screen.getvalue()
        before.open()
        assert screen.wrote("(figures)")
        after.open()
        drawing.join(PATIENCE)
        assert screen.lines[-1] == "✓ done  (figures)  scripted"

    def test_so_does_a_retry_and_it_is_gone_at_the_end_whatever_the_end(self, screen):
        gate = Gate()
        run = start(Scripted([Retry(2, "tests refused scripted."), gate, ZeroDivisionError()]), "question -> answer")
        drawing = threading.Thread(target=draw, args=[run])
        drawing.start()
        assert screen.wrote("  Attempt 2: tests refused scripted.")
        gate.open()
        drawing.join(PATIENCE)
        assert screen.lines == [*box("answer", ""), "✕ failed  (figures)  scripted"]

    def test_what_a_reader_should_know_stands_under_the_panes_to_the_end(self, screen):
        gate = Gate()
        run = start(Scripted([ToolCall("search"), "Answer: 42", gate, Refusal("No.\nNever.")]), "question -> answer")
        drawing = threading.Thread(target=draw, args=[run])
        drawing.start()
        assert screen.wrote(NO_TOOLS)
        gate.open()
        drawing.join(PATIENCE)
        assert screen.lines == [
            *box("answer", "42"),
            NO_TOOLS,
            "! scripted declined: No.",
            "  Never.",
            "✓ done · cut short  (figures)  scripted",
        ]

    def test_without_keep_it_is_left_to_the_value_that_follows(self, screen):
        draw(start(Scripted([ToolCall("search"), "Answer: 42"]), "question -> answer"), keep=False)
        assert screen.lines == ["✓ done  (figures)  scripted"]

    def test_while_they_grow_the_panes_leave_room_for_the_last_notices(self, screen):
        tools = [ToolCall(f"tool{at}") for at in range(12)]
        run = start(Scripted([*tools, "Answer: " + "\n".join(f"line {at}" for at in range(50))]), "question -> answer")
        run.join()
        assert shown(run, screen) == [
            *box("answer", *(f"line {at}" for at in range(34, 50))),
            *(f"! scripted asked for the tool 'tool{at}'; a run has no tools." for at in range(8, 12)),
            "✓ done  (figures)  scripted",
        ]

    @pytest.mark.parametrize(
        "attack", ["\x1b]52;c;cm0gLXJm\x07", "\x1b[2J\x1b[H", "\x1b]0;title\x1b\\", "\x9b31m", "\r\x08\x0c", "\x7f"]
    )
    def test_what_the_model_says_has_no_power_over_the_terminal(self, screen, attack):
        draw(start(Scripted(["Answer: fine"]), "question -> answer"))
        harmless = set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f][^\x1b]?", screen.getvalue()))
        screen.truncate(screen.seek(0))
        said = f"a{attack}b"
        model = Scripted([Retry(2, said), Notice(said), Notice(said, lasting=True), f"Answer: {said}", Refusal(said)])
        model.name = said
        run = start(model, "question -> answer")
        draw(run)
        assert run.result().answer == f"a{attack}b"
        assert attack not in screen.getvalue()
        assert set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f][^\x1b]?", screen.getvalue())) <= harmless

    def test_nothing_hides_in_the_name_of_a_field(self, screen):
        draw(start(Scripted(["42"]), "question -> a\ufe0f"))
        assert screen.lines[0].startswith("\u256d\u2500 a\u27e8U+FE0F\u27e9 \u2500")

    def test_markup_of_rich_is_text(self, screen):
        draw(start(Scripted(["Answer: [bold red]x[/] :smile: [link=https://evil.example]y[/link]"]), "question -> answer"))
        assert screen.lines[1] == box("", "[bold red]x[/] :smile: [link=https://evil.example]y[/link]")[1]


def cancel_at(run: Run, gate: Gate) -> None:
    """Cancel the run, from the background loop, as soon as the gate is reached."""

    async def wait_and_cancel() -> None:
        await asyncio.to_thread(gate.reached.wait, PATIENCE)
        run.cancel()

    portal.start(wait_and_cancel(), on_start=lambda task: None)


class TestPlain:
    """Into a pipe or a file: the text alone, the figures beside it."""

    @pytest.fixture(autouse=True)
    def _fixed_figures(self, monkeypatch):
        monkeypatch.setattr(status, "figures", lambda stats: "(figures)")

    def test_each_field_follows_its_label(self, capsys):
        draw(start(Scripted(LIGHT)))
        assert capsys.readouterr() == (
            "Reasoning: Light scatters.\n\nAnswer: Rayleigh\n",
            "✓ done  (figures)  scripted\n",
        )

    def test_the_text_is_what_the_model_said(self, capsys):
        draw(start(Scripted(["Answer: \x1b[1m<b>\u65e5\u672c [bold]"]), "question -> answer"))
        assert capsys.readouterr().out == "Answer: \x1b[1m<b>\u65e5\u672c [bold]\n"

    def test_nothing_hides_in_the_name_of_a_field(self, capsys):
        draw(start(Scripted(["42"]), "question -> a\ufe0f"))
        assert capsys.readouterr().out == "A\u27e8U+FE0F\u27e9: 42\n"

    def test_keep_changes_nothing(self, capsys):
        draw(start(Scripted(LIGHT)), keep=False)
        assert capsys.readouterr().out == "Reasoning: Light scatters.\n\nAnswer: Rayleigh\n"

    def test_thinking_has_a_label_too(self, capsys):
        draw(start(Scripted([Reasoning("Hm."), "Answer: 42"]), "question -> answer"))
        assert capsys.readouterr().out == "Thinking: Hm.\n\nAnswer: 42\n"

    def test_a_failed_run(self, capsys):
        draw(start(Scripted(["Reasoning: Light", ZeroDivisionError()])))
        assert capsys.readouterr() == ("Reasoning: Light\n", "✕ failed  (figures)  scripted\n")

    def test_a_cancelled_run(self, capsys):
        gate = Gate()
        run = start(Scripted(["Reasoning: Light", gate]))
        cancel_at(run, gate)
        draw(run)
        assert capsys.readouterr() == ("Reasoning: Light\n", "■ cancelled  (figures)  scripted\n")

    def test_a_run_that_says_nothing(self, capsys):
        draw(start(Scripted([ZeroDivisionError()])))
        assert capsys.readouterr() == ("", "✕ failed  (figures)  scripted\n")

    def test_an_answer_that_came_at_once(self, capsys):
        draw(start(Whole(["Answer: 42"]), "question -> answer"))
        assert capsys.readouterr() == ("Answer: 42\n", "✓ done  (figures)  whole\n")

    def test_retries_and_what_a_reader_should_know_stand_beside_the_text(self, capsys):
        chunks = [Notice("Fetching: 50%"), Retry(2, "busy"), Retry(3, "busy"), ToolCall("search"), "Answer: 42", Refusal("No.")]
        draw(start(Scripted(chunks), "question -> answer"))
        assert capsys.readouterr() == (
            "Answer: 42\n",
            f"! Attempt 2: busy\n! Attempt 3: busy\n{NO_TOOLS}\n! scripted declined: No.\n"
            "✓ done · cut short  (figures)  scripted\n",
        )

    def test_what_is_said_beside_the_text_has_no_power_over_a_terminal_and_no_line_of_its_own(self, capsys):
        attack = "\x1b]0;title\x07\n✓ done"
        model = Scripted([Retry(2, attack), Notice(attack, lasting=True), "Answer: 42"])
        model.name = "m\x1b[1m"
        draw(start(model, "question -> answer"))
        harmless = "␛]0;title␇\n  ✓ done"
        assert capsys.readouterr().err == f"! Attempt 2: {harmless}\n! {harmless}\n✓ done  (figures)  m␛[1m\n"

    def test_the_text_goes_out_as_it_comes(self, monkeypatch):
        screen, gate = Screen(), Gate()
        monkeypatch.setattr("sys.stdout", screen)
        run = start(Scripted(["Answer: 4", gate, "2"]), "question -> answer")
        drawing = threading.Thread(target=draw, args=[run])
        drawing.start()
        assert screen.wrote("Answer: 4")
        gate.open()
        drawing.join(PATIENCE)
        assert screen.getvalue() == "Answer: 42\n"
