"""The live view's messages, as they leave on its comm."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from ipywidgets import Widget
from models import PATIENCE, Gate, Scripted, Whole, start

from desiru_notebook import Run, Signature, portal
from desiru_notebook.frontends import widget
from desiru_notebook.frontends.display import empty_bundle, live_bundle
from desiru_notebook.frontends.pacing import Pacer
from desiru_notebook.frontends.views import view_of
from desiru_notebook.frontends.widget import RunView
from desiru_notebook.providers import Notice, Reasoning, Refusal, Retry, ToolCall, Usage

FIGURES = {"duration", "ttft", "tokens", "tokens_per_second", "streamed", "attempts"}
NO_TOOLS = "scripted asked for the tool 'search'; a run has no tools."


class Line:
    """What all comms of a test say, in order."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self._news = threading.Condition()

    def say(self, comm_id: str, data: dict[str, Any]) -> None:
        with self._news:
            self.messages.append((comm_id, data))
            self._news.notify_all()

    def wait_for(self, condition: Callable[[], Any]) -> None:
        with self._news:
            assert self._news.wait_for(condition, PATIENCE), self.messages

    def of(self, view: RunView) -> list[dict[str, Any]]:
        return [data for comm_id, data in self.messages if comm_id == view.model_id]

    def updates(self, view: RunView) -> list[dict[str, Any]]:
        """The traits that were sent, message by message."""
        return [data["state"] for data in self.of(view) if data.get("method") == "update"]

    def sent(self, view: RunView, kind: str) -> list[dict[str, Any]]:
        """The custom messages of that type."""
        contents = [data["content"] for data in self.of(view) if data.get("method") == "custom"]
        return [content for content in contents if content["type"] == kind]

    def deltas(self, view: RunView) -> list[list[Any]]:
        return [delta for message in self.sent(view, "delta") for delta in message["deltas"]]

    def ended(self, view: RunView) -> dict[str, Any]:
        """The traits of the last update, as soon as the view has told the run's end."""
        ends = ("done", "cancelled", "failed")
        self.wait_for(lambda: any(update.get("state") in ends for update in self.updates(view)))
        return next(update for update in self.updates(view) if update.get("state") in ends)


class RecordingComm(BaseComm):
    line: Line

    def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any) -> None:
        self.line.say(self.comm_id, data or {})


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line()

    def create_comm(**options: Any) -> RecordingComm:
        new = RecordingComm.__new__(RecordingComm)
        new.line = line
        new.__init__(**options)
        return new

    monkeypatch.setattr(comm, "create_comm", create_comm)
    return line


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A place where the model waits; nothing waits there any more after the test."""
    gate = Gate()
    opened: list[bool] = []
    really_open = gate.open
    gate.open = lambda: opened or (opened.append(True), really_open())
    yield gate
    gate.open()


def hear(view: RunView, content: dict[str, Any]) -> None:
    """Let the view hear a message of its page."""
    view.comm.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def pieced(deltas: list[list[Any]]) -> dict[str, str]:
    """The texts as a page pieces them together; every delta has to begin where the last one of its field ended."""
    texts: dict[str, str] = {}
    for field, offset, text in deltas:
        assert offset == utf16(texts.get(field, ""))
        texts[field] = texts.get(field, "") + text
    return texts


class TestText:
    def test_the_joined_deltas_are_the_text(self, line, gate):
        words = [f"word{at} " for at in range(500)]
        view = view_of(start(Scripted([gate, "Reasoning: ", *words, "\nAnswer: ", *words])))
        gate.open()
        last = line.ended(view)
        text = "".join(words).strip()
        pieces = pieced(line.deltas(view))
        assert last["texts"] == {"reasoning": text, "answer": text}
        assert all(text.startswith(piece) for piece in pieces.values())

    def test_all_that_came_before_the_end_was_sent_as_deltas(self, line, gate):
        before = [Gate() for _ in range(3)]
        chunks = ["Answer: a"], ["\U0001f600b\u00e9"], ["\u65e5c"]
        model = Scripted([*(part for step in zip(before, chunks, strict=True) for part in (step[0], *step[1])), gate])
        view = view_of(start(model, "question -> answer"))
        for at, opened in enumerate(before):
            opened.open()
            line.wait_for(lambda at=at: len(line.deltas(view)) == at + 1)
        assert line.deltas(view) == [["answer", 0, "a"], ["answer", 1, "\U0001f600b\u00e9"], ["answer", 5, "\u65e5c"]]

    def test_offsets_count_utf16_units_whatever_the_pieces(self, line):
        letters = random.Random(7).choices("ab \n\u00e9\u65e5\U0001f600\U00020000\u200d", k=400)
        gates = [Gate() for _ in range(5)]
        pieces = ["".join(letters[at * 80 : at * 80 + 80]) + "x" for at in range(5)]
        chunks = [part for opened, piece in zip(gates, pieces, strict=True) for part in (*piece, opened)]
        view = view_of(start(Scripted(["Answer: ", *chunks]), "question -> answer"))
        for at, opened in enumerate(gates):
            text = "".join(pieces[: at + 1]).strip()
            line.wait_for(lambda text=text: pieced(line.deltas(view)) == {"answer": text})
            opened.open()
        assert line.ended(view)["texts"] == {"answer": "".join(pieces).strip()}

    def test_deltas_carry_the_figures_so_far(self, line, gate):
        view = view_of(start(Scripted(["Answer: 4", gate]), "question -> answer"))
        line.wait_for(lambda: line.deltas(view))
        (message,) = line.sent(view, "delta")
        assert message.keys() == {"type", "deltas", "stats"}
        assert message["stats"].keys() == FIGURES
        assert message["stats"]["tokens"] == 1

    def test_thinking_travels_like_a_field(self, line, gate):
        view = view_of(start(Scripted([Reasoning("Hm."), gate]), "question -> answer"))
        line.wait_for(lambda: line.deltas(view))
        assert line.deltas(view) == [["thinking", 0, "Hm."]]

    def test_a_burst_is_one_message_and_not_one_a_token(self, line, gate):
        begun, burst = Gate(), Gate()
        view = view_of(start(Scripted(["Answer: ", begun, "a", burst, *["b"] * 1000, gate]), "question -> answer"))
        begun.open()
        line.wait_for(lambda: line.deltas(view))
        burst.open()
        assert gate.reached.wait(PATIENCE)
        line.wait_for(lambda: pieced(line.deltas(view)) == {"answer": "a" + "b" * 1000})
        assert len(line.sent(view, "delta")) < 20


class TestTraits:
    def test_it_opens_with_the_fields_and_the_model(self, line, gate):
        signature = Signature("question -> reasoning, tags: list[str], sure: bool | None")
        view = view_of(start(Scripted([gate]), signature))
        opened = line.of(view)[0]["state"]
        assert opened["fields"] == [
            {"name": "reasoning", "type": "str"},
            {"name": "tags", "type": "list[str]"},
            {"name": "sure", "type": "bool | None"},
        ]
        assert (opened["model_name"], opened["state"], opened["texts"]) == ("scripted", "pending", {})
        assert (opened["error"], opened["notice"], opened["notices"]) == ("", "", [])
        assert opened["stats"].keys() == FIGURES

    def test_the_first_words_begin_the_streaming(self, line, gate):
        view = view_of(start(Scripted(["Answer: 4", gate]), "question -> answer"))
        line.wait_for(lambda: line.deltas(view))
        assert line.updates(view) == [{"state": "streaming"}]

    @pytest.mark.parametrize(
        ("chunks", "end"),
        [
            (["Answer: 42"], {"state": "done", "texts": {"answer": "42"}}),
            ([], {"state": "done"}),
            (
                ["Answer: 4", ZeroDivisionError("of zero")],
                {"state": "failed", "texts": {"answer": "4"}, "error": "scripted failed with ZeroDivisionError: of zero"},
            ),
        ],
    )
    def test_the_end_is_one_message_with_all_that_is_new(self, line, gate, chunks, end):
        view = view_of(start(Scripted([gate, *chunks]), "question -> answer"))
        gate.open()
        last = line.ended(view)
        assert last.pop("stats").keys() == FIGURES | {"complete"}
        assert last == end
        assert (view.state, view.texts, view.error) == (end["state"], end.get("texts", {}), end.get("error", ""))
        assert line.of(view)[-1]["method"] == "update"

    def test_the_last_figures_are_those_of_the_run(self, line, gate):
        run = start(Scripted([gate, "Answer: 42"]), "question -> answer")
        view = view_of(run)
        gate.open()
        stats = line.ended(view)["stats"]
        assert stats == {name: getattr(run.stats, name) for name in FIGURES} | {"complete": run.partial.complete}

    def test_a_view_of_a_run_that_is_over_tells_its_end(self, line):
        run = start(Scripted(["Answer: 42"]), "question -> answer")
        run.join()
        assert line.ended(view_of(run))["texts"] == {"answer": "42"}

    def test_a_notice_is_shown_until_the_model_speaks(self, line, gate):
        speak = Gate()
        view = view_of(start(Scripted([Notice("Fetching: 50%"), speak, "Answer: 4", gate]), "question -> answer"))
        line.wait_for(lambda: line.updates(view))
        assert line.updates(view) == [{"notice": "Fetching: 50%"}]
        speak.open()
        line.wait_for(lambda: line.deltas(view))
        assert (view.notice, view.state) == ("", "streaming")
        assert {"notice": "", "state": "streaming"} in line.updates(view)

    def test_of_many_notices_only_the_last_is_sent(self, line, gate):
        begin = Gate()
        run = start(Scripted([begin, *(Notice(f"{at}%") for at in range(100)), gate]), "question -> answer")
        busy = threading.Event()
        view = view_of(run)
        portal.call(lambda: (begin.open(), busy.wait(PATIENCE)))
        busy.set()
        line.wait_for(lambda: view.notice == "99%")
        assert len(line.updates(view)) <= 2  # what had come when the view was first served, and the rest

    def test_a_retry_is_shown_and_counted_until_the_model_speaks(self, line, gate):
        fail, speak = Gate(), Gate()
        busy = Retry(2, "tests refused scripted with HTTP 503.")
        view = view_of(start(Scripted([fail, busy, speak, "Answer: 4", gate]), "question -> answer"))
        fail.open()
        line.wait_for(lambda: line.updates(view))
        (update,) = line.updates(view)
        assert update.pop("stats").keys() == FIGURES
        assert update == {"notice": "Attempt 2: tests refused scripted with HTTP 503."}
        assert view.stats["attempts"] == 2
        speak.open()
        line.wait_for(lambda: line.deltas(view))
        assert view.notice == ""
        (message,) = line.sent(view, "delta")
        assert message["stats"]["attempts"] == 2

    def test_what_a_reader_should_know_of_the_answer_stays(self, line, gate):
        more = Gate()
        chunks = [Notice("Fetching: 50%"), ToolCall("search"), more, "Answer: 4", gate, Refusal("No.")]
        view = view_of(start(Scripted(chunks), "question -> answer"))
        line.wait_for(lambda: view.notices)
        assert (view.notice, view.notices) == ("Fetching: 50%", [NO_TOOLS])
        more.open()
        line.wait_for(lambda: line.deltas(view))
        assert (view.notice, view.notices) == ("", [NO_TOOLS])
        gate.open()
        assert line.ended(view)["notices"] == [NO_TOOLS, "scripted declined: No."]

    def test_a_model_that_asks_for_a_tool_has_spoken(self, line, gate):
        run = start(Scripted([ToolCall("search"), gate]), "question -> answer")
        view = view_of(run)
        line.wait_for(lambda: line.updates(view))
        (update,) = line.updates(view)
        assert update.pop("stats") == {name: getattr(run.stats, name) for name in FIGURES} | {
            "duration": view.stats["duration"]
        }
        assert update == {"state": "streaming", "notices": [NO_TOOLS]}

    @pytest.mark.parametrize("end", ["done", "cancelled", "failed"])
    def test_it_stays_however_the_run_ends(self, line, gate, end):
        run = start(Scripted([ToolCall("search"), "Answer: 4", gate, *[ZeroDivisionError()] * (end == "failed")]))
        view = view_of(run)
        line.wait_for(lambda: line.deltas(view))
        run.cancel() if end == "cancelled" else gate.open()
        line.ended(view)
        assert (view.state, view.notices, view.notice) == (end, [NO_TOOLS], "")

    def test_notices_travel_when_there_are_any_and_not_with_the_text(self, line, gate):
        steps = [Gate() for _ in range(5)]
        chunks = [ToolCall("search"), "Answer: ", *(part for step in steps for part in ("word ", step)), gate]
        view = view_of(start(Scripted(chunks), "question -> answer"))
        for at, step in enumerate(steps):
            line.wait_for(lambda at=at: pieced(line.deltas(view)) == {"answer": ("word " * (at + 1)).strip()})
            step.open()
        assert [update["notices"] for update in line.updates(view) if "notices" in update] == [[NO_TOOLS]]
        assert all(message.keys() == {"type", "deltas", "stats"} for message in line.sent(view, "delta"))

    @pytest.mark.parametrize(("chunks", "tokens"), [(["Answer: 42"], 0), (["Answer: 42", Usage(7, 3, 10)], 3)])
    def test_an_answer_in_one_piece_says_so_and_counts_no_pieces(self, line, chunks, tokens):
        view = view_of(start(Whole(chunks), "question -> answer"))
        stats = line.ended(view).get("stats", view.stats)
        assert (stats["streamed"], stats["tokens"]) == (False, tokens)


class TestPage:
    """What the page sends."""

    def test_cancel_is_acknowledged_and_cancels(self, line, gate):
        model = Scripted(["Answer: 4", gate])
        run = start(model, "question -> answer")
        view = view_of(run)
        line.wait_for(lambda: line.deltas(view))
        hear(view, {"type": "cancel"})
        assert line.sent(view, "ack") == [{"type": "ack"}]
        assert model.was_closed()
        last = line.ended(view)
        assert (last["state"], last["texts"], view.error) == ("cancelled", {"answer": "4"}, "")
        assert run.state == "cancelled"

    def test_a_cancel_that_comes_too_late_is_acknowledged_too(self, line):
        view = view_of(start(Scripted(["Answer: 42"]), "question -> answer"))
        line.ended(view)
        hear(view, {"type": "cancel"})
        assert line.sent(view, "ack") == [{"type": "ack"}]
        assert view.state == "done"

    def test_sync_is_answered_with_all_that_came(self, line, gate):
        view = view_of(start(Scripted([ToolCall("search"), "Reasoning: Light\nAnswer: 4", gate])))
        line.wait_for(lambda: line.deltas(view))
        hear(view, {"type": "sync"})
        line.wait_for(lambda: line.sent(view, "snapshot"))
        (snapshot,) = line.sent(view, "snapshot")
        assert snapshot.pop("stats").keys() == FIGURES
        assert snapshot == {
            "type": "snapshot",
            "texts": {"reasoning": "Light", "answer": "4"},
            "state": "streaming",
            "notices": [NO_TOOLS],
        }

    def test_after_a_snapshot_the_deltas_go_on_where_they_were(self, line, gate):
        more = Gate()
        view = view_of(start(Scripted(["Answer: 4", more, "2", gate]), "question -> answer"))
        line.wait_for(lambda: line.deltas(view))
        hear(view, {"type": "sync"})
        line.wait_for(lambda: line.sent(view, "snapshot"))
        more.open()
        line.wait_for(lambda: len(line.deltas(view)) == 2)
        assert line.deltas(view) == [["answer", 0, "4"], ["answer", 1, "2"]]

    def test_the_timeline_of_a_run_is_told_when_a_page_asks_and_not_before(self, line):
        more = Gate()
        run = start(Scripted(["Reasoning: \U0001f499", more, " sky\nAnswer: 42"]), "question -> reasoning, answer")
        view = view_of(run)
        line.wait_for(lambda: line.deltas(view))
        more.open()
        line.ended(view)
        assert line.sent(view, "timeline") == []
        hear(view, {"type": "timeline"})
        line.wait_for(lambda: line.sent(view, "timeline"))
        (told,) = line.sent(view, "timeline")
        assert {field: lengths[-1] for field, lengths in told["lengths"].items()} == {"reasoning": 6, "answer": 2}
        assert (2, 0) in zip(told["lengths"]["reasoning"], told["lengths"]["answer"], strict=True)  # in UTF-16 units
        assert told["times"] == sorted(told["times"])
        assert len(told["times"]) == len(told["lengths"]["answer"])

    def test_a_page_that_comes_after_the_end_gets_everything(self, line):
        run = start(Scripted([ToolCall("search"), "Answer: 42"]), "question -> answer")
        view = view_of(run)
        line.ended(view)
        hear(view, {"type": "sync"})
        line.wait_for(lambda: line.sent(view, "snapshot"))
        assert line.sent(view, "snapshot") == [
            {
                "type": "snapshot",
                "texts": {"answer": "42"},
                "state": "done",
                "stats": {name: getattr(run.stats, name) for name in FIGURES} | {"complete": run.partial.complete},
                "notices": [NO_TOOLS],
            }
        ]

    @pytest.mark.parametrize("message", [{}, {"type": "evil"}, {"type": ["cancel"]}, [], "cancel", None, 1])
    def test_anything_else_is_ignored(self, line, gate, message):
        run = start(Scripted([gate]), "question -> answer")
        view = view_of(run)
        hear(view, message)
        assert line.of(view)[1:] == []
        assert run.state == "pending"


class FakeLoop:
    """A loop whose one timer goes off when the test says so, on the background loop as it should."""

    def __init__(self) -> None:
        self.timers: list[Callable[[], None]] = []

    def call_later(self, delay: float, function: Callable[[], None]) -> object:
        self.timers.append(function)
        return object()


def on_the_loop(function: Callable[[], object]) -> None:
    """Call the function on the background loop and wait until that is done."""
    done = threading.Event()
    portal.call(lambda: (function(), done.set()))
    assert done.wait(PATIENCE)


def test_ten_views_together_send_one_message_of_text_in_each_interval(line, gate, monkeypatch):
    clock = FakeLoop()
    monkeypatch.setattr(widget, "_pacers", weakref.WeakKeyDictionary())
    monkeypatch.setattr(widget, "Pacer", lambda loop: Pacer(clock))
    views, models = [], []
    for _ in range(10):
        models.append(Scripted(["Answer: 4", Gate()]))
        views.append(view_of(start(models[-1], "question -> answer")))
    for model in models:
        assert model.chunks[-1].reached.wait(PATIENCE)

    def said() -> int:
        return sum(len(line.sent(view, "delta")) for view in views)

    counts = []
    for _ in range(60):
        on_the_loop(lambda: [timer() for timer in clock.timers[:1]] and clock.timers.pop(0))
        counts.append(said())
        if counts[-1] == 10:
            break
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert counts[-1] == 10
    assert set(steps) <= {0, 1}
    assert [line.deltas(view) for view in views] == [[["answer", 0, "4"]]] * 10
    for view in views:
        hear(view, {"type": "cancel"})


class TestHolding:
    def test_the_view_holds_its_run_and_lets_it_go_at_the_end(self, line, gate):
        run = start(Scripted(["Answer: 4", gate, "2"]), "question -> answer")
        view, gone = view_of(run), weakref.ref(run)
        del run
        gc.collect()
        line.wait_for(lambda: line.deltas(view))
        assert gone() is not None
        assert gone().state == "streaming"
        gate.open()
        assert line.ended(view)["texts"] == {"answer": "42"}
        on_the_loop(gc.collect)
        assert gone() is None

    def test_a_run_has_one_view(self, line, gate):
        run = start(Scripted([gate]))
        assert run.widget is view_of(run) is view_of(run)
        assert view_of(start(Scripted([gate]))) is not view_of(run)


class TestClosed:
    """What closes a view is the kernel: with the widget, or, in marimo, with the cell's next run."""

    @pytest.mark.parametrize("close", [RunView.close, lambda view: view.comm.close()], ids=["widget", "comm"])
    def test_a_run_that_nobody_else_holds_ends_with_its_view(self, line, close):
        model = Scripted([Gate()])
        view = start(model).widget
        assert model.started.wait(PATIENCE)
        close(view)
        assert model.was_closed()

    def test_a_run_that_somebody_holds_goes_on_and_can_be_shown_again(self, line, gate):
        run = start(Scripted(["[[ ## reasoning ## ]]\nBecause", gate, " so"]))
        closed = view_of(run)
        line.wait_for(lambda: line.deltas(closed))
        closed.comm.close()
        view = view_of(run)
        line.wait_for(lambda: line.deltas(view))
        gate.open()
        assert line.ended(view)["texts"]["reasoning"] == "Because so"
        assert view is not closed


class TestShells:
    def test_a_click_is_heard_where_the_page_sends_it(self, monkeypatch, line, gate):
        monkeypatch.setattr(RecordingComm, "_reply_subshell_for", lambda self, data, default: "the busy one", raising=False)
        view = view_of(start(Scripted([gate])))
        assert view.comm._reply_subshell_for({"method": "custom"}, "where the page wants it") == "where the page wants it"

    def test_a_comm_of_another_version_is_left_as_it_is(self, line, gate):
        assert not hasattr(view_of(start(Scripted([gate]))).comm, "_reply_subshell_for")


class TestBundles:
    def test_the_live_output_names_the_view_and_says_nothing_in_plain_text(self, line, gate):
        view = view_of(start(Scripted([gate])))
        assert live_bundle(view) == {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": view.model_id,
            },
        }

    def test_what_stays_of_it_names_no_view(self):
        assert empty_bundle() == {
            "application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": ""},
        }


def test_outside_a_notebook_a_run_is_displayed_as_text(capsys):
    run = start(Scripted(["Reasoning: Light\nAnswer: 42"]))
    assert isinstance(run, Run)
    run._ipython_display_()
    assert capsys.readouterr().out == "Reasoning: Light\n\nAnswer: 42\n"


def test_a_view_is_sent_a_reference_to_the_script_that_the_kernel_sends_once(shell):
    first, second = (view_of(start(Scripted("a"))).get_state() for _ in range(2))
    assert first["script"] == second["script"]
    assert first["script"].startswith("IPY_MODEL_")
    assert len(first["_esm"]) < 2000


def test_a_script_that_somebody_has_closed_is_sent_anew(shell):
    closed = view_of(start(Scripted("a"))).get_state()["script"]
    Widget.close_all()
    assert view_of(start(Scripted("a"))).get_state()["script"] not in (closed, None)
