"""Recordings that are not what they were: each is a clear word, and nothing else is lost."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import math
import os
import socket
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import Scripted

from desiru_notebook import (
    ConfigError,
    DesiruError,
    Finish,
    NotRecordedError,
    RateLimitError,
    RecordingWarning,
    Request,
    Signature,
    StreamingModule,
    record,
    recording,
    replay,
    takes,
    tape,
    tapefile,
    unpacking,
)
from desiru_notebook.asking import ask as asking
from desiru_notebook.fingerprint import fingerprint
from desiru_notebook.frontends.settings import begin_recording
from desiru_notebook.plainerror import error_of
from desiru_notebook.playback import Playback
from desiru_notebook.run import Run


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


def forge(path: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Change the lines of the second run, and make its fingerprint and its checksum fit."""
    lines = path.read_bytes().splitlines(keepends=True)
    forged = [json.loads(line) for line in lines[6:11]]
    change(forged)
    start, *moments, end = forged
    start["run"], end["lines"] = fingerprint(start["asked"]), len(moments)
    end["of"] = start["run"]
    came = [json.dumps(moment).encode() + b"\n" for moment in moments]
    crc = zlib.crc32(b"".join(came))
    ending = tape.last_line({name: said for name, said in end.items() if name != "crc32"}, crc)
    path.write_bytes(b"".join([*lines[:6], json.dumps(start).encode() + b"\n", *came, ending, *lines[11:]]))


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


ASKED = [
    None, 7, "model", [], {}, {"model": None}, {"messages": None}, {"messages": {}}, {"messages": "hello"}, {"model": ["a"]},
    {"messages": ["hello"]}, {"messages": [[]]}, {"messages": [{"role": "user"}]}, {"messages": [{"content": "Why?"}]},
    {"messages": [{"role": "user", "content": 7}]}, {"messages": [{"role": None, "content": "Why?"}]},
    {"messages": [{"role": "user", "content": "Why?", "name": ["a"]}]}, {"instructions": 7}, {"signature": {}},
    {"settings": nested(300)},
]  # fmt: skip


@pytest.mark.parametrize("forged", ASKED, ids=lambda forged: str(forged)[:40])
def test_a_forged_question_costs_its_run_and_harms_nobody_who_asks(path, forged):
    whole = isinstance(forged, dict) and forged
    forge(path, lambda lines: lines[0].update(asked={**lines[0]["asked"], **forged} if whole else forged))
    with pytest.warns(RecordingWarning, match="the run at line 7 is left out: its first line was changed"):
        assert questions(path) == ["one", "three"]
    with pytest.warns(RecordingWarning, match="line 7"):
        rewound = replay(path, speed=math.inf)
    with rewound:
        module = StreamingModule("question -> answer", model=Scripted([]))
        assert module(question="one") == {"answer": "one"}
        with pytest.raises(NotRecordedError, match=r"\+four"):
            module(question="four")


MOMENTS = [
    {"at": 10**400, "text": "a"}, {"at": 1e9, "text": "a"}, {"at": 0.1, "retry": {"attempt": 2, "reason": "", "delay": -1}},
    {"at": 0.1, "retry": {"attempt": 2, "reason": "", "delay": 10**400}},
    {"at": 0.1, "retry": {"attempt": 10**400, "reason": ""}},
    {"at": 0.1, "tool_call": {"name": "a", "arguments": {}}}, {"at": 0.1, "tool_call": {"name": "a", "hosted": "yes"}},
    {"at": 0.1, "notice": {"text": "a", "lasting": nested(300)}}, {"at": 0.1, "usage": {"input_tokens": nested(300)}},
]  # fmt: skip


@pytest.mark.parametrize("forged", MOMENTS, ids=lambda forged: str(forged)[:40])
def test_a_forged_moment_costs_its_run_and_no_other(path, forged):
    forge(path, lambda lines: lines.insert(2, forged))
    with pytest.warns(RecordingWarning, match="the run at line 7 is left out: line 9 cannot be read"):
        assert questions(path) == ["one", "three"]


@pytest.mark.parametrize("count", [10**400, 2**53 + 1, -1], ids=["10**400", "2**53 + 1", "-1"])
def test_a_count_of_tokens_that_cannot_be_is_none(path, count):
    forge(path, lambda lines: lines.insert(2, {"at": 0.1, "usage": {"input_tokens": 3, "output_tokens": count}}))
    with replay(path, speed=math.inf):
        run = StreamingModule("question -> answer", model=Scripted([])).stream(question="two")
        assert run.result() == {"answer": "two"}
    assert (run.stats.usage.input_tokens, run.stats.usage.output_tokens) == (3, None)


ENDS = [
    {"at": 10**400}, {"at": 1e9}, {"error": [["type", "DesiruError"], ["message", ""]]}, {"error": {"status": {}}},
    {"error": {"status": {}, "transient": True}}, {"error": {"status": 10**400}}, {"error": {"retry_after": "soon"}},
    {"error": {"retry_after": math.nan}}, {"error": {"retry_after": 10**400}}, {"error": {"request_id": ["a"]}},
    {"error": {"provider": None}}, {"error": {"transient": "yes"}}, {"error": {"foo": 1}},
    {"error": {"type": "StreamTimeout", "kind": "never"}}, {"error": {"type": "StreamTimeout", "kind": []}},
    {"error": {"type": "RunCancelled", "status": 7}}, {"error": nested(300)},
]  # fmt: skip


@pytest.mark.parametrize("forged", ENDS, ids=lambda forged: str(forged)[:40])
def test_a_forged_end_costs_its_run_and_no_other(path, forged):
    if isinstance(error := forged.get("error"), dict):
        forged = {"end": "failed", "error": {"type": "ProviderError", "message": "x"} | error}
    forge(path, lambda lines: lines[-1].update(forged))
    with pytest.warns(RecordingWarning, match="the run at line 7 is left out: line 11 was changed into something else"):
        assert questions(path) == ["one", "three"]


def test_an_error_is_recorded_without_what_has_no_place_in_one(tmp_path):
    path = tmp_path / "sky.jsonl"
    with record(path):
        ask("one", [RateLimitError("Too many.", status={}, retry_after="soon", request_id="r-1", transient=False)])
    [take] = takes.read(path)
    error = error_of(take.ending.error)
    assert (error.status, error.retry_after, error.request_id, error.transient) == (None, None, "r-1", False)


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


def test_a_small_file_that_unpacks_to_gigabytes_is_read_up_to_a_limit_in_little_memory(tmp_path):
    path = made(tmp_path / "sky.jsonl.gz")
    member = gzip.compress(b"a" * 16 * 2**20)
    with path.open("ab") as file:
        for _ in range(400):
            file.write(member)
    code = (
        "import pathlib, re, sys, warnings\nfrom desiru_notebook import takes\n"
        "with warnings.catch_warnings(record=True) as told:\n"
        "    warnings.simplefilter('always')\n"
        "    print(len(takes.read(pathlib.Path(sys.argv[1]))))\n"
        "held = re.search(r'VmHWM:\\s*(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]\n"
        "print(*[warning.message for warning in told], held, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60)
    assert not done.stderr
    runs, told, kilobytes = done.stdout.splitlines()
    assert runs == "3"
    assert "line 15 and all lines after it are left out: only 256 MB of a recording are read" in told
    assert int(kilobytes) < 300_000


@pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
def test_a_recording_is_read_up_to_a_limit_and_not_written_beyond_it(tmp_path, monkeypatch, name):
    path = made(tmp_path / name)
    size = len(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    monkeypatch.setattr(unpacking, "MOST", size - 1)
    monkeypatch.setattr(tapefile, "MOST", path.stat().st_size + 1)
    with pytest.warns(RecordingWarning, match="line 12 and all lines after it are left out"):
        assert questions(path) == ["one", "two"]
    before = path.read_bytes()
    with pytest.warns(RecordingWarning, match="is full: a recording has at most 0 MB. Record into another file"):
        made(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
def test_a_line_that_is_too_long_costs_its_run_and_no_other(tmp_path, monkeypatch, name):
    monkeypatch.setattr(unpacking, "LONGEST_LINE", 20_000)
    monkeypatch.setattr(unpacking, "_BLOCK", 1_000)
    with record(path := tmp_path / name):
        ask("one", ["Answer: ", "Air" * 20_000, Finish("stop")])
    made(path, "two")
    with pytest.warns(RecordingWarning, match="line 4 cannot be read") as warned:
        assert questions(path) == ["two", "three"]
    assert len(warned) == 1


def test_a_file_that_begins_a_packed_member_everywhere_is_refused_in_linear_time(tmp_path):
    path = tmp_path / "sky.jsonl.gz"
    path.write_bytes(b"\x1f\x8b\x08" * 1_000_000)
    with pytest.warns(RecordingWarning, match="line 2 cannot be read"):
        assert takes.read(path) == []


@pytest.fixture
def no_file(request, tmp_path) -> Iterator[str]:
    """Something that is not a file."""
    kind, path = request.param, str(tmp_path / "sky.jsonl")
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "loop":
        os.symlink(path, path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path)
            yield path
            return
    else:
        path = kind
    yield path


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize(
    "no_file",
    ["fifo", "loop", "folder", "socket", "/dev/zero", "/dev/null", "sky\0.jsonl", "s" * 300, "~nobody-of-that-name/sky.jsonl"],
    indirect=True,
)
def test_what_is_not_a_file_is_refused_at_once(no_file, monkeypatch):
    for begin in (record, replay, lambda path: recording.started(path, "once"), lambda path: begin_recording("replay", path)):
        with pytest.raises(ConfigError, match=r"cannot be (read|written|used)"):
            begin(no_file)
    assert recording.current() is None
    monkeypatch.setenv("DESIRU_RECORDING", "elsewhere.jsonl")
    monkeypatch.setenv("DESIRU_MODE", "replay")
    with pytest.raises(ConfigError, match=r"cannot be (read|written|used)"):
        record(no_file)
    if "\0" not in no_file:
        monkeypatch.setenv("DESIRU_RECORDING", no_file)
        with pytest.raises(ConfigError, match=r"cannot be (read|written|used)"):
            ask("one", [])


class TestAFileThatGrows:
    @pytest.fixture(autouse=True)
    def parsed(self, monkeypatch) -> list[int]:
        """The numbers of the lines that are parsed."""
        numbers: list[int] = []
        parse = takes.TakesReader._take

        def noting(self, number, line):
            numbers.append(number)
            parse(self, number, line)

        monkeypatch.setattr(takes.TakesReader, "_take", noting)
        return numbers

    @pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
    def test_mode_once_reads_each_run_once(self, tmp_path, parsed, name):
        path = tmp_path / name
        with recording.started(path, "once"):
            module = StreamingModule("question -> answer", model=Scripted(["Answer: ", "Air"]))
            for number in range(60):
                module(question=f"{number}?")
                module(question=f"{number // 2}?")
        assert len(parsed) <= 60 * 4
        assert len(takes.read(path)) == 60

    @settings(max_examples=60)
    @given(
        steps=st.lists(st.tuples(st.booleans(), st.sampled_from([b"", b"\n", b"a diary\n", b'{"run"'])), min_size=1, max_size=6)
    )
    def test_what_is_read_step_by_step_is_what_is_read_at_once(self, whole, steps):
        path, data = whole
        path.write_bytes(data)
        reader = takes.TakesReader(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecordingWarning)
            for runs, dirt in steps:
                with path.open("ab") as file:
                    file.write((data if runs else b"") + dirt)
                assert reader.read() == takes.read(path)

    @pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
    def test_a_fault_is_warned_about_once(self, tmp_path, name):
        path = made(tmp_path / name)
        data = path.read_bytes()
        path.write_bytes(data[:-20] + b"\n" + data)
        reader = takes.TakesReader(path)
        with pytest.warns(RecordingWarning):
            before = reader.read()
        with path.open("ab") as file:
            file.write(data)
        assert len(reader.read()) == len(before) + 3

    @pytest.mark.parametrize("name", ["sky.jsonl", "sky.jsonl.gz"])
    def test_a_file_that_has_changed_in_another_way_is_read_anew(self, tmp_path, name):
        path, other = made(tmp_path / name), made(tmp_path / f"other-{name}", "four", "five", "six")
        reader = takes.TakesReader(path)
        reader.read()
        path.write_bytes(other.read_bytes())
        assert reader.read() == takes.read(other)
        path.unlink()
        made(path, "seven")
        assert reader.read() == takes.read(path)
        path.write_bytes(other.read_bytes()[:-1])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RecordingWarning)
            assert reader.read() == takes.read(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from([10**400, 1e9, -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["run", "at", "end", "of", "asked", "model", "messages", "error", "type", "chunks", "text", "usage"])


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the value, with each of its keys."""
    if not isinstance(value, (dict, list)):
        return []
    inside = list(value.items() if isinstance(value, dict) else enumerate(value))
    return [(value, key) for key, _ in inside] + [place for _, one in inside for place in places(one)]


@st.composite
def mutations(draw, line: bytes) -> bytes:
    """The line with a key or a value of its own dropped, replaced or added, cut off, or with some bytes flipped."""
    kind = draw(st.sampled_from(["drop", "replace", "add", "cut", "flip", "forge"]))
    if kind == "cut":
        return line[: draw(st.integers(0, len(line)))]
    if kind == "flip":
        flipped = bytearray(line)
        for at in draw(st.lists(st.integers(0, len(line) - 1), min_size=1, max_size=3)):
            flipped[at] ^= draw(st.integers(1, 255))
        return bytes(flipped)
    said = json.loads(line)
    inside, key = draw(st.sampled_from(places(said)))
    if kind == "drop":
        del inside[key]
    elif kind == "add" and isinstance(inside, dict):
        inside[draw(NAMES | st.text(max_size=5))] = draw(JSON)
    else:
        inside[key] = draw(JSON)
    if kind == "forge" and "asked" in said:
        said["run"] = fingerprint(said["asked"])
    return json.dumps(said).encode()


async def played(take: takes.Take) -> None:
    async for _ in Playback(take, math.inf).stream(Request([])):
        pass


@settings(max_examples=300)
@given(data=st.data())
def test_whatever_becomes_of_a_line_the_other_runs_are_as_they_were_and_all_can_be_played(whole, data):
    path, packed = whole
    lines = (gzip.decompress(packed) if path.suffix == ".gz" else packed).splitlines()
    path.write_bytes(packed)
    before = takes.read(path)
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(mutations(lines[number]))
    mutated = b"\n".join(lines) + b"\n"
    path.write_bytes(gzip.compress(mutated) if path.suffix == ".gz" else mutated)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)
        try:
            after = takes.read(path)
        except ConfigError:
            assert number == 0
            return
    untouched = [take for at, take in enumerate(before) if at != (number - 1) // 5]
    assert [take for take in after if take in untouched] == untouched
    for take in after:
        with contextlib.suppress(DesiruError, asyncio.CancelledError):
            asyncio.run(played(take))
        chunks = asking(Playback(take, math.inf), Request([]), streaming=True, retries=0, patience=None)
        run = Run(Signature("question -> answer"), take.name, chunks)
        run.join()
        assert run.state in ("done", "failed", "cancelled")
        assert run.error is None or run.error.__cause__ is None
