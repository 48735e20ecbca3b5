"""``%%desiru`` and ``%desiru`` in a real IPython shell."""

from __future__ import annotations

import asyncio
import re

import pytest
from models import PATIENCE, Gate, Scripted

import desiru_notebook
from desiru_notebook import (
    ConfigError,
    InputError,
    NotRecordedError,
    Prediction,
    ProviderError,
    RecordingWarning,
    SignatureError,
    StreamTimeout,
    config,
    portal,
)

SKY = Prediction({"reasoning": "Light scatters.", "answer": "Rayleigh"})
SAID = "Reasoning: Light scatters.\nAnswer: Rayleigh"
ASK = "%%desiru question -> reasoning, answer\nWhy is the sky blue?"


@pytest.fixture
def model() -> Scripted:
    """The configured model."""
    model = Scripted([SAID])
    desiru_notebook.configure(model=model)
    return model


def run(shell, cell):
    """Run a cell that has to go well; its value."""
    result = shell.run_cell(cell, store_history=True)
    result.raise_error()
    return result.result


def fail(shell, cell):
    """Run a cell that has to fail; its error."""
    result = shell.run_cell(cell, store_history=True)
    assert result.result is None
    return result.error_in_exec


def asked(model):
    """What the last request's user said."""
    return model.requests[-1].messages[-1].content


class TestValue:
    def test_the_cells_value_is_the_prediction(self, shell, model):
        value = run(shell, ASK)
        assert value == SKY
        assert value.complete

    def test_it_is_in_out_and_in_the_underscore(self, shell, model):
        number = shell.execution_count
        value = run(shell, ASK)
        assert shell.user_ns["_"] is value
        assert shell.user_ns["Out"][number] is value

    def test_it_is_bound_to_the_name_after_out_too(self, shell, model):
        value = run(shell, ASK.replace("%%desiru", "%%desiru --out sky"))
        assert shell.user_ns["sky"] is value

    def test_the_run_is_in_the_notebooks_variable(self, shell, model):
        value = run(shell, ASK)
        assert shell.user_ns["_run"].state == "done"
        assert shell.user_ns["_run"].result() is value

    def test_the_text_that_streamed_is_on_the_screen(self, shell, model, capsys):
        run(shell, ASK)
        assert capsys.readouterr().out.startswith("Reasoning: Light scatters.\n\nAnswer: Rayleigh\n")

    def test_the_next_cell_reads_it(self, shell, model):
        run(shell, ASK)
        assert run(shell, "_.answer") == "Rayleigh"


class TestInput:
    @pytest.mark.parametrize("body", ["{name} and {1 + 1} and {{name}}", "$HOME and $name and ${name}", "!ls", "%pwd", "?x"])
    def test_nothing_in_the_body_is_expanded(self, shell, model, body):
        shell.user_ns["name"] = "expanded"
        run(shell, f"%%desiru question -> reasoning, answer\n{body}")
        assert asked(model) == f"[[ ## question ## ]]\n{body}"

    def test_nothing_on_the_line_is_expanded(self, shell, model):
        shell.user_ns.update(dict.fromkeys(["name", "HOME", "question", "answer"], "expanded"))
        run(shell, '%%desiru --instructions "Use {name} and $HOME" question -> answer\nWhy?')
        assert "Use {name} and $HOME" in model.requests[-1].messages[0].content
        error = fail(shell, "%%desiru {question} -> $answer\nWhy?")
        assert isinstance(error, SignatureError)
        assert "{question} -> $answer" in str(error)

    def test_an_input_that_the_body_leaves_out_is_the_notebooks_variable(self, shell, model):
        shell.user_ns["document"] = ["page one", "page two"]
        run(shell, "%%desiru document, question -> reasoning, answer\nquestion: Why?")
        assert asked(model) == '[[ ## document ## ]]\n["page one", "page two"]\n\n[[ ## question ## ]]\nWhy?'

    @pytest.mark.parametrize(
        "cell", ["%%desiru text -> summary", "%%desiru text -> summary\n", "%%desiru text -> summary\n \n\n"]
    )
    def test_one_input_without_a_body_is_the_notebooks_variable_too(self, shell, model, cell):
        model.chunks = ["Summary: Short."]
        run(shell, 'text = "A long text."')
        assert run(shell, cell).summary == "Short."
        assert asked(model) == "[[ ## text ## ]]\nA long text."

    @pytest.mark.parametrize("line", ["%%desiru", "%%desiru ", "%%desiru -t 0.5", "%%desiru --out sky"])
    def test_without_a_signature_a_body_is_a_question(self, shell, model, line):
        model.chunks = ["Answer: Rayleigh"]
        assert run(shell, f"{line}\nWhy is the sky blue?").answer == "Rayleigh"
        assert asked(model) == "[[ ## question ## ]]\nWhy is the sky blue?"
        assert str(model.requests[-1].signature) == "question -> answer"

    @pytest.mark.parametrize("cell", ["%%desiru", "%%desiru \n \n", "%%desiru -t 0.5"])
    def test_without_a_signature_and_a_body_the_error_is_an_example(self, shell, model, cell):
        error = fail(shell, cell)
        assert isinstance(error, InputError)
        assert str(error) == (
            "The cell is empty. Write what you ask below %%desiru, as in:\n\n"
            "    %%desiru question -> reasoning, answer\n    Why is the sky blue?"
        )
        assert model.requests == []

    def test_without_a_signature_and_a_body_a_variable_is_the_question(self, shell, model):
        model.chunks = ["Answer: Rayleigh"]
        run(shell, "question = 'Why is the sky blue?'")
        assert run(shell, "%%desiru").answer == "Rayleigh"

    def test_a_variable_that_cannot_be_sent_is_refused_by_its_name(self, shell, model):
        run(shell, "plot = object()")
        error = fail(shell, "%%desiru plot -> answer")
        assert isinstance(error, InputError)
        assert "The input 'plot' cannot be sent as text: it is a value of type object." in str(error)
        assert model.requests == []


class TestHint:
    """A name in braces is sent as it is written; who meant the variable is told, once."""

    CELL = "%%desiru question -> reasoning, answer\nSum up {text}, please."

    def test_it_is_printed_once_in_a_session_and_the_body_is_sent_as_it_stands(self, shell, model, capsys):
        run(shell, 'text = "A long text."')
        for _ in range(2):
            run(shell, self.CELL)
            assert asked(model) == "[[ ## question ## ]]\nSum up {text}, please."
        printed = capsys.readouterr()
        assert printed.err.count("Hint: {text} is sent as it is written") == 1
        assert "Hint" not in printed.out
        assert "A long text." not in printed.err

    def test_there_is_none_without_such_a_variable(self, shell, model, capsys):
        run(shell, self.CELL)
        run(shell, self.CELL.replace("{text}", "{In} and {get_ipython} and {_}"))
        assert "Hint" not in capsys.readouterr().err


class TestOptions:
    def test_they_reach_the_request(self, shell, model):
        run(shell, "%%desiru -t 0.25 --max-tokens 9 --instructions 'Be brief.' question -> answer\nWhy?")
        request = model.requests[-1]
        assert (request.temperature, request.max_tokens, dict(request.extra)) == (0.25, 9, {})
        assert request.messages[0].content.endswith("Be brief.")
        assert request.signature == desiru_notebook.Signature("question -> answer", instructions="Be brief.")

    def test_without_them_the_request_says_nothing(self, shell, model):
        run(shell, ASK)
        assert (model.requests[-1].temperature, model.requests[-1].max_tokens) == (None, None)

    def test_think_adds_the_field_reasoning_before_the_others(self, shell, model):
        assert run(shell, "%%desiru --think question -> answer\nWhy?") == SKY
        assert list(model.requests[-1].signature.outputs) == ["reasoning", "answer"]

    def test_model_names_another_model_for_this_cell_only(self, shell, model, monkeypatch):
        other = Scripted(["Answer: other"])
        monkeypatch.setitem(config._models, "tests:other", other)
        assert run(shell, "%%desiru -m tests:other question -> answer\nWhy?") == Prediction({"answer": "other"})
        assert model.requests == []
        assert run(shell, ASK) == SKY

    def test_timeout_limits_the_whole_run(self, shell, model):
        model.chunks = [Gate()]
        error = fail(shell, "%%desiru --timeout 0.05 question -> answer\nWhy?")
        assert isinstance(error, StreamTimeout)
        assert error.kind == "total"


class Cancelling(Scripted):
    """After its chunks it cancels the shell's run, as a click does, and is silent for ever."""

    def __init__(self, shell, chunks):
        super().__init__(chunks)
        self.shell = shell

    async def stream(self, request):
        async for chunk in super().stream(request):
            yield chunk
        while "_run" not in self.shell.user_ns:
            await asyncio.sleep(0)
        self.shell.user_ns["_run"].cancel()
        await Gate().passed()


class TestCancel:
    def test_a_cancelled_cell_ends_quietly_with_what_there_is(self, shell, capsys):
        desiru_notebook.configure(model=Cancelling(shell, ["Reasoning: Light"]))
        value = run(shell, ASK.replace("%%desiru", "%%desiru --out sky"))
        assert value == Prediction({"reasoning": "Light"})
        assert (value.complete, value.missing) == (False, ["answer"])
        assert shell.user_ns["_run"].state == "cancelled"
        assert shell.user_ns["_"] is shell.user_ns["sky"] is value
        said = capsys.readouterr()
        assert "[cancelled]" in said.out
        assert "cancelled" in said.err

    def test_an_interrupt_cancels_the_run_and_is_raised(self, shell, model):
        gate = Gate()
        model.chunks = ["Reasoning: Light", gate]

        def interrupted(outcome, timeout, whom):
            portal.set_waiter(None)  # once
            assert gate.reached.wait(PATIENCE)
            raise KeyboardInterrupt

        portal.set_waiter(interrupted)
        assert isinstance(fail(shell, ASK), KeyboardInterrupt)
        assert model.was_closed()
        assert shell.user_ns["_run"].state == "cancelled"
        assert shell.user_ns["_run"].partial == Prediction({"reasoning": "Light"})


class TestFailure:
    def test_a_failed_cell_shows_the_partial_text_and_raises_a_short_error(self, shell, model, capsys):
        model.chunks = ["Reasoning: Light", ZeroDivisionError("of light")]
        error = fail(shell, ASK)
        assert isinstance(error, ProviderError)
        assert error.partial == shell.user_ns["_run"].partial == Prediction({"reasoning": "Light"})
        said = capsys.readouterr().out
        assert said.startswith("Reasoning: Light\n")
        assert "ProviderError\x1b[0m: scripted failed with ZeroDivisionError: of light" in said
        assert "Traceback" not in said
        assert "magic.py" not in said

    def test_the_error_is_rendered_as_its_name_and_message(self, shell, model):
        error = fail(shell, "%%desiru question answer\nWhy?")
        text = f"\x1b[31mSignatureError\x1b[0m: {error}"
        assert error._render_traceback_() == text.splitlines()
        assert len(text.splitlines()) == 3  # the message, the text, the caret

    def test_what_a_service_says_in_it_has_no_power_over_the_screen(self, shell):
        desiru_notebook.configure(model=Scripted([ProviderError("It says \u202eno\x1b[2J.")]))
        (line,) = fail(shell, ASK)._render_traceback_()
        assert line == "\x1b[31mProviderError\x1b[0m: It says \u27e8U+202E\u27e9no\u241b[2J."

    def test_an_error_of_other_code_keeps_its_traceback(self, shell, model, monkeypatch):
        monkeypatch.setattr("desiru_notebook.frontends.terminal.Console", None)
        error = fail(shell, ASK)
        assert isinstance(error, TypeError)
        assert not hasattr(error, "_render_traceback_")


class TestBadInput:
    """Before anything is sent, and without a loss."""

    @pytest.fixture
    def good(self, shell, model):
        value = run(shell, ASK.replace("%%desiru", "%%desiru --out sky"))
        model.requests.clear()
        return value

    @pytest.mark.parametrize(
        ("cell", "kind"),
        [
            ("%%desiru --out sky question answer\nWhy?", SignatureError),
            ("%%desiru --out sky question -> \nWhy?", SignatureError),
            ("%%desiru --out sky question -> answer: Sky\nWhy?", SignatureError),
            ("%%desiru --out sky\n", InputError),
            ("%%desiru --out sky -m openai question -> answer\nWhy?", ConfigError),
            ("%%desiru --out sky -m no-such-provider:x question -> answer\nWhy?", ConfigError),
            ("%%desiru --out sky --hot question -> answer\nWhy?", ConfigError),
            ("%%desiru --out sky -t hot question -> answer\nWhy?", ConfigError),
            ("%%desiru --out sky document, question -> answer\nquestion: Why?", InputError),
            ("%%desiru --out sky document, question -> answer\nWhy?", InputError),
            ("%%desiru --out sky question -> answer", InputError),
            ("%%desiru --out sky question -> answer\n  \n", InputError),
        ],
    )
    def test_the_last_good_result_stays_and_nothing_is_sent(self, shell, model, good, cell, kind):
        before = shell.user_ns["_run"]
        assert isinstance(fail(shell, cell), kind)
        assert shell.user_ns["_"] is shell.user_ns["sky"] is good
        assert shell.user_ns["_run"] is before
        assert model.requests == []

    def test_no_word_of_the_prompt_stands_in_the_error(self, shell, model):
        for cell in ("%%desiru a, b -> c\na: the-secret", "%%desiru a, b -> c\nthe-secret", "%%desiru -x a -> c\nthe-secret"):
            assert "the-secret" not in str(fail(shell, cell))


def table(text):
    """The settings that ``%desiru`` prints."""
    return dict(line.split(maxsplit=1) for line in re.sub(r"\n +", " ", text).splitlines())


class TestLine:
    def test_alone_it_shows_the_settings(self, shell, capsys):
        desiru_notebook.configure(temperature=0.5)
        run(shell, "%desiru")
        shown = table(capsys.readouterr().out)
        assert {"local", "openai"} <= set(shown.pop("providers").split(", "))
        assert shown == {"model": "local", "temperature": "0.5"}

    def test_a_model_object_is_shown_by_its_name(self, shell, model, capsys):
        run(shell, "%desiru")
        assert table(capsys.readouterr().out)["model"] == "scripted"

    def test_the_settings_have_no_power_over_a_terminal(self, shell, model, capsys):
        model.name = "m\x1b[1m"
        run(shell, "%desiru")
        assert table(capsys.readouterr().out)["model"] == "m\u241b[1m"

    def test_model_changes_the_model_and_off_takes_that_back(self, shell, model, capsys, monkeypatch):
        monkeypatch.setitem(config._models, "tests:other", Scripted(["Answer: other"]))
        run(shell, "%desiru model tests:other")
        assert table(capsys.readouterr().out)["model"] == "tests:other"
        assert run(shell, "%%desiru question -> answer\nWhy?") == Prediction({"answer": "other"})
        run(shell, "%desiru off")
        assert config.settings() == {"model": "local"}

    @pytest.mark.parametrize("line", ["%desiru model no-such-provider:x", "%desiru model", "%desiru model openai"])
    def test_a_model_that_does_not_exist_changes_nothing(self, shell, model, line):
        assert isinstance(fail(shell, line), ConfigError)
        assert config.settings()["model"] is model

    def test_a_models_name_with_options_behind_it_is_refused(self, shell, model):
        error = fail(shell, "%desiru model openai:gpt-5-mini -t 0")
        assert str(error) == (
            "%desiru model takes a name alone. Options stand on the first line of a cell: %%desiru -t ... question -> answer."
        )
        assert config.settings()["model"] is model

    @pytest.mark.parametrize(
        ("line", "guess"),
        [
            ("%desiru modle x", " Did you mean %desiru model NAME?"),
            ("%desiru of", " Did you mean %desiru off?"),
            ("%desiru zebra", ""),
            ("%desiru question -> answer", ""),
        ],
    )
    def test_an_unknown_command_is_refused_with_the_nearest_one(self, shell, line, guess):
        error = fail(shell, line)
        assert isinstance(error, ConfigError)
        assert str(error).startswith(f"%desiru has no command {line.split()[1]!r}.{guess} It has ")
        assert "%%desiru" in str(error)


def is_loaded(shell):
    """Whether the magics are there; and how many matchers complete them."""
    kinds = shell.magics_manager.magics
    matchers = [m for m in shell.Completer.custom_matchers if "desiru" in type(getattr(m, "__self__", m)).__module__]
    return ["desiru" in kinds["line"], "desiru" in kinds["cell"], len(matchers)]


class TestLoading:
    def test_loading_twice_is_loading_once(self, shell, model):
        desiru_notebook.load_ipython_extension(shell)
        assert is_loaded(shell) == [True, True, 1]
        assert run(shell, ASK) == SKY
        assert len(model.requests) == 1

    def test_unloading_takes_everything_away_and_may_be_done_twice(self, shell):
        for _ in range(2):
            desiru_notebook.unload_ipython_extension(shell)
            assert is_loaded(shell) == [False, False, 0]

    def test_it_comes_back(self, shell, model):
        run(shell, "%unload_ext desiru_notebook")
        assert is_loaded(shell) == [False, False, 0]
        run(shell, "%load_ext desiru_notebook")
        assert is_loaded(shell) == [True, True, 1]
        assert run(shell, ASK) == SKY

    def test_a_reload_keeps_the_last_result(self, shell, model):
        value = run(shell, ASK)
        run(shell, "%reload_ext desiru_notebook")
        assert shell.user_ns["_"] is value
        assert run(shell, ASK) == SKY


class TestRecording:
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

    def test_what_is_recorded_is_replayed_until_off(self, shell, model, capsys):
        run(shell, "%desiru record sky.jsonl")
        run(shell, "%desiru")
        begun, _, settings = capsys.readouterr().out.partition("\n")
        assert (begun, table(settings)["record"]) == ("Recording: sky.jsonl.", "sky.jsonl")
        run(shell, ASK)
        capsys.readouterr()
        run(shell, "%desiru replay --speed 100 'sky.jsonl'")
        run(shell, "%desiru")
        begun, _, settings = capsys.readouterr().out.partition("\n")
        assert (begun, table(settings)["replay"]) == ("Replaying sky.jsonl: 1 run.", "sky.jsonl")
        assert "record" not in table(settings)
        assert run(shell, ASK) == SKY
        assert len(model.requests) == 1
        run(shell, "%desiru off")
        desiru_notebook.configure(model=model)
        assert run(shell, ASK) == SKY
        assert len(model.requests) == 2

    def test_a_question_that_is_not_recorded_shows_what_differs(self, shell, model):
        run(shell, "%desiru record sky.jsonl")
        run(shell, ASK)
        run(shell, "%desiru replay sky.jsonl")
        error = fail(shell, ASK.replace("blue", "red"))
        assert isinstance(error, NotRecordedError)
        assert "".join(error._render_traceback_()[-1:]) == "+Why is the sky red?"

    def test_a_key_is_hidden_on_request(self, shell, model):
        run(shell, "%desiru record --redact sky.jsonl")
        run(shell, "%%desiru question -> reasoning, answer\nIs sk-proj-abcdefgh good?")
        with open("sky.jsonl") as file:
            assert "abcdefgh" not in file.read()

    def test_a_warning_about_a_key_shows_the_cell(self, shell, model):
        run(shell, "%desiru record sky.jsonl")
        with pytest.warns(RecordingWarning, match="looks like a key") as warned:
            run(shell, "%%desiru question -> reasoning, answer\nIs sk-proj-abcdefgh good?")
        assert "ipython-input" in warned[0].filename

    def test_a_model_that_is_named_while_answers_are_replayed_is_not_made(self, shell, model, monkeypatch):
        run(shell, "%desiru record sky.jsonl")
        run(shell, "%desiru replay sky.jsonl")
        run(shell, "%desiru model openai")  # which needs a model's name, and a key

    def test_a_run_in_the_background_is_replayed_too(self, shell, model):
        run(shell, "%desiru record sky.jsonl")
        run(shell, ASK.replace("%%desiru", "%%desiru -b")).result()
        run(shell, "%desiru replay sky.jsonl")
        assert run(shell, ASK.replace("%%desiru", "%%desiru -b")).result() == SKY

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("record", "Which file? Write %desiru record [--redact] FILE"),
            ("record --redact", "Which file?"),
            ("record --reduct sky.jsonl", "Which file?"),
            ("replay", "Which file? Write %desiru replay [--speed N] FILE"),
            ("replay --speed fast sky.jsonl", "A speed is a number above zero"),
            ("replay nowhere.jsonl", "cannot be read"),
            ("record nowhere/sky.jsonl", "cannot be written"),
            ("rewind sky.jsonl", "%desiru has no command 'rewind'"),
            ("recrod sky.jsonl", "Did you mean %desiru record FILE?"),
        ],
    )
    def test_a_command_that_cannot_be_followed_says_so_and_changes_nothing(self, shell, model, line, said):
        error = fail(shell, f"%desiru {line}")
        assert isinstance(error, ConfigError)
        assert said in str(error)
        assert run(shell, ASK) == SKY
