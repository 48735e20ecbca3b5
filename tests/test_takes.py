"""Recordings that are not what they were: each is a clear word, and nothing else is lost."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
import tracemalloc
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import Scripted

from desiru_notebook import (
    ConfigError,
    Finish,
    NotRecordedError,
    RateLimitError,
    RecordingWarning,
    StreamingModule,
    Usage,
    fingerprint,
    record,
    replay,
    takes,
    tapefile,
)


@pytest.fixture
def path(tmp_path) -> Path:
    return made(tmp_path / "sky.jsonl")


def made(path: Path, *words: str) -> Path:
    """A recording of three questions: the answers, and an error at last."""
    with record(path):
        for word in words or ("one", "two"):
            ask(word, ["Answer: ", word, Finish("stop")])
        ask("three", ["Answer: thr", RateLimitError("Too many.")])
    return path


def ask(question: str, said: list) -> None:
    StreamingModule("question -> answer", model=Scripted(said), retries=0).stream(question=question).join()


def questions(path: Path) -> list[str]:
    """What was asked in the runs that can be read."""
    return [take.asked["messages"][-1]["content"].splitlines()[-1] for take in takes.read(path)]


def edit(path: Path, number: int, change) -> None:
    lines = path.read_text().splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    path.write_text("".join(lines))


def test_what_is_not_touched_is_read_without_a_word(path):
    assert questions(path) == ["one", "two", "three"]


@pytest.mark.parametrize("kept", [0, 1, 30, -1, -10])
def test_a_recording_that_ends_in_the_midst_of_a_run_has_the_runs_before_it(path, kept):
    last = path.read_bytes().rindex(b'{"run"')
    data = path.read_bytes()
    path.write_bytes(data[: last + kept] if kept >= 0 else data[:kept])
    if kept == 0:
        assert questions(path) == ["one", "two"]
        return
    if kept == -1:  # only the end of the last line is missing: that run is whole
        assert questions(path) == ["one", "two", "three"]
        return
    with pytest.warns(RecordingWarning, match=r"sky\.jsonl (the run at )?line 1[23]"):
        assert questions(path) == ["one", "two"]


@pytest.fixture(scope="module", params=["sky.jsonl", "sky.jsonl.gz"])
def whole(request, tmp_path_factory) -> tuple[Path, bytes]:
    """A recording and its bytes, the same ones for every cut: those of the next recording would have other times in them."""
    path = made(tmp_path_factory.mktemp("cut") / request.param)
    return path, path.read_bytes()


@settings(max_examples=100)
@given(cut=st.integers(0, 10_000))
def test_wherever_a_recording_is_cut_the_runs_before_and_those_recorded_later_are_there(whole, cut):
    path, data = whole
    path.write_bytes(data[: cut % len(data)])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecordingWarning)
            before = questions(path)
            made(path, "four")
            *between, four, three = questions(path)
    except ConfigError:  # the first line itself is cut
        assert cut % len(data) < 60
        return
    assert before == ["one", "two", "three"][: len(before)]
    assert [four, three] == ["four", "three"]
    # Packed, the cut run's last letters may be whole again: the next run begins with just the bits that they had.
    assert between in (before, ["one", "two", "three"][: len(before) + 1] if path.suffix == ".gz" else before)


@pytest.mark.parametrize("lost", range(1, 9))
def test_a_packed_run_that_lacks_its_last_bytes_is_read_also_when_something_was_recorded_behind_it(tmp_path, lost):
    path = made(tmp_path / "sky.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-lost])
    made(path, "four")
    with pytest.warns(RecordingWarning, match="cannot be read"):
        assert questions(path) == ["one", "two", "three", "four", "three"]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_packed_run_whose_first_byte_is_another_is_warned_of(tmp_path, number):
    path = made(tmp_path / "sky.jsonl.gz")
    first, *runs = path.read_bytes().split(b"\x1f\x8b\x08")[1:]
    path.write_bytes(b"".join(b"\x1f\x8b\x08" + one for one in [first, *runs[:number]]))
    with path.open("ab") as file:
        file.write(b"\x1e\x8b\x08" + runs[number] + b"".join(b"\x1f\x8b\x08" + one for one in runs[number + 1 :]))
    with pytest.warns(RecordingWarning, match="cannot be read, and is left out"):
        assert questions(path) == [name for at, name in enumerate(["one", "two", "three"]) if at != number]


def test_an_answer_that_was_edited_is_warned_of_and_replayed_as_it_stands(path):
    edit(path, 4, lambda line: line.replace("one", "won"))
    with pytest.warns(RecordingWarning, match=r"the answer of the run at line 2 was edited; it is replayed as it stands"):
        found = takes.read(path)
    assert [chunks[0].text for _, chunks in list(found[0].moments())[:2]] == ["Answer: ", "won"]
    assert len(found) == 3


def test_the_warning_shows_the_line_that_names_the_file(path):
    edit(path, 4, lambda line: line.replace("one", "won"))
    with pytest.warns(RecordingWarning, match="was edited") as warned:
        replay(path).stop()
    assert warned[0].filename == __file__


def test_a_warning_has_no_power_over_a_terminal(tmp_path):
    path = made(tmp_path / "sky\x1b[2J.jsonl")
    edit(path, 4, lambda line: line.replace("one", "won"))
    with pytest.warns(RecordingWarning, match="sky\u241b") as warned:
        replay(path).stop()
    assert "\x1b" not in str(warned[0].message)


def test_a_line_that_was_taken_out_of_an_answer_is_an_edit_too(path):
    edit(path, 4, lambda line: "")
    with pytest.warns(RecordingWarning, match="was edited; it is replayed"):
        assert questions(path) == ["one", "two", "three"]


@pytest.mark.parametrize(
    "change", [lambda line: line.replace("one", "ONE"), lambda line: line.replace('"run": "', '"run": "0')]
)
def test_a_question_that_was_edited_gets_no_answer(path, change):
    edit(path, 2, change)
    with pytest.warns(RecordingWarning, match=r"the run at line 2 is left out: what was asked there was edited"):
        assert questions(path) == ["two", "three"]


def asked(line: str, **changes) -> str:
    said = json.loads(line)
    return json.dumps(said | {"asked": said["asked"] | changes}) + "\n"


@pytest.mark.parametrize("messages", [None, 7, [], ["hello"], [[]], [{"role": "user"}], [{"role": "user", "content": 7}]])
def test_a_question_that_is_none_any_more_costs_its_run_and_no_other(path, messages):
    edit(path, 2, lambda line: asked(line, messages=messages))
    with pytest.warns(RecordingWarning, match="the run at line 2 is left out"):
        assert questions(path) == ["two", "three"]


def test_questions_that_changed_places_get_no_answers_of_each_other(path):
    lines = path.read_text().splitlines(keepends=True)
    lines[1], lines[6] = lines[6], lines[1]
    path.write_text("".join(lines))
    with pytest.warns(RecordingWarning, match=r"the run at line \d is left out: its last line is another run's"):
        assert questions(path) == ["three"]


def test_an_end_that_was_edited_is_warned_of(path):
    edit(path, 14, lambda line: line.replace("Too many", "Too few"))
    with pytest.warns(RecordingWarning, match="the answer of the run at line 12 was edited; it is replayed as it stands"):
        assert questions(path) == ["one", "two", "three"]


def test_an_answer_whose_question_was_taken_out_is_warned_of_once(path):
    edit(path, 2, lambda line: "")
    with pytest.warns(RecordingWarning, match="line 2 belongs to no run") as warned:
        assert questions(path) == ["two", "three"]
    assert len(warned) == 1


def test_many_lines_that_cannot_be_read_are_one_warning(path):
    edit(path, 1, lambda line: line + "a diary\n" * 100)
    with pytest.warns(RecordingWarning, match="line 2 cannot be read") as warned:
        assert questions(path) == ["one", "two", "three"]
    assert len(warned) == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_a_recording_in_another_encoding_is_refused_and_left_as_it_is(path, encoding):
    data = path.read_text().encode(encoding)
    path.write_bytes(data)
    for use in (takes.read, record):
        with pytest.raises(ConfigError, match="is no recording"):
            use(path)
    assert path.read_bytes() == data


def test_a_mark_of_the_byte_order_does_not_matter(path):
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert questions(path) == ["one", "two", "three"]


@pytest.mark.parametrize("version", ["true", "0", "1.5", '"1"'])
def test_a_version_is_a_whole_number_from_one_on(path, version):
    path.write_text(f'{{"desiru_recording": {version}}}\n')
    with pytest.raises(ConfigError, match="is no recording"):
        takes.read(path)


@pytest.mark.parametrize(
    "line",
    [
        *("<<<<<<< HEAD\n", '{"at": 0.1, "song": "la"}\n', '{"at": "soon", "text": "a"}\n', "[]\n", "\x00\n", '{"at": 0.1}\n'),
        *('{"at": Infinity, "text": "a"}\n', '{"at": NaN, "text": "a"}\n', "[" * 100_000 + "\n"),
    ],
)
def test_a_line_that_cannot_be_read_costs_its_run_and_no_other(path, line):
    edit(path, 4, lambda _: f"{line}\n")
    with pytest.warns(RecordingWarning, match=r"the run at line 2 is left out: line 4 cannot be read"):
        assert questions(path) == ["two", "three"]


def test_a_line_between_the_runs_costs_none(path):
    edit(path, 1, lambda line: line + "=======\n")
    with pytest.warns(RecordingWarning, match="line 2 cannot be read, and is left out"):
        assert questions(path) == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("moment", "fault"),
    [
        ({"at": -1, "text": "a"}, "its time, -1, is not a number of seconds"),
        ({"at": "0.1", "text": "a"}, "its time, '0.1', is not a number"),
        ({"at": True, "text": "a"}, "its time, True, is not a number"),
        ({"text": "a"}, "its time, None, is not a number"),
        ({"at": 0.1}, "it says nothing"),
        ({"at": 0.1, "text": 7}, "7 is no text"),
        ({"at": 0.1, "finish": ["stop"]}, r"\['stop'\] is no text"),
        ({"at": 0.1, "song": "la"}, "there is no chunk 'song'"),
        ({"at": 0.1, "chunks": "stop"}, "its chunks are no list of objects"),
        ({"at": 0.1, "chunks": [{"text": "a"}, 7]}, "its chunks are no list of objects"),
        ({"at": 0.1, "usage": {"output_tokens": "many"}}, "{'output_tokens': 'many'} is no 'usage'"),
        ({"at": 0.1, "usage": {"gold": 1}}, "{'gold': 1} is no 'usage'"),
        ({"at": 0.1, "usage": 7}, "7 is no 'usage'"),
        ({"at": 0.1, "notice": {"text": ["a", "b"]}}, r"{'text': \['a', 'b'\]} is no 'notice'"),
        ({"at": 0.1, "tool_call": {"name": 7}}, "{'name': 7} is no 'tool_call'"),
        ({"at": 0.1, "retry": {"attempt": 2, "reason": "", "delay": math.nan}}, ".* is no 'retry'"),
    ],
)
def test_a_moment_that_no_run_could_have_heard_is_named_with_its_line_and_its_fault(path, moment, fault):
    edit(path, 4, lambda _: json.dumps(moment) + "\n")
    with pytest.warns(RecordingWarning, match=rf"sky\.jsonl the run at line 2 is left out: line 4 cannot be read, for {fault}"):
        assert questions(path) == ["two", "three"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"error": {"type": "Oops", "message": ""}}, "is no error"),
        ({"error": {"type": "RateLimitError"}}, "is no error with a type and a message"),
        ({"error": {"type": "RateLimitError", "message": 7}}, "is no error with a type and a message"),
        ({"error": {"type": "json", "message": ""}}, "is no error"),
        ({"error": {"type": "RateLimitError", "message": "", "colour": "red"}}, "colour"),
        ({"error": 7}, ""),
        ({"error": None}, "a run has an error where it failed"),
        ({"end": "done"}, "a run has an error where it failed"),
        ({"end": ["failed"]}, r"no run ends as \['failed'\]"),
        ({"at": -1}, "its time, -1, is not a number of seconds"),
        ({"at": math.nan}, "its time, nan, is not a number of seconds"),
    ],
)
def test_an_end_that_says_nothing_known_costs_its_run(path, change, fault):
    lines = path.read_text().splitlines()
    lines[-1] = json.dumps(json.loads(lines[-1]) | change)
    path.write_text("\n".join(lines))
    with pytest.warns(RecordingWarning, match=rf"line 14 was changed into something else than an end: .*{fault}"):
        assert questions(path) == ["one", "two"]


@pytest.mark.parametrize("changed", ["run", "session", "name", "provider", "style", "test"])
def test_a_first_line_that_says_something_else_than_text_costs_its_run(path, changed):
    edit(path, 2, lambda line: json.dumps(json.loads(line) | {changed: ["a"]}) + "\n")
    with pytest.warns(RecordingWarning, match="the run at line 2 is left out: its first line was changed"):
        assert questions(path) == ["two", "three"]


@pytest.mark.parametrize("lost", ["session", "name", "provider", "style", "asked"])
def test_a_first_line_that_lacks_something_costs_its_run(path, lost):
    edit(path, 2, lambda line: json.dumps({name: said for name, said in json.loads(line).items() if name != lost}) + "\n")
    with pytest.warns(RecordingWarning, match="the run at line 2 is left out: its first line was changed"):
        assert questions(path) == ["two", "three"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_the_ends_of_lines_and_empty_lines_do_not_matter(path, end):
    path.write_bytes(path.read_bytes().replace(b"\n", end.encode()))
    assert questions(path) == ["one", "two", "three"]


def test_a_packed_recording_is_one_that_any_tool_unpacks(tmp_path):
    plain, packed = made(tmp_path / "a.jsonl"), made(tmp_path / "b.jsonl.gz")
    assert questions(packed) == questions(plain)
    assert len(gzip.decompress(packed.read_bytes()).splitlines()) == len(plain.read_bytes().splitlines())


def test_recordings_that_are_joined_are_one_recording(tmp_path):
    one, other = made(tmp_path / "a.jsonl"), made(tmp_path / "b.jsonl", "four")
    one.write_text(one.read_text() + "".join(other.read_text().splitlines(keepends=True)[1:]))
    assert questions(one) == ["one", "two", "three", "four", "three"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_files_that_are_joined_as_they_are_are_one_recording(tmp_path, name):
    one, other = made(tmp_path / name), made(tmp_path / f"other-{name}", "four")
    one.write_bytes(one.read_bytes() + other.read_bytes())
    assert questions(one) == ["one", "two", "three", "four", "three"]


@pytest.mark.parametrize(("name", "other"), [("a.jsonl", "b.jsonl.gz"), ("a.jsonl.gz", "b.jsonl")])
def test_a_file_is_packed_or_not_as_it_was_begun_whatever_it_is_called_now(tmp_path, name, other):
    path = made(tmp_path / name).rename(tmp_path / other)
    assert questions(made(path, "four")) == ["one", "two", "three", "four", "three"]


def test_a_file_that_was_packed_without_its_last_end_of_line_is_recorded_on(tmp_path):
    path = made(tmp_path / "sky.jsonl.gz")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).rstrip()))
    assert questions(made(path, "four")) == ["one", "two", "three", "four", "three"]


def test_a_packed_file_of_nothing_is_a_recording_of_nothing(tmp_path):
    path = tmp_path / "sky.jsonl.gz"
    path.write_bytes(gzip.compress(b""))
    assert questions(path) == []
    assert questions(made(path)) == ["one", "two", "three"]


def test_an_empty_file_is_a_recording_of_nothing(tmp_path):
    (tmp_path / "sky.jsonl").touch()
    assert questions(tmp_path / "sky.jsonl") == []
    assert questions(made(tmp_path / "sky.jsonl")) == ["one", "two", "three"]


REQUEST = {"model": "m", "settings": {}, "messages": [{"role": "user", "content": "Why?"}]}
FORGED: list = [None, [], "x", 7, {}, {**REQUEST, "model": None}, {**REQUEST, "settings": None}, {**REQUEST, "messages": None}]
FORGED += [{**REQUEST, "messages": [message]} for message in (None, [], "x", {}, {"role": "user"}, {"role": 1, "content": "x"})]
FORGED += [{**REQUEST, "messages": [{"role": "user", "content": None}]}, {**REQUEST, "signature": 7}]
FORGED += [{**REQUEST, "instructions": {}}]


@pytest.mark.parametrize("asked", FORGED)
def test_a_forged_request_is_left_out_and_the_others_are_answered(path, asked):
    run = {
        "run": fingerprint.fingerprint(asked),
        "session": "s",
        "name": "n",
        "provider": "p",
        "style": "header",
        "asked": asked,
    }
    end = {"at": 1, "end": "done", "of": run["run"], "lines": 0, "crc32": ""}
    path.write_text(path.read_text() + f"{json.dumps(run)}\n{json.dumps(end)}\n")
    with pytest.warns(RecordingWarning, match="its first line was changed into something else"):
        recording = replay(path, speed=math.inf)
    with recording:
        module = StreamingModule("question -> answer", model=Scripted([]))
        assert module(question="two") == {"answer": "two"}
        with pytest.raises(NotRecordedError):
            module(question="four")


@pytest.mark.parametrize("at", ["1e9", "1" + "0" * 400, "1" * 5000, "-1", "null", "true"])
@pytest.mark.parametrize("line", [3, 4, 5])
def test_a_time_that_no_run_takes_costs_its_run_only(path, at, line):
    edit(path, line, lambda text: re.sub(r'"at": [^,]+', f'"at": {at}', text))
    with pytest.warns(RecordingWarning):
        assert questions(path) == ["two", "three"]


@pytest.mark.parametrize(
    "error",
    [
        {"status": {}}, {"status": "429"}, {"retry_after": "soon"}, {"retry_after": 10**400}, {"retry_after": -1},
        {"request_id": 7}, {"provider": None}, {"transient": "yes"}, {"foo": 1}, {"type": "KeyError"}, {"message": None},
    ],
)  # fmt: skip
def test_a_forged_error_costs_its_run_only(path, error):
    lines = path.read_text().splitlines()
    end = json.loads(lines[-1])
    end["error"] |= error
    path.write_text("\n".join([*lines[:-1], json.dumps(end)]) + "\n")
    with pytest.warns(RecordingWarning):
        assert questions(path) == ["one", "two"]


@pytest.mark.parametrize("count", ["1" + "0" * 400, "-5"])
def test_a_count_that_nobody_can_have_meant_is_none(path, count):
    ask_with_usage = made(path.with_name("usage.jsonl"))
    edit(ask_with_usage, 3, lambda _: f'{{"at": 0.1, "usage": {{"output_tokens": {count}}}}}\n')
    with pytest.warns(RecordingWarning, match="was edited"):
        take = takes.read(ask_with_usage)[0]
    assert next(chunk for _, chunks in take.moments() for chunk in chunks) == Usage()


@pytest.mark.parametrize("use", [replay, record, takes.read])
def test_what_is_not_a_file_is_refused_at_once(tmp_path, use):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(ConfigError, match="is not a file, but a FIFO, a socket or a device"):
            use(path)


@pytest.mark.parametrize("use", [replay, record, takes.read])
def test_a_path_with_a_nul_is_refused(tmp_path, use, monkeypatch):
    monkeypatch.setenv("DESIRU_RECORDING", str(tmp_path / "sky.jsonl"))
    monkeypatch.setenv("DESIRU_MODE", "once")
    with pytest.raises(ConfigError, match="contains a NUL character"):
        use(tmp_path / "a\0b")


@pytest.mark.parametrize("packed", [True, False])
def test_of_a_file_that_is_too_large_the_runs_before_that_are_kept(path, packed, monkeypatch):
    monkeypatch.setattr(tapefile, "LARGEST", 100_000)
    bomb = path.read_bytes() + path.read_bytes().splitlines()[1] + b"\n" + b" " * 50_000_000
    path.write_bytes(gzip.compress(bomb) if packed else bomb)
    tracemalloc.start()
    with pytest.warns(RecordingWarning, match="is larger than"):
        assert questions(path) == ["one", "two", "three"]
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_what_was_appended_is_read_alone_and_what_was_changed_anew(path):
    for name in ("new.jsonl", "new.jsonl.gz"):
        path = made(path.with_name(name))
        reader = takes.TakesReader(path)
        first = list(reader.read())
        with record(path):
            ask("four", ["Answer: four"])
        assert [take is before for take, before in zip(reader.read(), [*first, None], strict=True)] == [True, True, True, False]
        made(path, "five")  # appended, too
        assert len(reader.read()) == 6
        path.unlink()
        made(path, "six")
        assert len(reader.read()) == 2
