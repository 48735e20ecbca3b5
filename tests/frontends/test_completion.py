"""Tab, asked of the completer of a real shell."""

from __future__ import annotations

import numpy
import pandas
import pytest
from IPython.core.completer import provisionalcompleter

from desiru_notebook import Predict
from desiru_notebook.frontends.options import OPTIONS, SHORT
from desiru_notebook.providers.base import provider_names

TYPES = ["str", "int", "float", "bool", "list[", "dict[", "Literal[", "None"]
MODELS = [name if name == "local" else f"{name}:" for name in provider_names()]


@pytest.fixture
def tab(shell):
    """Press Tab at the mark: what is offered, as the texts that the cell would have after it."""
    shell.user_ns.clear()
    shell.user_ns.update(document="some text", pages=[1], number=3, _hidden="x", module=pytest)

    def press(cell: str) -> list[str]:
        before, after = cell.split("|")
        with provisionalcompleter():
            offered = list(shell.Completer.completions(before + after, len(before)))
        return [before[: c.start] + c.text for c in offered]

    return press


def offers(before: str, words) -> list[str]:
    return [before + word for word in words]


def test_options_after_a_dash(tab):
    assert tab("%%desiru -|") == offers("%%desiru ", [*OPTIONS, *SHORT])
    assert tab("%%desiru --b|") == ["%%desiru --background"]
    assert tab("%%desiru --te|") == ["%%desiru --temperature"]
    assert tab("%%desiru -t 0 --th| question -> answer\nbody") == ["%%desiru -t 0 --think"]


@pytest.mark.parametrize("option", ["-m ", "--model ", "-m=", "--model=", "-t 0 -m "])
def test_models_after_their_option(tab, option):
    assert tab(f"%%desiru {option}|") == offers(f"%%desiru {option}", MODELS)
    assert tab(f"%%desiru {option}loc|") == [f"%%desiru {option}local"]
    assert tab(f"%%desiru {option}gem| question -> answer") == [f"%%desiru {option}gemini:"]


SIGNATURES = ["question -> answer", "question -> reasoning, answer", "text -> summary", "text -> tags: list[str]"]


def test_a_fresh_first_line_offers_signatures_variables_and_options(tab):
    assert tab("%%desiru |") == offers("%%desiru ", [*SIGNATURES, "document", "number", "pages", *OPTIONS])
    assert tab("%%desiru --think |") == offers("%%desiru --think ", [*SIGNATURES, "document", "number", "pages", *OPTIONS])
    assert tab("%%desiru qu|") == offers("%%desiru ", SIGNATURES[:2])


def test_a_signature_that_has_begun_is_offered_fields_and_no_other_signature(tab):
    assert tab("%%desiru document, |") == offers("%%desiru document, ", ["document", "number", "pages"])


def test_what_is_offered_says_what_it_is(shell):
    shell.user_ns.clear()
    shell.user_ns.update(document="some text")

    def kinds(before: str) -> dict[str, str]:
        with provisionalcompleter():
            return {c.text: c.type for c in shell.Completer.completions(before, len(before))}

    some = {"question -> answer": "signature", "document": "instance", "--think": "option"}
    assert kinds("%%desiru ").items() >= some.items()
    assert kinds("%%desiru -m ")["local"] == "model"
    assert kinds("%%desiru -o ") == {"document": "instance"}
    assert kinds("%%desiru question -> answer: ")["list["] == "type"
    assert kinds("%%desiru a, b -> c\n") == {"a:": "input", "b:": "input"}
    assert kinds("%desiru ")["replay"] == "command"
    assert kinds("%desiru replay --s") == {"--speed": "option"}


def test_a_recording_is_offered_as_a_path(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sky.jsonl").touch()
    with provisionalcompleter():
        assert [c.type for c in shell.Completer.completions("%desiru replay ", 15)] == ["path"]


def test_models_after_the_command_model(tab):
    assert tab("%desiru model |") == offers("%desiru model ", MODELS)
    assert tab("%desiru model lo|") == ["%desiru model local"]


def test_commands_of_the_line_magic(tab):
    assert tab("%desiru |") == offers("%desiru ", ["model", "record", "replay", "off"])
    assert tab("%desiru o|") == ["%desiru off"]


def test_folders_and_recordings_after_their_commands(tab, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    for name in ("sky.jsonl", "sea.jsonl.gz", "notes.txt", "deep/well.jsonl"):
        (tmp_path / name).touch()
    assert tab("%desiru replay |") == offers("%desiru replay ", ["deep/", "sea.jsonl.gz", "sky.jsonl"])
    assert tab("%desiru replay --speed 4 sk|") == ["%desiru replay --speed 4 sky.jsonl"]
    assert tab("%desiru record deep/|") == ["%desiru record deep/well.jsonl"]
    assert tab(f"%desiru record {tmp_path}/sk|") == [f"%desiru record {tmp_path}/sky.jsonl"]
    assert tab("%desiru record nowhere/sk|") == []


def test_the_options_of_recording_and_replaying(tab):
    assert tab("%desiru record -|") == ["%desiru record --redact"]
    assert tab("%desiru replay --s|") == ["%desiru replay --speed"]


@pytest.mark.parametrize("option", ["-o ", "--out ", "--out="])
def test_the_users_variables_after_out(tab, option):
    assert tab(f"%%desiru {option}|") == offers(f"%%desiru {option}", ["document", "module", "number", "pages"])
    assert tab(f"%%desiru {option}doc|") == [f"%%desiru {option}document"]


def test_variables_that_can_be_inputs_in_the_signature(tab):
    assert tab("%%desiru doc|") == ["%%desiru document"]
    assert tab("%%desiru document, pa|") == ["%%desiru document, pages"]
    assert "%%desiru module" not in tab("%%desiru |")


def test_what_ipython_keeps_for_itself_is_no_input(tab, shell):
    shell.init_user_ns()
    shell.user_ns.update(document="some text")
    assert not {"%%desiru In", "%%desiru Out"} & set(tab("%%desiru |"))


def test_a_table_and_an_array_can_be_inputs(tab, shell):
    shell.user_ns.update(reviews=pandas.DataFrame(), readings=numpy.zeros(3))
    assert tab("%%desiru re|") == ["%%desiru readings", "%%desiru reviews"]


def test_variables_also_after_a_model_whose_name_has_a_colon_and_after_a_typed_field(tab):
    assert tab("%%desiru -m openai:x doc|") == ["%%desiru -m openai:x document"]
    assert tab("%%desiru number: int, doc|") == ["%%desiru number: int, document"]


def test_types_after_a_colon(tab):
    assert tab("%%desiru question -> answer: |") == offers("%%desiru question -> answer: ", TYPES)
    assert tab("%%desiru question -> answer: li|") == ["%%desiru question -> answer: list["]
    assert tab("%%desiru question -> answer: list[in|") == ["%%desiru question -> answer: list[int"]


def test_inputs_open_a_block_at_the_start_of_a_line_of_the_body(tab):
    head = "%%desiru -t 0 document, question -> answer\n"
    assert tab(f"{head}|") == [f"{head}document:", f"{head}question:"]
    assert tab(f"{head}document: x\nqu|") == [f"{head}document: x\nquestion:"]


@pytest.mark.parametrize(
    "cell",
    [
        "%%desiru document, question -> answer\ndocument: qu|",
        "%%desiru question -> answer\nqu|",
        "%%desiru not a signature\nno|",
        "%%desiru --hot a, question -> answer\nqu|",
    ],
)
def test_the_text_of_an_input_is_nobodys_business(tab, cell):
    assert not [text for text in tab(cell) if "desiru" in text.splitlines()[-1] or text.endswith(":")]


def test_other_cells_are_left_alone(tab):
    assert tab("docum|") == ["document"]
    assert tab("%desirux --te|") == []


def test_what_is_offered_here_is_all_that_is_offered(tab):
    """No file names and no Python beside the options."""
    assert tab("%%desiru --out=p|") == ["%%desiru --out=pages"]


def test_shift_tab_on_a_module_shows_its_inputs(shell):
    shell.user_ns["ask"] = Predict("document, question -> answer")
    shown = shell.object_inspect_mime("ask", detail_level=0)["text/plain"]
    assert "(*, document: str, question: str)" in shown
