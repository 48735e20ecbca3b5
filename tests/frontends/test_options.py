"""The first line of a cell: options, and the signature after them."""

from __future__ import annotations

import pytest

from desiru_notebook import ConfigError, Timeouts
from desiru_notebook.frontends.options import OPTIONS, SHORT, Options, read_options


@pytest.mark.parametrize(
    ("line", "given"),
    [
        ("--model local", {"model": "local"}),
        ("--model=openai:gpt-5-mini", {"model": "openai:gpt-5-mini"}),
        ("-m local:/models/small.gguf", {"model": "local:/models/small.gguf"}),
        ("-m=local", {"model": "local"}),
        ("--out sky", {"out": "sky"}),
        ("--out=sky", {"out": "sky"}),
        ("-o sky", {"out": "sky"}),
        ("-o=sky", {"out": "sky"}),
        ("--temperature 0.5", {"temperature": 0.5}),
        ("--temperature=0", {"temperature": 0.0}),
        ("-t 1", {"temperature": 1.0}),
        ("-t=1e-1", {"temperature": 0.1}),
        ("--max-tokens 12", {"max_tokens": 12}),
        ("--max-tokens=1", {"max_tokens": 1}),
        ("--timeout 2.5", {"timeout": 2.5}),
        ("--timeout=30", {"timeout": 30.0}),
        ("--background", {"background": True}),
        ("-b", {"background": True}),
        ("--think", {"think": True}),
        ("--instructions short", {"instructions": "short"}),
        ("--instructions=short", {"instructions": "short"}),
    ],
)
def test_every_option_sets_its_attribute_and_no_other(line, given):
    assert read_options(f"{line} question -> answer") == Options(signature="question -> answer", **given)


def test_every_option_has_an_example_above_and_a_word_of_help():
    names = {attribute for attribute, _, _ in OPTIONS.values()}
    assert names == set(Options.__slots__) - {"signature"}
    assert all(help_ for _, _, help_ in OPTIONS.values())
    assert set(SHORT.values()) <= OPTIONS.keys()


def test_several_options_stand_in_any_order():
    assert read_options(" -t 0 --think  -o sky --max-tokens=9 -m local   question -> answer ") == Options(
        "question -> answer", model="local", out="sky", temperature=0.0, max_tokens=9, think=True
    )


def test_of_an_option_that_stands_twice_the_last_one_holds():
    assert read_options("-t 1 -t 0 q -> a").temperature == 0.0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"Be brief."', "Be brief."),
        ("'Be brief.'", "Be brief."),
        ("'Say \"no\"'", 'Say "no"'),
        (r'"Say \"no\""', 'Say "no"'),
        (r"'Don\'t'", "Don't"),
        ('"{name} costs $5 in $HOME"', "{name} costs $5 in $HOME"),
        (r'"C:\new models\a.gguf"', r"C:\new models\a.gguf"),
        ('"-> is an arrow"', "-> is an arrow"),
        ("'two  spaces'", "two  spaces"),
    ],
)
@pytest.mark.parametrize("form", ["--instructions ", "--instructions="])
def test_quotes_hold_a_value_together_and_are_no_part_of_it(form, value, text):
    assert read_options(f"{form}{value} q -> a") == Options("q -> a", instructions=text)


@pytest.mark.parametrize(
    "signature",
    [
        "question -> answer",
        "question->answer",
        "document, question: str -> tags: list[str], mood: Literal['good', 'bad']",
        "{braces} and $HOME -> ${answer}",
        "q -> a: Literal['x -t', \"--think\", 'it\\'s -b']",
        "q - b -> a",
        "q -> a: Literal[ -1]",
        'q -> kind: Literal["-t 1"]',
        "-> answer",
        "->answer",
        "",
    ],
)
def test_the_rest_of_the_line_is_the_signature_as_it_stands(signature):
    assert read_options(f"--think {signature}") == Options(signature, think=True)
    assert read_options(signature) == Options(signature)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-t hot q -> a", "The option -t needs a number, got 'hot'."),
        ("-t warm q -> a", "The option -t needs a number, got 'warm'."),
        ("-t nan q -> a", "The option -t needs a number, got 'nan'."),
        ("--temperature=inf q -> a", "The option --temperature needs a number, got 'inf'."),
        ("--max-tokens 1.5 q -> a", "The option --max-tokens needs a whole number above zero, got '1.5'."),
        ("--max-tokens 0 q -> a", "The option --max-tokens needs a whole number above zero, got '0'."),
        ("--max-tokens -3 q -> a", "The option --max-tokens needs a whole number above zero, got '-3'."),
        ("--timeout 0 q -> a", "The option --timeout needs a number above zero, got '0'."),
        ("--timeout nan q -> a", "The option --timeout needs a number, got 'nan'."),
        ("--timeout soon q -> a", "The option --timeout needs a number, got 'soon'."),
        ("-o my-sky q -> a", "The option -o needs a variable name, got 'my-sky'."),
        ("--out --think q -> a", "The option --out needs a variable name, got '--think'."),
        ("--think=no q -> a", "The option --think takes no value."),
        ("-b=no q -> a", "The option -b takes no value."),
        ("--model", "The option --model needs a value."),
        ("--model= q -> a", "The option --model needs a value."),
        ('-m "" q -> a', "The option -m needs a value."),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(line, message):
    with pytest.raises(ConfigError) as caught:
        read_options(line)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("behind", "flag"),
    [
        ("-t 0", "-t ..."),
        ("--think", "--think"),
        ("--temperature=0.5", "--temperature ..."),
        ("-m openai:gpt-5-mini", "-m ..."),
        ('--instructions "Be brief."', "--instructions ..."),
        ("--max-tokens 5 -b", "--max-tokens ..."),
        ("-b", "-b"),
    ],
)
@pytest.mark.parametrize("signature", ["q -> a", "q -> a: dict[str, int]", "q => a: Literal['-o', \"x\"]"])
def test_options_behind_the_signature_are_told_where_they_stand(behind, flag, signature):
    with pytest.raises(ConfigError) as caught:
        read_options(f"--out sky {signature} {behind}")
    assert str(caught.value) == f"Options come before the signature: write %%desiru {flag} question -> answer."


def test_one_that_is_unknown_is_so_behind_the_signature_too():
    with pytest.raises(ConfigError, match="%%desiru has no option --thnik"):
        read_options("q -> a --thnik")


@pytest.mark.parametrize("form", ["--instructions ", "--instructions="])
@pytest.mark.parametrize(
    "line",
    ["Answer in five words. question -> answer", "Be brief! q, r -> a", "Don't guess. q -> a", "Answer briefly, question -> a"],
)
def test_instructions_of_several_words_without_quotes_are_told_to_stand_in_quotes(form, line):
    with pytest.raises(ConfigError) as caught:
        read_options(form + line)
    assert str(caught.value) == (
        'Instructions of several words stand in quotes: write %%desiru --instructions "Answer in one sentence." '
        "question -> answer."
    )


@pytest.mark.parametrize("line", ["-m question -> answer", "--think -o question => answer", "--model=question \u2192 answer"])
def test_an_option_that_has_taken_the_input_for_its_value_says_so(line):
    flag = line.split(" question")[0].split("=question")[0].split()[-1]
    with pytest.raises(ConfigError) as caught:
        read_options(line)
    assert str(caught.value) == (
        f"The option {flag} has taken 'question' for its value, and nothing is left before the arrow: write the value, "
        "and the inputs behind it."
    )


def test_a_fault_of_a_signature_behind_sound_instructions_is_left_to_the_signature():
    for line in ("--instructions 'Be brief.' q r -> a", "--instructions brief q -> a: number", "--instructions brief q"):
        assert read_options(line).instructions.lower().startswith("be brief." if "'" in line else "brief")


@pytest.mark.parametrize(
    ("flag", "guess"),
    [
        ("--temprature", " Did you mean --temperature?"),
        ("--thinking", " Did you mean --think?"),
        ("--max_tokens", " Did you mean --max-tokens?"),
        ("--instruction", " Did you mean --instructions?"),
        ("--backgroud", " Did you mean --background?"),
        ("-x", ""),
        ("--zebra", ""),
        ("-", ""),
    ],
)
@pytest.mark.parametrize("value", ["", "=1", " 1"])
def test_an_unknown_option_is_refused_with_the_nearest_name(flag, guess, value):
    with pytest.raises(ConfigError) as caught:
        read_options(f"{flag}{value} q -> a")
    assert str(caught.value) == f"%%desiru has no option {flag}.{guess} It has {', '.join(OPTIONS)}."


def test_only_what_was_given_becomes_a_setting():
    assert Options().settings() == {}
    assert Options("q -> a", model="m", out="o", background=True, think=True, instructions="i").settings() == {}
    assert Options(temperature=0.0, max_tokens=5, timeout=3.0).settings() == {
        "temperature": 0.0,
        "max_tokens": 5,
        "timeout": Timeouts(total=3.0),
    }
