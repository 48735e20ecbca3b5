"""The law: joined deltas == final text, and the same events for every chunking of the same answer. And what it rests on."""

from __future__ import annotations

import itertools

from feeding import ended, feed, joined, merged
from hypothesis import example, given, settings
from hypothesis import strategies as st

from desiru_notebook.events import FieldDelta, FieldEnd, FieldStart
from desiru_notebook.parser import FieldParser
from desiru_notebook.prompt import COMPLETED, header, label
from desiru_notebook.providers import Reasoning
from desiru_notebook.signature import Signature

SIGNATURES = [
    Signature("q -> answer"),
    Signature("q -> reasoning, answer"),
    Signature("q -> final_answer: int, reasoning, tags: list[str]"),
    Signature("q -> thinking, answer: float | None"),
    Signature("q -> straße, \u017fet, İd: bool"),
]
NAMES = sorted({name for signature in SIGNATURES for name in signature.outputs} | {COMPLETED, "unknown"})
HEADERS = [header(name) for name in NAMES]
LABELS = [spelling(label(name)) for name in NAMES for spelling in (str, str.lower, str.upper, str.casefold)]
DECORATED = [
    mark.format(label(name)[:-1])
    for name in NAMES
    for mark in ("**{}:**", "**{}**:", "**{}: x**", "### {}\n", "  {}:", "- **{}**:", "[[ ## {} ## ]]\n", " [[##{}##]]\n",
                 "**[[ ## {} ## ]]**", "### __[[ ## {} ## ]]__ \n")
]  # fmt: skip
ODD = ["**", "### ", "- ", "[[", "]]", "[[ ## ", " ## ]]", "[[1, 2]]", ":", '"', "<think>", "</think>", "<thi", "</thi", "#"]
SPACE = [" ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u2028", "\x85", "\x1c"]
LETTERS = [
    "word",
    "7",
    "$1,200",
    "ß",
    "SS",
    "\u017f",
    "İ",
    "i\u0307",
    "Σ",
    "ς",
    "e\u0301",
    "\N{SLIGHTLY SMILING FACE}",
    "\ufb01",
]

markers = st.sampled_from(HEADERS + LABELS + DECORATED)
partial = markers.flatmap(lambda marker: st.integers(1, len(marker)).map(lambda end: marker[:end]))
at_line_start = st.one_of(markers, partial).map(lambda text: "\n" + text)
pieces = st.one_of(at_line_start, markers, partial, *map(st.sampled_from, (ODD, SPACE, LETTERS)))
texts = st.lists(pieces, max_size=12).map("".join)
signatures = st.sampled_from(SIGNATURES)
# An answer: text and native reasoning by turns.
answers = st.lists(st.one_of(texts, texts.map(Reasoning)), min_size=1, max_size=4)
MOST_HELD_BACK, PREAMBLE = 100, 200  # characters: what may be a header of any name; what may stand before a typed output
cuts = st.sets(st.integers(0, 80), max_size=10)


def cut(said: str | Reasoning, places: set[int]) -> list[str | Reasoning]:
    text = said.text if isinstance(said, Reasoning) else said
    borders = [0, *sorted(place for place in places if place < len(text)), len(text)]
    parts = [text[start:end] for start, end in itertools.pairwise(borders)]
    return [Reasoning(part) for part in parts] if isinstance(said, Reasoning) else list(parts)


def whole(signature, answer):
    parser = FieldParser(signature)
    events = feed(parser, answer) + parser.finish()
    return parser, events


@settings(max_examples=400)
@given(signatures, answers, cuts)
@example(SIGNATURES[1], ["[[ ## answer ## ]]x", Reasoning("r"), "\n[[ ## reasoning ## ]]y"], {3})
@example(SIGNATURES[0], [Reasoning("a"), "x", Reasoning("b")], set())
@example(SIGNATURES[2], [Reasoning("a"), "b\nReasoning:"], set())
@example(SIGNATURES[4], ["[[ ## Set ## ]]\n**İd:**"], set())
def test_every_chunking_of_an_answer_makes_the_same_events(signature, answer, places):
    _, expected = whole(signature, answer)
    for borders in (places, set(range(max(len(getattr(said, "text", said)) for said in answer)))):
        _, events = whole(signature, [part for said in answer for part in cut(said, borders)])
        assert merged(events) == merged(expected)


@settings(max_examples=400)
@given(signatures, answers, cuts)
def test_joined_deltas_are_the_final_text_and_every_field_that_began_has_ended(signature, answer, places):
    parser, events = whole(signature, [part for said in answer for part in cut(said, places)])
    deltas = joined(events)
    assert ended(events) == parser.texts
    assert {name: deltas.get(name, "") for name in parser.texts} == parser.texts
    opened = {event.field for event in events if isinstance(event, FieldStart)}
    assert opened == set(parser.texts) == set(parser.written.values)


@given(signatures, answers)
def test_a_field_neither_begins_nor_ends_with_white_space_at_any_time(signature, answer):
    parser = FieldParser(signature)
    for said in answer:
        for part in cut(said, set(range(200))):
            feed(parser, [part])
            assert all(text == text.strip() for text in parser.texts.values())


@given(signatures, answers)
def test_no_event_is_empty_and_none_comes_outside_its_field(signature, answer):
    _, events = whole(signature, answer)
    is_open: set[str] = set()
    for event in events:
        match event:
            case FieldStart(name):
                assert name not in is_open
                is_open.add(name)
            case FieldDelta(name, text):
                assert name in is_open
                assert text
            case FieldEnd(name, _, _):
                is_open.remove(name)
    assert not is_open


@given(signatures, texts)
def test_held_back_is_at_most_a_markers_length_and_white_space(signature, text):
    longest = MOST_HELD_BACK + (PREAMBLE if next(iter(signature.outputs.values())).type is not str else 0)
    for end in range(len(text) + 1):
        parser = FieldParser(signature)
        shown = joined(feed(parser, [text[:end]]))
        parser.flush()
        held = {name: whole[len(shown.get(name, "")) :].strip() for name, whole in parser.texts.items()}
        assert sum(map(len, held.values())) <= longest


# Characters that stand in no marker, each only once in a text, so that every one of them can be looked for.
PAYLOAD = st.permutations([chr(0x4E00 + at) for at in range(12)])


@settings(max_examples=300)
@given(signatures, st.lists(pieces, max_size=12), PAYLOAD, cuts)
def test_nothing_is_lost_that_does_not_follow_completed(signature, said, payload, places):
    said = [piece for piece in said if COMPLETED not in piece]
    text = "".join(itertools.chain(*itertools.zip_longest(said, payload, fillvalue="")))
    if header(COMPLETED) in text:
        return
    parser, _ = whole(signature, cut(text, places))
    kept = [char for content in [*parser.texts.values(), *parser.written.extra.values()] for char in content if char in payload]
    assert sorted(kept) == sorted(payload)


@example(["[[ ## ", " ## ]]\nLight"], set())  # a header without a name
@given(st.lists(st.one_of(st.sampled_from(ODD[:9]), *map(st.sampled_from, (SPACE, LETTERS))), max_size=12), cuts)
def test_text_without_a_marker_is_the_first_output_to_the_letter(said, places):
    text = "".join(said)
    parser, _ = whole(SIGNATURES[1], cut(text, places))
    assert parser.texts == ({"reasoning": text.strip()} if text.strip() else {})


@given(st.lists(st.text("ab \n", max_size=6), min_size=2, max_size=2), st.sampled_from(["header", "label"]), cuts)
def test_what_is_written_with_markers_is_read_back(values, style, places):
    mark = header if style == "header" else label
    text = f"{mark('reasoning')} {values[0]}\n{mark('answer')} {values[1]}"
    parser, _ = whole(SIGNATURES[1], cut(text, places))
    assert parser.texts == {"reasoning": values[0].strip(), "answer": values[1].strip()}
