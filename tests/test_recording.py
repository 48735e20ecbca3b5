"""What was recorded is replayed: the same events, the same errors, the same partial text."""

from __future__ import annotations

import asyncio
import gzip
import json
import linecache
import math
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from models import PATIENCE, Gate, Scripted, Whole, start
from test_tape import CHUNKS

import desiru_notebook as desiru
from desiru_notebook import (
    AuthenticationError,
    ConfigError,
    FieldValueError,
    Finish,
    InputError,
    MissingFieldError,
    ModelNotFoundError,
    NotRecordedError,
    OutputError,
    ProtocolError,
    ProviderError,
    RateLimitError,
    Reasoning,
    RecordingWarning,
    RunCancelled,
    RunEnd,
    SignatureError,
    StreamingModule,
    StreamInterrupted,
    StreamTimeout,
    Text,
    Timeouts,
    Usage,
    asking,
    record,
    recording,
    replay,
    takes,
)
from desiru_notebook.chunks import Notice, Refusal, ToolCall
from desiru_notebook.errors import DesiruError
from desiru_notebook.recording import AT_ONCE, Recording

KEY = "sk-proj-abcdefghijklmnop"
SAID = [Reasoning("Hm."), "Answer: ", "Air", " scatters", Usage(3, 4), Finish("stop")]
ATTRIBUTES = ("provider", "status", "request_id", "retry_after", "transient", "kind")


class Lists:
    """A model that says its chunks in lists, as what came at the same moment."""

    name, provider = "lists", "tests"

    def __init__(self, lists, end=None):
        self.lists, self.end = lists, end

    def stream(self, request):
        return self

    async def __aiter__(self):
        yield Text("")

    @property
    def reads(self):
        return self._reads()

    async def _reads(self):
        for chunks in self.lists:
            yield list(chunks)
        if self.end is not None:
            raise self.end


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "sky.jsonl"


def ended(run):
    """Everything that a reader of a run can see of it, but for its times."""
    events = list(run)
    error = run.error
    told = None if error is None else (type(error), str(error), [getattr(error, name, None) for name in ATTRIBUTES])
    end = events[-1]
    assert isinstance(end, RunEnd)
    partial = None if error is None else error.partial
    stats = run.stats
    figures = (stats.model, stats.provider, stats.tokens, stats.usage, stats.attempts, stats.finish, stats.state)
    return events, told, partial, run.partial, run.state, figures, stats.streamed, stats.notices


def recorded(path: Path, model, **settings):
    with record(path):
        return ended(start(model, **settings))


def replayed(path: Path, model=None, speed: float = AT_ONCE, **settings):
    with replay(path, speed=speed):
        return ended(start(model, **settings))


def test_a_replay_says_what_was_recorded_to_a_reader_of_events(path):
    model = Scripted(SAID)
    assert recorded(path, model) == replayed(path, model)
    assert len(model.requests) == 1


def test_a_recording_is_lines_that_can_be_read(path):
    recorded(path, Scripted(SAID))
    header, start_line, *moments, end = map(json.loads, path.read_text().splitlines())
    assert header == {"desiru_recording": 1}
    assert {name: start_line[name] for name in ("name", "provider", "style")} == {
        "name": "scripted", "provider": "tests", "style": "header",
    }  # fmt: skip
    assert start_line["asked"]["signature"] == "question -> reasoning, answer"
    assert start_line["asked"]["messages"][-1] == {"role": "user", "content": "[[ ## question ## ]]\nWhy?"}
    assert [{name: value for name, value in moment.items() if name != "at"} for moment in moments] == [
        {"reasoning": "Hm."}, {"text": "Answer: "}, {"text": "Air"}, {"text": " scatters"},
        {"usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": None}}, {"finish": "stop"},
    ]  # fmt: skip
    assert (end["end"], end["lines"]) == ("done", 6)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=st.lists(st.lists(CHUNKS, min_size=1)), name=st.sampled_from(["sky.jsonl", "sky.jsonl.gz"]))
def test_every_answer_is_replayed_as_it_came(tmp_path_factory, lists, name):
    path = tmp_path_factory.mktemp("recording") / name
    assert recorded(path, Lists(lists)) == replayed(path, Lists([]))


ERRORS = [
    DesiruError("It failed."),
    SignatureError("A field has no name."),
    InputError("The question is empty."),
    ConfigError("There is no setting 'depth'."),
    ProviderError("It is down.", provider="tests", status=418, request_id="r-1", transient=False),
    ProviderError("It is down.", status=503, transient=True),
    AuthenticationError("The key is missing.", provider="openai", status=401, request_id="r-2"),
    RateLimitError("Too many.", provider="openai", status=429, retry_after=7.5, transient=False),
    ModelNotFoundError("There is no such model.", provider="openai", status=404),
    ProtocolError("That was no event.", provider="openai", status=200),
    StreamInterrupted("The stream ended without its end.", provider="openai", request_id="r-3"),
    *(StreamTimeout("It was late.", kind=kind) for kind in ("first", "idle", "total")),
    RunCancelled("Somebody cancelled."),
    OutputError("That is no answer."),
    MissingFieldError("It never came."),
    FieldValueError("That is no number."),
    KeyError("the model object's own"),
]


@pytest.mark.parametrize("spoken", [[], SAID[:3]], ids=["before the first word", "in the midst"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_every_kind_is_replayed_with_what_it_says_and_what_came_before_it(path, error, spoken):
    was = recorded(path, Scripted([*spoken, error]), retries=0)
    assert was[1] is not None
    assert replayed(path, Scripted([]), retries=0) == was


def test_no_kind_of_error_is_forgotten():
    kinds = {kind for kind in vars(desiru.errors).values() if isinstance(kind, type) and issubclass(kind, DesiruError)}
    assert kinds - {type(error) for error in ERRORS} == {NotRecordedError}


def test_an_error_of_a_class_that_is_not_ours_is_replayed_as_the_nearest_that_is(path):
    class Overloaded(RateLimitError):
        pass

    recorded(path, Scripted([Overloaded("Too many.", status=529)]), retries=0)
    assert replayed(path, Scripted([]))[1][:2] == (RateLimitError, "Too many.")


def test_retries_are_replayed_as_they_were_announced_and_nobody_waits_for_them(path, monkeypatch):
    class Busy(Scripted):
        async def stream(self, request):
            if len(self.requests) < 2:
                self.requests.append(request)
                raise RateLimitError("Too many.", retry_after=30, status=429)
            async for chunk in super().stream(request):
                yield chunk

    async def no_time(seconds: float) -> None:
        return None

    with monkeypatch.context() as patch:
        patch.setattr(asking, "sleep", no_time)
        was = recorded(path, Busy(SAID))
    assert was[5][4] == 3
    assert replayed(path, Busy(SAID)) == was


def test_an_error_that_may_pass_is_not_retried_by_a_replay(path):
    was = recorded(path, Scripted([RateLimitError("Too many.", status=429)]), retries=0)
    assert replayed(path, Scripted([]), retries=5) == was


def test_a_run_that_was_cancelled_is_cancelled_at_the_same_word(path):
    with record(path):
        run = start(Scripted([*SAID[:3], gate := Gate(), *SAID[3:]]))
        assert gate.reached.wait(PATIENCE)
        run.cancel()
        was = ended(run)
    assert was[4] == "cancelled"
    assert replayed(path, Scripted([])) == was


def test_what_a_cancelled_run_had_not_taken_of_a_moment_is_no_part_of_its_recording(path):
    class Says(Lists):
        async def _reads(self):
            yield [Text("Answer: one")]
            yield [Text(" two"), Finish("stop"), Cut(" three"), Usage(1, 2), Text(" four")]

    class Cut(Text):
        """In the midst of a list, at which somebody cancels."""

        def __getattribute__(self, name):
            if name == "text":
                holder[0].cancel()
            return super().__getattribute__(name)

    holder = []
    with record(path):
        model = Gated(Says([]))
        holder.append(run := start(model))
        model.gate.open()
        was = ended(run)
    assert was[4] == "cancelled"
    assert "four" not in str(was[3])
    assert replayed(path, Gated(Says([]))) == was


class Gated:
    """Another model behind a gate."""

    name, provider = "gated", "tests"

    def __init__(self, model):
        self.model, self.gate = model, Gate()

    def stream(self, request):
        return self

    def __aiter__(self):
        raise NotImplementedError

    @property
    def reads(self):
        return self._reads()

    async def _reads(self):
        await self.gate.passed()
        async for chunks in self.model.reads:
            yield chunks


@pytest.mark.parametrize(
    ("limits", "said", "kind"),
    [(Timeouts(first=0.05), [], "first"), (Timeouts(idle=0.05), SAID[:3], "idle"), (Timeouts(total=0.1), SAID[:3], "total")],
)
def test_a_run_that_was_too_late_is_too_late_again_whatever_the_limits_are_now(path, limits, said, kind):
    was = recorded(path, Scripted([*said, Gate()]), timeout=limits)
    assert was[1][2][-1] == kind
    assert replayed(path, Scripted([]), timeout=Timeouts(first=0.001, idle=0.001, total=0.001), speed=1) == was


def test_what_the_module_makes_of_the_answer_is_worked_out_anew(path):
    was = recorded(path, Scripted(["Answer: many"]), signature="question -> answer: int")
    assert was[1][0] is FieldValueError
    assert replayed(path, Scripted([]), signature="question -> answer: int") == was
    assert json.loads(path.read_text().splitlines()[-1])["end"] == "done"


@pytest.mark.parametrize("wrong", ["no chunk", Text(7), Usage("many")])
def test_something_that_is_no_chunk_fails_in_the_replay_as_it_did(path, wrong):
    class Says(Scripted):
        async def stream(self, request):
            yield Text("Answer: Air")
            yield wrong

    was = recorded(path, Says([]))
    assert was[1][0] is ProtocolError
    assert replayed(path, Says([]))[:5] == was[:5]  # what is no chunk counts as a token, and is not recorded


def test_a_model_that_cannot_stream_is_replayed_as_one(path):
    was = recorded(path, Whole(["Answer: Air"]))
    assert replayed(path, Whole([])) == was
    assert was[6] is False


def test_a_replay_needs_no_model_at_all(path, monkeypatch):
    real = Scripted(SAID)
    monkeypatch.setitem(desiru.config._models, "openai:gpt-x", real)
    was = recorded(path, "openai:gpt-x")
    monkeypatch.delitem(desiru.config._models, "openai:gpt-x")
    monkeypatch.setattr(desiru.config, "create", None)  # who would make it
    assert replayed(path, "openai:gpt-x") == was
    desiru.configure(model="openai:gpt-x")
    assert replayed(path) == was


def test_a_model_that_does_not_exist_is_refused_in_a_replay_too(path):
    recorded(path, Scripted(SAID))
    with replay(path), pytest.raises(ConfigError, match="Did you mean 'openai'"):
        start("opnai:gpt-x")


def test_the_prompt_is_written_in_the_recorded_model_s_style(path):
    class Small(Scripted):
        marker_style = "label"

    recorded(path, Small(SAID))
    replayed(path, Small([]))


def test_a_request_that_is_not_recorded_shows_the_nearest_one_and_the_difference(path):
    module = StreamingModule("question -> answer", model=Scripted(SAID))
    with record(path):
        module(question="Why is the sky blue?")
        module(question="How many legs has a spider?")
    with replay(path), pytest.raises(NotRecordedError) as raised:
        module(question="Why is the sky red?")
    assert str(raised.value).endswith("\n-Why is the sky blue?\n+Why is the sky red?")
    assert "DESIRU_MODE=once" in str(raised.value)


def test_an_empty_recording_says_so(path):
    with record(path):
        pass
    with replay(path), pytest.raises(NotRecordedError, match="It has no runs at all"):
        start(Scripted([]))


def test_answers_to_the_same_request_come_in_their_order_and_then_again(path):
    with record(path):
        for word in ("one", "two"):
            start(Scripted([f"Answer: {word}"]), "question -> answer").result()
    with replay(path, speed=AT_ONCE):
        said = [start(Scripted([]), "question -> answer").result().answer for _ in range(5)]
    assert said == ["one", "two", "one", "two", "one"]


def test_what_is_recorded_anew_takes_the_place_of_what_was(path):
    for words in (["old", "older"], ["new"]):
        with record(path):
            for word in words:
                start(Scripted([f"Answer: {word}"]), "question -> answer").result()
    with replay(path, speed=AT_ONCE):
        assert [start(Scripted([]), "question -> answer").result().answer for _ in range(2)] == ["new", "new"]
    assert len(takes.read(path)) == 3


def test_once_replays_what_is_recorded_and_records_what_is_not(path, monkeypatch):
    monkeypatch.setenv("DESIRU_RECORDING", str(path))
    monkeypatch.setenv("DESIRU_MODE", "once")
    model = Scripted(["Answer: Air"])
    module = StreamingModule("question -> answer", model=model)
    for question in ("Why?", "Why?", "How?", "Why?", "How?"):
        assert module(question=question) == {"answer": "Air"}
    assert len(model.requests) == len(takes.read(path)) == 2


def test_the_environment_replays_unless_it_says_otherwise(path, monkeypatch):
    was = recorded(path, Scripted(SAID))
    monkeypatch.setenv("DESIRU_RECORDING", str(path))
    assert ended(start(Scripted([]))) == was
    monkeypatch.setenv("DESIRU_MODE", "rewind")
    with pytest.raises(ConfigError, match="replay, record, once, not 'rewind'"):
        start(Scripted([]))


class TestAModeWithoutAFile:
    @pytest.mark.parametrize("mode", ["replay", "Replay", "rewind"])
    def test_a_replay_of_nothing_asks_no_model(self, monkeypatch, mode):
        monkeypatch.setenv("DESIRU_MODE", mode)
        model = Scripted(SAID)
        with pytest.raises(ConfigError, match=f"DESIRU_MODE is '{mode}', but DESIRU_RECORDING names no file"):
            start(model)
        assert model.requests == []

    def test_nor_one_by_name_and_an_empty_name_of_a_file_is_none(self, monkeypatch):
        monkeypatch.setenv("DESIRU_MODE", "replay")
        monkeypatch.setenv("DESIRU_RECORDING", "")
        with pytest.raises(ConfigError, match="DESIRU_RECORDING names no file"):
            start("openai:gpt-5-mini")

    @pytest.mark.parametrize("mode", ["", "record", "once", "live"])
    def test_other_modes_ask(self, monkeypatch, mode):
        monkeypatch.setenv("DESIRU_MODE", mode)
        assert start(Scripted(SAID)).result()

    def test_what_is_begun_by_name_is_no_matter_of_the_environment(self, path, monkeypatch):
        was = recorded(path, Scripted(SAID))
        monkeypatch.setenv("DESIRU_MODE", "replay")
        assert replayed(path, Scripted([])) == was
        with recording.suspended():
            assert start(Scripted(SAID)).result()


def test_what_is_begun_by_name_goes_before_the_environment_and_off_takes_it_back(path, tmp_path, monkeypatch):
    monkeypatch.setenv("DESIRU_RECORDING", str(tmp_path / "none.jsonl"))
    monkeypatch.setenv("DESIRU_MODE", "once")
    record(path)
    start(Scripted(SAID)).result()
    recording.off()
    start(Scripted(SAID)).result()
    assert (len(takes.read(path)), len(takes.read(tmp_path / "none.jsonl"))) == (1, 1)


@pytest.mark.parametrize("mode", ["replay", "once"])
@pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
def test_what_records_into_the_file_of_the_environment_does_what_that_says(tmp_path, monkeypatch, mode, name):
    path = tmp_path / name
    was = recorded(path, Scripted(SAID))
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv("DESIRU_RECORDING", str(path))
    monkeypatch.setenv("DESIRU_MODE", mode)
    with record("sky.jsonl"):
        assert ended(start(Scripted([]))) == was
    assert len(takes.read(path)) == 1
    monkeypatch.delenv("DESIRU_MODE")  # nothing is said
    recorded(path, Scripted(SAID))
    assert len(takes.read(path)) == 2


def test_the_inner_block_counts_and_then_the_outer_one_again(path, tmp_path):
    with record(path), record(tmp_path / "inner.jsonl"):
        start(Scripted(SAID)).result()
    assert (len(takes.read(path)), len(takes.read(tmp_path / "inner.jsonl"))) == (0, 1)
    with recording.suspended():
        assert recording.current() is None


def test_a_folder_that_is_changed_meanwhile_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with record("sky.jsonl"):
        monkeypatch.chdir("/")
        start(Scripted(SAID)).result()
    assert len(takes.read(tmp_path / "sky.jsonl")) == 1


def test_asking_again_gives_the_next_recorded_answer(path):
    with record(path):
        run = start(Scripted(["Answer: one"]), "question -> answer")
        run.result()
        run.retry().result()
    assert len(takes.read(path)) == 2
    with replay(path, speed=AT_ONCE):
        run = start(Scripted([]), "question -> answer")
        run.result()
        assert run.retry().result().answer == "one"


def test_a_run_that_nobody_holds_is_cancelled_and_recorded_so(path):
    model = Scripted(["Answer: Air", gate := Gate()])
    with record(path):
        run = start(model)
        assert gate.reached.wait(PATIENCE)
        ending = run.log
        del run
        list(ending)
    assert takes.read(path)[0].ending.end == "cancelled"


def test_a_replay_takes_the_recorded_time_at_the_speed_that_is_wanted(path):
    recorded(path, Scripted(["Answer: ", "Air", " scatters"]))
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], *(_at(line, 0.1 * (n + 1)) for n, line in enumerate(lines[2:]))]) + "\n")
    with pytest.warns(RecordingWarning, match="was edited"):
        rewound = replay(path, speed=2)
    with rewound:
        run = start(Scripted([]))
        run.result()
    assert run.stats.duration >= 0.2


def _at(line: str, at: float) -> str:
    return json.dumps(json.loads(line) | {"at": at})


@pytest.mark.parametrize("speed", [0, -1, math.nan, "fast", True, None])
def test_a_speed_is_a_number_above_zero(path, speed):
    recorded(path, Scripted(SAID))
    with pytest.raises(ConfigError, match="A speed is a number above zero"):
        replay(path, speed=speed)


class TestWhereItCannotBeWritten:
    @pytest.mark.parametrize("mode", ["record", "once"])
    @pytest.mark.parametrize("where", ["/proc/sky.jsonl", "/nowhere/sky.jsonl", "/tmp"])
    def test_it_says_so_before_anything_is_asked(self, where, mode):
        with pytest.raises(ConfigError, match="cannot be written"):
            Recording(where, mode)

    def test_a_recording_that_vanishes_is_warned_of_and_the_run_goes_well(self, path, tmp_path):
        folder = tmp_path / "folder"
        folder.mkdir()
        with record(folder / "sky.jsonl"):
            (folder / "sky.jsonl").unlink()
            folder.rmdir()
            with pytest.warns(RecordingWarning, match=r"was not recorded: .*sky\.jsonl cannot be written any more"):
                assert start(Scripted(SAID)).result().answer == "Air scatters"

    @pytest.mark.parametrize("now", [b"a diary\n", b'{"desiru_recording": 2}\n', gzip.compress(b"a diary\n")])
    def test_a_file_that_takes_its_place_meanwhile_is_left_as_it_is(self, path, now):
        with record(path):
            path.write_bytes(now)
            with pytest.warns(RecordingWarning, match=r"The run \w+ was not recorded: .*sky\.jsonl"):
                assert start(Scripted(SAID)).result().answer == "Air scatters"
        assert path.read_bytes() == now

    def test_a_recording_that_is_deleted_meanwhile_is_begun_again(self, path):
        with record(path):
            start(Scripted(SAID)).result()
            path.unlink()
            start(Scripted(SAID)).result()
        assert len(takes.read(path)) == 1

    def test_of_a_run_that_does_not_fit_on_the_disk_nothing_is_left(self, path):
        resource = pytest.importorskip("resource")
        with record(path):
            start(Scripted(SAID)).result()
            before = path.read_bytes()
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 1000, hard))
            try:
                with pytest.warns(RecordingWarning, match="was not recorded"):
                    assert start(Scripted(["Answer: ", "Air" * 5000])).result().answer
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert path.read_bytes() == before
            start(Scripted(SAID)).result()
        assert len(takes.read(path)) == 2

    def test_replaying_a_file_that_is_not_there_says_how_to_make_one(self, path):
        with pytest.raises(ConfigError, match=r"cannot be read.*%desiru record FILE makes one"):
            replay(path)

    def test_a_file_that_is_no_recording_is_refused_and_left_as_it_is(self, path):
        path.write_text("a diary\n")
        for begin in (record, replay):
            with pytest.raises(ConfigError, match="is no recording"):
                begin(path)
        assert path.read_text() == "a diary\n"

    def test_a_recording_of_a_later_version_is_refused_and_left_as_it_is(self, path):
        path.write_text('{"desiru_recording": 2}\n')
        for begin in (record, replay):
            with pytest.raises(ConfigError, match="version 2; this desiru_notebook reads version 1"):
                begin(path)
        assert path.read_text() == '{"desiru_recording": 2}\n'


async def awaited(module):
    return await module.aforward(question=KEY)


class TestKeys:
    def test_a_key_in_a_prompt_is_warned_about(self, path):
        with record(path), pytest.warns(RecordingWarning, match="looks like a key") as warned:
            StreamingModule("question -> answer", model=Scripted(SAID))(question=f"Is {KEY} good?")
        assert KEY not in str(warned[0].message)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda module: module(question=KEY),
            lambda module: module.forward_stream(question=KEY),
            lambda module: module.create_stream(question=KEY),
            lambda module: asyncio.run(awaited(module)),
        ],
    )
    def test_the_warning_shows_the_line_that_asks(self, path, ask):
        with record(path), pytest.warns(RecordingWarning, match="looks like a key") as warned:
            ask(StreamingModule("question -> answer", model=Scripted(SAID)))
        assert warned[0].filename == __file__
        assert "question=KEY" in linecache.getline(__file__, warned[0].lineno)

    def test_every_prompt_with_one_is_warned_about_where_python_says_the_same_only_once(self, path):
        module = StreamingModule("question -> answer", model=Scripted(SAID))
        with record(path), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("default")
            for question in ("good", "good", "bad"):
                module(question=f"Is {KEY} {question}?")
        assert len(warned) == 2

    def test_it_is_hidden_on_request_in_the_prompt_and_in_the_answer_across_its_pieces(self, path):
        module = StreamingModule(
            "question -> answer", model=Scripted(["Answer: It is sk", "-proj-abcd", "efghijklmnop, I think"])
        )
        with record(path, redact=True):
            assert module(question=f"Is {KEY} good?") == {"answer": f"It is {KEY}, I think"}
        assert "proj" not in path.read_text()
        with replay(path, speed=AT_ONCE):
            assert module(question=f"Is {KEY} good?") == {"answer": "It is \u2026, I think"}
            assert module(question=f"Is {KEY}123 good?").complete

    def test_another_prompt_never_gets_the_answer_whatever_looks_like_a_key_in_it(self, path):
        module = StreamingModule("question -> answer", model=Scripted(SAID))
        with record(path), pytest.warns(RecordingWarning, match="looks like a key"):
            module(question="Explain hf_hub_download2!")
        with replay(path, speed=AT_ONCE):
            assert module(question="Explain hf_hub_download2!").complete
            with pytest.raises(NotRecordedError, match="only in what looks like a key"):
                module(question="Explain hf_list_models2!")

    def test_it_is_hidden_in_every_kind_of_piece_across_several(self, path):
        half = len(KEY) // 2
        kinds = (Text, Reasoning, Refusal, lambda text: ToolCall("look", text))
        said = [kind(text) for kind in kinds for text in (f"a {KEY[:half]}", f"{KEY[half:]} b")]
        with record(path, redact=True):
            StreamingModule("question -> answer", model=Scripted([*said, Notice(KEY)])).stream(question="Why?").join()
        assert KEY[:half] not in path.read_text()
        assert KEY[half:] not in path.read_text()

    def test_it_is_hidden_in_the_instructions_too(self, path):
        module = StreamingModule("question -> answer", model=Scripted(SAID), instructions=f"My key is {KEY}.")
        with record(path, redact=True):
            module(question="Why?")
        assert KEY not in path.read_text()
        with replay(path, speed=AT_ONCE):
            assert module(question="Why?").complete

    def test_no_key_in_the_name_of_a_test_stands_in_a_recording(self, path):
        module = StreamingModule("question -> answer", model=Scripted(SAID))
        for mode in ("record", "replay"):
            with recording.started(path, mode, test=f"test_it[{KEY}]"):
                assert module(question="Why?").complete
        assert KEY not in path.read_text()
        assert takes.read(path)[0].test == "test_it[\u2026]"

    def test_no_key_of_the_provider_stands_in_a_recording(self, path, service):
        model = desiru.model("openai:tokens-3", base_url=service.base_url, api_key="sk-very-secret-key")
        with record(path):
            start(model).join()
        assert "secret" not in path.read_text()
        assert "127.0.0.1" not in path.read_text()


def test_many_runs_at_once_are_recorded_whole(path):
    with record(path):
        runs = [start(Scripted(["Answer: ", *"0123456789"], delay=0.001)) for _ in range(40)]
        assert {run.result().answer for run in runs} == {"0123456789"}
    assert len(takes.read(path)) == 40


@pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
def test_two_kernels_record_into_one_file(tmp_path, name):
    code = (
        "import sys, desiru_notebook as d; from models import Scripted, start\n"
        "with d.record(sys.argv[1]):\n"
        "    for _ in range(50): start(Scripted(['Answer: ', 'Air ' * 5000])).result()"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path / name)], cwd="tests") for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    found = takes.read(tmp_path / name)
    assert len(found) == 100
    assert len({take.session for take in found}) == 2


def test_a_process_that_is_killed_loses_only_the_runs_in_flight(path):
    code = (
        "import sys, os, desiru_notebook as d; from models import Scripted, start, Gate\n"
        "d.record(sys.argv[1]); start(Scripted(['Answer: Air'])).result()\n"
        "gate = Gate(); run = start(Scripted(['Answer: Air', gate])); gate.reached.wait(10); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], cwd="tests").returncode == -9
    assert len(takes.read(path)) == 1


def test_a_run_is_recorded_before_its_result_is_there(path):
    with record(path):
        for number in range(20):
            start(Scripted(SAID)).result()
            assert len(takes.read(path)) == number + 1


def test_replays_in_many_threads_share_the_order(path):
    with record(path):
        for number in range(8):
            start(Scripted([f"Answer: {number}"]), "question -> answer").result()
    said = []
    with replay(path, speed=AT_ONCE):
        threads = [
            threading.Thread(target=lambda: said.append(start(Scripted([]), "question -> answer").result().answer))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(said) == list("01234567")
