"""Which request is which, and how two of them differ."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import pytest
from models import Scripted
from pydantic import BaseModel

from desiru_notebook import Request, Signature
from desiru_notebook.fingerprint import describe, difference, fingerprint, name_of, nearest
from desiru_notebook.prompt import Message

KEY = "sk-proj-abcdefghijklmnop"


class Person(BaseModel):
    name: str


@dataclass
class Place:
    city: str


def asked(text: str = "Why?", model: str = "openai:x", streaming: bool = True, **settings):
    return describe(Request([Message("user", text)], **settings), model, streaming)


CHANGES = {
    "the prompt": asked("Why not?"),
    "white space in it": asked("Why? "),
    "the model": asked(model="openai:y"),
    "the temperature": asked(temperature=0.5),
    "the tokens": asked(max_tokens=3),
    "where to stop": asked(stop=("END",)),
    "streaming": asked(streaming=False),
    "a setting of the provider's": asked(extra={"top_p": 0.5}),
    "the signature": asked(signature=Signature("a -> b")),
    "its types": asked(signature=Signature("a -> b: int")),
    "its instructions": asked(signature=Signature("a -> b", instructions="Be brief.")),
    "a type from code": asked(signature=Signature("a -> b: T", types={"T": Person})),
    "another type from code": asked(signature=Signature("a -> b: T", types={"T": Place})),
}


def test_everything_that_an_answer_depends_on_makes_another_fingerprint():
    prints = {name: fingerprint(one) for name, one in {"nothing": asked(), **CHANGES}.items()}
    assert len(set(prints.values())) == len(prints)


def test_the_same_request_has_the_same_fingerprint_in_every_process():
    code = (
        "from test_fingerprint import asked, fingerprint, Place;"
        "print(fingerprint(asked(extra={'b': {1, 2, 'x'}, 'a': Place('Ulm'), 'c': object(), 'd': Place, 'e': b'1'})))"
    )
    runs = [subprocess.run([sys.executable, "-c", code], cwd="tests", capture_output=True, text=True) for _ in range(2)]
    assert len(runs[0].stdout) == 17, runs[0].stderr
    assert runs[0].stdout == runs[1].stdout


def test_a_number_is_the_same_however_it_is_written():
    assert fingerprint(asked(temperature=0)) == fingerprint(asked(temperature=0.0))


def test_keys_among_the_settings_have_no_part_in_it():
    one, other = (asked(extra={"extra_headers": {"a": key}, "api_key": key, "user": key}) for key in (KEY, f"{KEY}xyz"))
    assert one == other
    assert KEY not in str(one)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("local", "local"),
        (" openai : gpt-5 ", "openai:gpt-5"),
        ("ollama:org/model:tag", "ollama:org/model:tag"),
        ("local:/home/me/models/tiny.gguf", "local:tiny.gguf"),
        ("local:~/tiny.gguf", "local:tiny.gguf"),
        ("local:models/tiny.gguf", "local:models/tiny.gguf"),
    ],
)
def test_a_model_is_called_as_it_was_asked_for_without_the_folders_of_this_machine(wanted, name):
    assert name_of(wanted, "") == name


def test_a_model_object_is_called_by_its_provider_and_its_name():
    assert name_of(Scripted([]), "scripted") == "tests:scripted"
    assert name_of(object(), "object") == "object"


def test_the_nearest_request_is_the_one_with_most_words_in_common():
    others = [asked("How many legs has a spider?"), asked("Why is the sky blue at noon?"), asked("What is it?")]
    assert nearest(asked("Why is the sky blue?"), others) == others[1]
    assert nearest(asked(), []) is None


def test_the_difference_shows_the_lines_that_differ_and_one_beside_them():
    before = asked("One.\nTwo.\nThree.\nFour.\nFive.", temperature=0)
    assert difference(before, asked("One.\nTwo.\nThree.\n4.\nFive.", temperature=0)).splitlines() == [
        "--- recorded", "+++ asked", "@@ -5,3 +5,3 @@", " Three.", "-Four.", "+4.", " Five.",
    ]  # fmt: skip
    assert '-settings: {"temperature": 0.0}' in difference(before, asked("One."))


def test_a_difference_in_the_midst_of_a_long_line_and_one_of_white_space_are_seen():
    words = " ".join(map(str, range(500)))
    shown = difference(asked(words), asked(words.replace(" 250 ", " 25O ")))
    assert " 25O " in shown
    assert len(shown) < 800
    assert difference(asked("a  b"), asked("a b")).splitlines()[-2:] == ["-user: a  b", "+user: a b"]


def test_a_difference_shows_no_key_and_is_of_readable_length():
    shown = difference(asked(KEY), asked("\n".join(map(str, range(500)))))
    assert KEY not in shown
    assert len(shown.splitlines()) == 41
    assert shown.endswith("more lines")
