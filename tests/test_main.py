"""``python -m desiru_notebook`` as a process of its own, against the mock service; how its words are read, in this process."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from mock_provider import MockProvider, words
from models import Scripted, start

import desiru_notebook
from desiru_notebook import DesiruError, ProviderError
from desiru_notebook.__main__ import main
from desiru_notebook.frontends.html import prediction_bundle
from desiru_notebook.providers import Notice

REASONING = " ".join(f"word{at}" for at in range(5))
ANSWER = " ".join(f"word{at}" for at in range(5, 10))
PLAIN = f"Reasoning: {REASONING}\n\nAnswer: {ANSWER}\n"
SIGNATURE = "question -> reasoning, answer"
TEN = ["-m", "openai:words-10-0"]
TIMES = {"ttft", "duration", "tokens_per_second"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "desiru_notebook", *arguments]


@pytest.fixture
def environment(service: MockProvider) -> dict[str, str]:
    return os.environ | {"OPENAI_BASE_URL": service.base_url, "OPENAI_API_KEY": "sk-very-secret", "PYTHONWARNINGS": "error"}


@pytest.fixture
def run(environment):
    def run(*arguments: str, text: str | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        given: dict[str, Any] = {"stdin": subprocess.DEVNULL} if text is None else {"input": text}
        return subprocess.run(
            command(*arguments), env=environment | more, capture_output=True, encoding="utf-8", timeout=60, **given
        )

    return run


def outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str, list[str]]:
    """Exit status, output, and the lines of stderr without the figures of the last one."""
    lines = done.stderr.splitlines()
    return done.returncode, done.stdout, [line.split("  ")[0] if line[:1] in "✓■✕" else line for line in lines]


class TestPlain:
    def test_the_fields_come_out_under_their_labels_and_the_figures_beside_them(self, run, service):
        done = run(SIGNATURE, "Why is the sky blue?", *TEN)
        assert outcome(done) == (0, PLAIN, ["✓ done"])
        assert done.stderr.endswith(" · 13 tokens  words-10-0\n")
        (entry,) = service.log()
        assert (entry["model"], entry["finished"]) == ("words-10-0", True)

    def test_stdin_is_the_input_that_is_left(self, run, service):
        assert outcome(run("q -> a", "-m", "openai:echo", text="from stdin\n")) == (
            0,
            "A: [[ ## q ## ]]\nfrom stdin\n",
            ["✓ done"],
        )

    def test_the_model_of_the_environment_is_taken_where_none_is_named(self, run):
        assert outcome(run(SIGNATURE, "Why?", DESIRU_MODEL="openai:words-10-0")) == (0, PLAIN, ["✓ done"])

    def test_what_the_output_cannot_write_is_spelled(self, run):
        done = run("q -> a", "\u65e5 \u201cso\u201d \u2014 \xe9", "-m", "openai:echo", PYTHONIOENCODING="ascii")
        assert done.stdout == 'A: [[ ## q ## ]]\n\\u65e5 "so" -- \\xe9\n'
        assert (done.returncode, done.stderr[:6], done.stderr.count(" - ")) == (0, "+ done", 3)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestInputs:
    """What the words of the command line become."""

    @pytest.fixture
    def model(self):
        model = Scripted(["42"])
        desiru_notebook.configure(model=model)
        return model

    @pytest.mark.parametrize(
        ("arguments", "text", "inputs"),
        [
            (["q -> a", "1 + 1 = 2?"], None, {"q": "1 + 1 = 2?"}),
            (["q -> a", "q=1 + 1 = 2?"], None, {"q": "1 + 1 = 2?"}),
            (["q -> a", "x=1"], None, {"q": "x=1"}),
            (["q -> a", "-"], "from stdin\n", {"q": "from stdin"}),
            (["q -> a"], "from stdin\n", {"q": "from stdin"}),
            (["q -> a", "q=-"], "from stdin\n", {"q": "-"}),
            (["q -> a", "from arguments"], "from stdin\n", {"q": "from arguments"}),
            (["d, q -> a", "d=one", "q=two"], None, {"d": "one", "q": "two"}),
            (["d, q -> a", "two", "d=one"], None, {"d": "one", "q": "two"}),
            (["d, q -> a", "q=two"], "one\n", {"d": "one", "q": "two"}),
            (["d, q -> a", "q=zwei €", "d=日本 {x} $HOME"], None, {"d": "日本 {x} $HOME", "q": "zwei €"}),
            (["--json", "d, q -> a", "d=one", "two"], None, {"d": "one", "q": "two"}),
            (["d, q -> a", "d=one", "--json", "two"], None, {"d": "one", "q": "two"}),
            (["q -> a", "--json", "one"], None, {"q": "one"}),
        ],
    )
    def test_what_stands_where(self, monkeypatch, capsys, model, arguments, text, inputs):
        monkeypatch.setattr("sys.stdin", Terminal() if text is None else io.StringIO(text))
        assert main(arguments) == 0
        (request,) = model.requests
        assert request.messages[-1].content == "\n\n".join(f"[[ ## {name} ## ]]\n{value}" for name, value in inputs.items())

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([SIGNATURE, ""], "InputError: The input 'question' is empty"),
            ([SIGNATURE, "  "], "InputError: The input 'question' is empty"),
            ([SIGNATURE], "InputError: The input 'question' is missing"),
            ([SIGNATURE, "secret", "secret"], "InputError: 'question -> reasoning, answer' takes question=...;"),
            (["d, q -> a", "secret"], "InputError: 'd, q -> a' takes d=... q=...;"),
            (["d, q -> a", "q=secret", "d=secret", "secret"], "InputError: 'd, q -> a' takes d=... q=...;"),
            (["d, q -> a", "q=secret"], "InputError: The input 'd' is missing"),
            (["question -> ", "secret"], "SignatureError: A signature needs at least one output."),
            ([SIGNATURE, "secret", "-m", "openai"], "ConfigError: "),
        ],
    )
    def test_what_stands_nowhere_is_refused_in_a_paragraph(self, monkeypatch, capsys, model, arguments, said):
        monkeypatch.setattr("sys.stdin", Terminal())
        assert main(arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(said)
        assert "\n\n" not in err.strip()
        assert "secret" not in err
        assert model.requests == []

    def test_an_interrupt_while_the_input_is_read(self, monkeypatch, model):
        class Interrupted(io.StringIO):
            def read(self, size: int | None = -1) -> str:
                raise KeyboardInterrupt

        monkeypatch.setattr("sys.stdin", Interrupted())
        assert main([SIGNATURE, "-"]) == 130
        assert model.requests == []


class TestJson:
    def test_every_event_is_a_line(self, run):
        done = run(SIGNATURE, "Why?", *TEN, "--json")
        events = [json.loads(line) for line in done.stdout.splitlines()]
        stats = {
            "model": "words-10-0",
            "provider": "openai",
            "tokens": 13,
            "usage": {"input_tokens": 7, "output_tokens": 13, "total_tokens": 20},
            "attempts": 1,
            "finish": "stop",
            "state": "done",
            "streamed": True,
            "notices": [],
        }
        assert [measured.keys() for measured in pop_times(events)] == [TIMES]
        assert events == [
            {"type": "run_start", "signature": SIGNATURE, "model": "words-10-0"},
            *field("reasoning", words(10)[1:6]),
            *field("answer", words(10)[7:12]),
            {
                "type": "run_end",
                "state": "done",
                "prediction": {"reasoning": REASONING, "answer": ANSWER},
                "stats": stats,
                "error": None,
            },
        ]
        assert (done.returncode, done.stderr) == (0, "")

    def test_a_failed_run_ends_with_its_error(self, run):
        done = run(SIGNATURE, "Why?", "-m", "openai:eof-10", "--json")
        *_, end = [json.loads(line) for line in done.stdout.splitlines()]
        assert (end["type"], end["state"], end["error"]["type"]) == ("run_end", "failed", "StreamInterrupted")
        assert (done.returncode, done.stderr) == (1, "")

    def test_it_is_ascii_which_has_no_power_over_a_terminal(self, run):
        text = "\u65e5 \u202e \x9b2J \U000e0041 \x7f"
        done = run("q -> a", text, "-m", "openai:echo", "--json")
        assert done.stdout.isascii()
        assert not any(letter in done.stdout for letter in "\x1b\x7f")
        assert json.loads(done.stdout.splitlines()[-1])["prediction"] == {"a": f"[[ ## q ## ]]\n{text}"}

    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_half_a_surrogate_pair_ends_no_line(self, run, tmp_path, form):
        """In a model's name, as Python reads a byte that is not UTF-8, in a notice, in the answer, and in an error."""
        said = ["A: \ud83d", Notice("half \ud83d", lasting=True), DesiruError("half \udc00")]
        recorded = Scripted(said)
        recorded.provider, recorded.name = "openai", "m\udcff"
        with desiru_notebook.record(tmp_path / "half.jsonl"):
            desiru_notebook.StreamingModule("q -> a", model=recorded, retries=0).stream(q="Why?").join()
        done = run("q -> a", "Why?", "-m", "openai:m\udcff", *form, DESIRU_RECORDING=str(tmp_path / "half.jsonl"))
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        if form:
            begin, *_, end = [json.loads(line) for line in done.stdout.splitlines()]
            assert (begin["model"], end["error"]["message"]) == ("m\udcff", "half \u27e8U+DC00\u27e9")
            assert end["stats"]["notices"] == ["half \ud83d"]


def field(name: str, tokens: list[str]) -> list[dict[str, Any]]:
    """The events of a field that came in these tokens; white space at the end of one goes with the next."""
    pieces = [" " * (at > 0) + token.strip() for at, token in enumerate(tokens)]
    text = "".join(pieces)
    return [
        {"type": "field_start", "field": name},
        *({"type": "field_delta", "field": name, "text": piece} for piece in pieces),
        {"type": "field_end", "field": name, "text": text, "value": text},
    ]


def pop_times(events: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Take the times out of the events."""
    return [{name: event["stats"].pop(name) for name in TIMES} for event in events if "stats" in event]


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["question answer", "secret"], "SignatureError: A signature needs an arrow: 'inputs -> outputs'."),
            ([SIGNATURE, "secret", "-m", "zebra:x"], "ConfigError: There is no provider 'zebra'."),
            ([SIGNATURE, *TEN], "InputError: The input 'question' is empty"),
        ],
    )
    def test_bad_use_is_told_in_a_paragraph_and_nothing_is_sent(self, run, service, arguments, said):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(said)
        assert "\n\n" not in done.stderr.strip()
        assert "Traceback" not in done.stderr
        assert "secret" not in done.stderr
        assert service.log() == []

    @pytest.mark.parametrize("arguments", [[], ["--zebra", SIGNATURE, "Why?"]])
    def test_an_option_that_does_not_exist_shows_the_usage(self, run, arguments):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("usage: python -m desiru_notebook [-h] [-m MODEL] [--json]")
        assert "SIGNATURE" in done.stderr

    @pytest.mark.parametrize(
        ("model", "output", "said"),
        [
            ("status-401", "", "AuthenticationError: "),
            ("status-404", "", "ModelNotFoundError: "),
            ("html", "", "ProtocolError: "),
            ("eof-10", f"Reasoning: {REASONING}\n", "StreamInterrupted: "),
        ],
    )
    def test_a_failed_run_keeps_what_came_and_says_why(self, run, model, output, said):
        done = run(SIGNATURE, "the-prompt", "-m", f"openai:{model}")
        assert (done.returncode, done.stdout) == (1, output)
        figures, error = done.stderr.splitlines()
        assert figures.startswith("✕ failed  ")
        assert error.startswith(said)
        assert "the-prompt" not in done.stderr
        assert "sk-very-secret" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
class TestInterrupt:
    @pytest.fixture
    def start(self, environment):
        started = []

        def start(*arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                command(*arguments),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
            started.append(process)
            return process

        yield start
        for process in started:
            process.kill()
            process.communicate()

    def test_it_ends_the_command_quietly_and_closes_the_connection(self, start, service):
        process = start(SIGNATURE, "Why?", "-m", "openai:words-100000-50")
        assert process.stdout.read(len("Reasoning: word0")) == "Reasoning: word0"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "Traceback" not in err
        assert service.wait_for(lambda entry: entry["client_gone_at"])["finished"] is False
        assert out.split() == [f"word{at}" for at in range(1, len(out.split()) + 1)]

    def test_it_ends_json_with_whole_lines(self, start, service):
        process = start(SIGNATURE, "Why?", "-m", "openai:words-100000-50", "--json")
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, "")
        kinds = [json.loads(line)["type"] for line in [*lines, *out.splitlines()]]
        assert kinds[:3] == ["run_start", "field_start", "field_delta"]
        assert kinds[-1] == "run_end"
        assert service.wait_for(lambda entry: entry["client_gone_at"])["finished"] is False

    def test_it_ends_a_run_that_says_nothing_yet(self, start, service):
        process = start(SIGNATURE, "Why?", "-m", "openai:wait-60-4-0")
        service.wait_for(lambda entry: entry["model"] == "wait-60-4-0")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (130, "")
        assert "Traceback" not in err
        service.wait_for(lambda entry: entry["client_gone_at"])


def test_an_error_has_no_power_over_the_terminal(capsys):
    model = Scripted([ProviderError("It says \x1b]52;c;cm0gLXJm\x07.")])
    model.name = "m\x1b[1m"
    desiru_notebook.configure(model=model)
    assert main([SIGNATURE, "Why?"]) == 1
    shown = capsys.readouterr().err
    assert shown.endswith("m\u241b[1m\nProviderError: It says \u241b]52;c;cm0gLXJm\u2407.\n")
    assert "\x1b" not in shown


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nobody that a pipe has no reader any more")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_has_heard_enough_ends_the_command_without_a_traceback(environment, form):
    """As in ``... | head -1``."""
    words = command(SIGNATURE, "Why?", "-m", "openai:words-100000-1000", *form)
    pipes = dict.fromkeys(["stdout", "stderr"], subprocess.PIPE)
    with subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, encoding="utf-8", **pipes) as process:
        assert process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
    assert "Traceback" not in said


def test_help_says_how_to_begin(run):
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "question -> reasoning, answer" in done.stdout


class TestExport:
    """The subcommand ``export``."""

    @pytest.fixture
    def notebook(self, tmp_path):
        done = start(Scripted(["Answer: blue"]), "question -> answer")
        done.join()
        data, metadata = prediction_bundle(done.partial)
        output = {"output_type": "execute_result", "data": data, "metadata": metadata, "execution_count": 1}
        cells = [{"cell_type": "code", "source": "ask()", "outputs": [output], "metadata": {}, "execution_count": 1}]
        path = tmp_path / "lesson.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
        return path

    def test_a_notebook_becomes_a_page_beside_it(self, run, notebook):
        page = notebook.with_suffix(".html")
        assert outcome(run("export", str(notebook))) == (0, f"{page}\n", [])
        assert "blue" in page.read_text("utf-8")

    def test_the_page_may_stand_elsewhere(self, run, notebook, tmp_path):
        page = tmp_path / "page.html"
        assert outcome(run("export", str(notebook), "--out", str(page))) == (0, f"{page}\n", [])
        assert [path.name for path in sorted(tmp_path.iterdir())] == ["lesson.ipynb", "page.html"]

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["nowhere.ipynb"], "InputError: nowhere.ipynb does not exist: check the name and the folder."),
            ([__file__], f"InputError: {__file__} is not a notebook: it is not JSON."),
            (["lesson.ipynb", "-o", "a.pdf"], "InputError: A page is saved as .html, not as 'a.pdf': name it 'a.html'."),
        ],
    )
    def test_bad_use_is_told_in_one_line(self, capsys, arguments, told):
        assert main(["export", *arguments]) == 2
        assert capsys.readouterr() == ("", f"{told}\n")

    @pytest.mark.parametrize("arguments", [["--help"], ["export", "--help"]])
    def test_the_help_tells_of_it(self, capsys, arguments):
        with pytest.raises(SystemExit, match="0"):
            main(arguments)
        assert "export" in capsys.readouterr().out

    def test_it_loads_no_screen(self, environment, notebook):
        script = "import sys; from desiru_notebook.__main__ import main; main(sys.argv[1:])"
        script += "; sys.exit(' '.join({'IPython', 'anywidget', 'tornado', 'openai', 'rich'} & sys.modules.keys()))"
        done = subprocess.run(
            [sys.executable, "-c", script, "export", str(notebook)], env=environment, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (1, "\n")
