"""What a value becomes on its way to a model: text, JSON, CSV, or an error that says what to pass instead."""

from __future__ import annotations

import array
import asyncio
import collections
import csv
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import io
import json
import pathlib
import subprocess
import sys
import types
import uuid
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from models import Scripted
from PIL import Image

from desiru_notebook import InputError, Predict, Prediction
from desiru_notebook.inputs import LARGEST, as_text

matplotlib.use("agg")
from matplotlib import pyplot as plt


class Colour(enum.Enum):
    RED = "red"


class Size(enum.StrEnum):
    BIG = "big"


class Mood(str, enum.Enum):  # noqa: UP042 - formats as its name, which StrEnum does not
    GOOD = "good"


class Level(enum.IntEnum):
    HIGH = 3


class Loud(str):
    """A text of a library's own, which shows itself in another way."""

    __slots__ = ()

    def __str__(self) -> str:
        return "loud"

    def __format__(self, spec: str) -> str:
        return "loud"


@dataclasses.dataclass
class Point:
    x: int
    when: dt.date = dt.date(2024, 1, 2)


class Person(pydantic.BaseModel):
    name: str
    born: dt.date


class Holder(pydantic.BaseModel, arbitrary_types_allowed=True):
    value: Any


Row = collections.namedtuple("Row", "a b")
CITIES = pd.DataFrame({"city": ["Bern", "Zürich, ZH"], "people": [134_591, 443_037]})
CITIES_CSV = 'city,people\nBern,134591\n"Zürich, ZH",443037'
FLATS = "7d444840-9dc0-11d1-b245-5ffdce74fad2"

PLAIN = [
    ('a "b"\nc', 'a "b"\nc'),
    ("", ""),
    (3, "3"),
    (0.5, "0.5"),
    (1e400, "Infinity"),
    (float("nan"), "NaN"),
    (True, "true"),
    (None, "null"),
    (["Zoë", 1, None, 2.5, [True]], '["Zoë", 1, null, 2.5, [true]]'),
    ({"a": {"b": [1]}, 1: 2, None: False}, '{"a": {"b": [1]}, "1": 2, "null": false}'),
    (("a", 1), '["a", 1]'),
    ([dt.date(2024, 1, 2), decimal.Decimal("1.50")], '["2024-01-02", "1.50"]'),
    (Point(1), '{"x": 1, "when": "2024-01-02"}'),
    (Person(name="Zoë", born=dt.date(2000, 1, 2)), '{"name": "Zoë", "born": "2000-01-02"}'),
]


@pytest.mark.parametrize(("value", "text"), PLAIN, ids=repr)
def test_text_stays_text_and_the_rest_is_the_json_that_it_always_was(value, text):
    assert as_text(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text("ab", max_size=3) | st.integers(), inner),
)


@given(JSON)
def test_a_value_that_json_knows_is_written_byte_for_byte_as_before(value):
    assert as_text(value) == (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (dt.date(2024, 1, 2), "2024-01-02"),
        (dt.datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(days=1, hours=2), "1 day, 2:00:00"),
        (decimal.Decimal("1.50"), "1.50"),
        (fractions.Fraction(1, 3), "1/3"),
        (1 + 2j, "(1+2j)"),
        (uuid.UUID(FLATS), FLATS),
        (pathlib.PurePosixPath("notes/a.txt"), "notes/a.txt"),
        (Colour.RED, "red"),
        (Size.BIG, "big"),
        (Mood.GOOD, "good"),
        (Level.HIGH, "3"),
        ([Colour.RED, Mood.GOOD, Level.HIGH], '["red", "good", 3]'),
        (Loud("quiet"), "quiet"),
        (collections.UserString("quiet"), "quiet"),
        ({Mood.GOOD: 1, dt.date(2024, 1, 2): 2, Colour.RED: 3}, '{"good": 1, "2024-01-02": 2, "red": 3}'),
        (Row("a", 1), '["a", 1]'),
        ({10, 9, 8}, "[8, 9, 10]"),
        (frozenset({"b", "a", 1}), '["a", "b", 1]'),
        ({frozenset({2, 1}), frozenset({0})}, "[[0], [1, 2]]"),
        (range(3), "[0, 1, 2]"),
        (collections.deque([1, 2]), "[1, 2]"),
        ({"b": 1, "a": 2}.keys(), '["b", "a"]'),
        ({"b": 1}.values(), "[1]"),
        ({"b": 1}.items(), '[["b", 1]]'),
        (collections.Counter("aab"), '{"a": 2, "b": 1}'),
        (collections.UserDict(a=1), '{"a": 1}'),
        (types.MappingProxyType({"a": 1}), '{"a": 1}'),
        (Prediction({"answer": "42", "n": [1]}), '{"answer": "42", "n": [1]}'),
        ([Point(1), Person(name="Bo", born=dt.date(2000, 1, 2))],
         '[{"x": 1, "when": "2024-01-02"}, {"name": "Bo", "born": "2000-01-02"}]'),
        (array.array("i", [1, 2]), "[1, 2]"),
        (Holder(value=CITIES), json.dumps({"value": CITIES_CSV}, ensure_ascii=False)),
    ],
    ids=repr,
)  # fmt: skip
def test_dates_enums_sets_and_the_like(value, text):
    assert as_text(value) == text


class TestTable:
    """A DataFrame or a Series, of pandas or polars: CSV."""

    @pytest.mark.parametrize("frame", [CITIES, pl.DataFrame(CITIES.to_dict("list"))], ids=["pandas", "polars"])
    def test_it_is_csv_with_a_header(self, frame):
        assert as_text(frame) == CITIES_CSV

    @pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
    def test_all_of_its_rows_and_columns_are_there_in_full(self, library):
        columns = {f"column {at}": [f"{'word ' * 40}{row}" for row in range(100)] for at in range(8)}
        header, *rows = csv.reader(io.StringIO(as_text(library.DataFrame(columns))))
        assert header == list(columns)
        assert rows == [list(row) for row in zip(*columns.values(), strict=True)]

    @pytest.mark.parametrize(
        ("frame", "text"),
        [
            (CITIES.set_index("city"), CITIES_CSV),
            (CITIES[CITIES.people > 200_000], ',city,people\n1,"Zürich, ZH",443037'),
            (CITIES.head(1), "city,people\nBern,134591"),
            (CITIES.rename_axis("row"), 'row,city,people\n0,Bern,134591\n1,"Zürich, ZH",443037'),
            (CITIES.groupby("city").people.sum(), CITIES_CSV),
            (pd.DataFrame({"a": []}), "a"),
            (pd.DataFrame([[1, 2]], columns=["a", "a"]), "a,a\n1,2"),
        ],
    )
    def test_the_index_of_pandas_is_there_when_it_is_not_the_default_one(self, frame, text):
        assert as_text(frame) == text

    @pytest.mark.parametrize(
        ("series", "text"),
        [
            (pd.Series([1, 2], name="n"), "n\n1\n2"),
            (pd.Series([1, 2]), "value\n1\n2"),
            (pd.Series({"a": 1}), ",value\na,1"),
            (pl.Series("n", [1, 2]), "n\n1\n2"),
            (pl.Series([1, 2]), "value\n1\n2"),
        ],
    )
    def test_a_series_is_a_table_of_one_column(self, series, text):
        assert as_text(series) == text

    @pytest.mark.parametrize(
        ("frame", "text"),
        [
            (pd.DataFrame({"a": [0.1, None], "b": ["x", None]}), "a,b\n0.1,x\n,"),
            (pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": pd.Series([1, None], dtype=object)}), "a,b\n1,1\n,"),
            (pd.DataFrame({"a": [pd.NA, pd.NaT, float("nan")], "b": 1}), "a,b\n,1\n,1\n,1"),
            (pd.DataFrame({"a": np.array([0.1], "float32"), "b": [float("inf")]}), "a,b\n0.1,inf"),
            (pd.DataFrame({"a": pd.to_datetime(["2024-01-02"]), "b": [dt.date(2024, 1, 2)]}), "a,b\n2024-01-02,2024-01-02"),
            (pd.DataFrame({"a": pd.Series(["x"], dtype="category"), "b": pd.period_range("2024-01", periods=1, freq="M")}),
             "a,b\nx,2024-01"),
            (pd.DataFrame({"a": [["x", 1], {"y": None}]}), 'a\n"[""x"", 1]"\n"{""y"": null}"'),
            (pd.DataFrame({"a": [np.arange(3)]}), 'a\n"[0, 1, 2]"'),
            (pl.DataFrame({"a": [0.5, None], "b": [dt.date(2024, 1, 2), None]}), "a,b\n0.5,2024-01-02\n,"),
            (pl.DataFrame({"a": [["x"], None], "b": [{"y": 1}, {"y": None}]}),
             'a,b\n"[""x""]","{""y"": 1}"\n,"{""y"": null}"'),
            (pl.DataFrame({"a": [dt.timedelta(days=1)]}), 'a\n"1 day, 0:00:00"'),
        ],
    )  # fmt: skip
    def test_cells_are_written_as_the_library_does_and_what_is_nested_in_them_as_json(self, frame, text):
        assert as_text(frame) == text

    @pytest.mark.parametrize(
        ("types", "text"),
        [
            (CITIES.dtypes, ",value\ncity,str\npeople,int64"),
            (pl.DataFrame(CITIES.to_dict("list")).schema, '{"city": "String", "people": "Int64"}'),
        ],
        ids=["pandas", "polars"],
    )
    def test_the_types_of_its_columns_are_their_names(self, types, text):
        assert as_text(types).replace("city,object", "city,str") == text  # pandas 2 has objects

    def test_a_column_of_a_thousand_numbers_in_one_cell_has_them_all(self):
        (_, (cell,)) = csv.reader(io.StringIO(as_text(pd.DataFrame({"a": [np.arange(2000)]}))))
        assert json.loads(cell) == list(range(2000))

    def test_the_frame_itself_is_left_as_it_was(self):
        frame = pd.DataFrame({"a": [["x"]], "b": [1]})
        as_text(frame)
        assert frame.a[0] == ["x"]
        assert list(frame.dtypes.astype(str)) == ["object", "int64"]

    @pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
    def test_a_cell_that_cannot_be_sent_is_refused(self, library):
        with pytest.raises(InputError, match=r"contains a value of type .*Image"):
            as_text(
                library.DataFrame({"a": library.Series([Image.new("L", (1, 1))], dtype=[object, pl.Object][library is pl])})
            )

    @pytest.mark.parametrize(
        "frame",
        [
            pd.DataFrame({"a": [1]}, index=[len]),
            pd.DataFrame([[1]], columns=[len]),
            pd.DataFrame({"a": [1]}, index=pd.MultiIndex.from_tuples([("x", len)])),
            pd.Series({len: 1}),
            pd.Series([1], name=len),
        ],
        ids=["index", "columns", "levels", "series", "name"],
    )
    def test_a_label_that_cannot_be_sent_is_refused(self, frame):
        with pytest.raises(InputError, match="contains a value of type builtin_function_or_method"):
            as_text(frame)

    def test_labels_of_any_kind_that_can_be_sent_are_written_as_pandas_writes_them(self):
        columns = pd.MultiIndex.from_tuples([("x", dt.date(2024, 1, 2)), (None, 2)])
        frame = pd.DataFrame([[1, 2]], index=pd.Index([("a", 1)], tupleize_cols=False), columns=columns)
        assert as_text(frame) == frame.to_csv().removesuffix("\n")

    def test_inside_a_list_or_mapping_it_is_its_csv_too(self):
        assert json.loads(as_text({"cities": CITIES, "all": [CITIES]})) == {"cities": CITIES_CSV, "all": [CITIES_CSV]}


class TestArray:
    """Arrays of numpy, and whatever else has a ``tolist``: nested lists."""

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (np.arange(6).reshape(2, 3), "[[0, 1, 2], [3, 4, 5]]"),
            (np.array([0.1, np.nan, np.inf, -np.inf]), "[0.1, NaN, Infinity, -Infinity]"),
            (np.array([0.1, np.nan], "float32"), "[0.1, NaN]"),
            (np.array([True, False]), "[true, false]"),
            (np.array(["a", "b"]), '["a", "b"]'),
            (np.array(["2024-01-02"], "datetime64[D]"), '["2024-01-02"]'),
            (np.array(["2024-01-02"], "datetime64[ns]"), '["2024-01-02T00:00:00.000000000"]'),
            (np.array([5], "timedelta64[h]"), '["5 hours"]'),
            (np.array([1 + 2j]), '["(1+2j)"]'),
            (np.array([1 + 2j], np.clongdouble), '["(1+2j)"]'),
            (np.array([]), "[]"),
            (np.array(5), "5"),
            (np.ma.masked_array([1, 2], [False, True]), "[1, null]"),
            (np.ma.masked_array([0.1, 0.2], [False, True], "float32"), "[0.1, null]"),
            (np.int64(5), "5"),
            (np.float64(0.5), "0.5"),
            (np.float32(0.1), "0.1"),
            (np.longdouble(0.5), "0.5"),
            (np.bool_(True), "true"),
            (np.str_("a"), "a"),
            (np.datetime64("2024-01-02"), "2024-01-02"),
            ([np.int64(1), np.float32(0.1), np.array([2])], "[1, 0.1, [2]]"),
            ({np.int64(1): np.bool_(False)}, '{"1": false}'),
            (pd.Index(["a", "b"]), '["a", "b"]'),
            (pd.array([1, None], "Int64"), "[1, null]"),
            (pd.Timestamp("2024-01-02"), "2024-01-02 00:00:00"),
            (pd.Period("2024-01"), "2024-01"),
            (pd.NA, "null"),
        ],
        ids=repr,
    )
    def test_it_is_nested_lists_and_a_scalar_a_number(self, value, text):
        assert as_text(value) == text

    def test_every_number_is_there(self):
        assert json.loads(as_text(np.arange(20_000))) == list(range(20_000))


class TestSize:
    """Tables and arrays have at most so many characters in one input."""

    def test_what_just_fits_is_sent_and_one_more_is_not(self):
        fits = pd.DataFrame({"a": ["x" * (LARGEST - 2)]})
        assert len(as_text(fits)) == LARGEST
        with pytest.raises(InputError, match="200,000 characters"):
            as_text(pd.DataFrame({"a": ["x" * (LARGEST - 1)]}))

    @pytest.mark.parametrize(
        ("value", "shape"),
        [
            (pd.DataFrame({"a": range(100_000), "b": 1}), r"DataFrame of shape \(100000, 2\)"),
            (pl.DataFrame({"a": range(100_000), "b": 1}), r"DataFrame of shape \(100000, 2\)"),
            (pd.Series(range(100_000)), r"Series of shape \(100000,\)"),
            (np.zeros((1000, 1000)), r"ndarray of shape \(1000, 1000\)"),
        ],
    )
    def test_what_is_larger_is_an_error_with_advice(self, value, shape):
        with pytest.raises(InputError, match=rf"The input 'data' .*{shape}.* 200,000 characters.*rows and columns.*\.head\(\)"):
            as_text(value, "The input 'data'")

    def test_what_is_far_larger_is_not_even_written(self):
        whole = np.broadcast_to(np.int8(0), (10**6, 10**6))  # a terabyte, were it written
        with pytest.raises(InputError, match="200,000 characters"):
            as_text(whole)

    def test_several_in_one_input_share_the_limit(self):
        column = pd.DataFrame({"a": ["x" * 150_000]})
        with pytest.raises(InputError, match="200,000 characters"):
            as_text([column, column])

    def test_texts_and_lists_have_no_limit_here(self):
        assert len(as_text("x" * (LARGEST + 1))) == LARGEST + 1
        assert json.loads(as_text(list(range(LARGEST)))) == list(range(LARGEST))


def generator():
    yield 1


async def coroutine():
    return 1


def refusals():
    waiting = coroutine()
    waiting.close()
    figure, axes = plt.subplots()
    plt.close(figure)
    return [
        (figure, "matplotlib.figure.Figure", "data that it shows"),
        (axes, "matplotlib.axes._axes.Axes", "data that it shows"),
        (Image.new("L", (1, 1)), "PIL.Image.Image", "data that it shows"),
        (generator, "function", "inspect.getsource"),
        (len, "builtin_function_or_method", "Call it"),
        (lambda: 1, "function", "Call it"),
        (types.ModuleType("math"), "module", "inspect.getsource"),
        (b"abc", "bytes", "decode"),
        (bytearray(b"abc"), "bytearray", "decode"),
        (memoryview(b"abc"), "memoryview", "decode"),
        (io.StringIO("abc"), "_io.StringIO", ".read()"),
        (generator(), "generator", "list(value)"),
        (iter([1]), "list_iterator", "list(value)"),
        (map(str, [1]), "map", "list(value)"),
        (waiting, "coroutine", "Await it"),
        (object(), "object", "str(value)"),
        (types.SimpleNamespace(a=1), "types.SimpleNamespace", "str(value)"),
        (ValueError("no"), "ValueError", "str(value)"),
        (Ellipsis, "ellipsis", "str(value)"),
        (Point, "the class Point", "an instance"),
        (Person, "the class Person", "an instance"),
        (int, "the class int", "an instance"),
        (pl.LazyFrame({"a": [1]}), "polars.lazyframe.frame.LazyFrame", ".collect()"),
        (CITIES.groupby("city"), "DataFrameGroupBy", ".agg()"),
        (Predict("question -> answer"), "desiru_notebook.modules.StreamingModule", "Call it"),
    ]


REFUSED = refusals()


@pytest.mark.parametrize(("value", "kind", "advice"), REFUSED, ids=[kind for _, kind, _ in REFUSED])
class TestRefused:
    def test_the_error_names_the_input_the_type_and_what_to_pass_instead(self, value, kind, advice):
        with pytest.raises(InputError) as caught:
            as_text(value, "The input 'it'")
        message = str(caught.value)
        assert message.startswith("The input 'it' cannot be sent as text: it is ")
        assert (kind in message, advice in message) == (True, True)

    @pytest.mark.parametrize(
        "put",
        [
            lambda value: [value],
            lambda value: {"a": {"b": (value,)}},
            lambda value: collections.deque([value]),
            lambda value: Point(x=value),
            lambda value: [{"secret-of-mine": value}],
        ],
        ids=["list", "mapping", "deque", "dataclass", "both"],
    )
    def test_it_is_refused_inside_other_values_too(self, value, kind, advice, put):
        with pytest.raises(InputError) as caught:
            as_text(put(value), "The input 'it'")
        message = str(caught.value)
        assert message.startswith("The input 'it' cannot be sent as text: it contains ")
        assert (kind in message, advice in message, "secret-of-mine" in message) == (True, True, False)


@pytest.mark.parametrize("value", [REFUSED[0][0], generator, object()], ids=["figure", "function", "object"])
def test_a_model_whose_field_pydantic_cannot_write_is_refused_by_that_field(value):
    with pytest.raises(InputError, match="contains a value of type"):
        as_text(Holder(value=[value]))


def test_a_run_is_refused_with_the_way_to_its_answer():
    run = Predict("question -> answer", model=Scripted(["Answer: 42"])).stream(question="Why?")
    with pytest.raises(InputError, match=r"desiru_notebook\.run\.Run.*\.result\(\)"):
        as_text(run)
    run.join()


def test_a_future_is_refused_too():
    async def refuse():
        with pytest.raises(InputError, match=r"\.result\(\)"):
            as_text(asyncio.get_running_loop().create_future())

    asyncio.run(refuse())


def test_a_key_that_is_no_text_or_number_is_refused():
    with pytest.raises(InputError, match="a key of type tuple"):
        as_text({("a", 1): 2})


@pytest.mark.parametrize(
    "mapping", [{Colour.RED: 1, "red": 2}, {dt.date(2024, 1, 2): 1, "2024-01-02": 2}], ids=["enum", "date"]
)
def test_keys_that_would_become_one_are_refused(mapping):
    with pytest.raises(InputError, match=r"cannot be sent as JSON: two keys of a mapping become the same text"):
        as_text([mapping])


@pytest.mark.parametrize(
    "value",
    [10**5000, [10**5000], {"a": 10**5000}, pd.DataFrame({"a": [10**5000]}), np.array([10**5000], dtype=object)],
    ids=["int", "list", "mapping", "frame", "array"],
)
def test_an_integer_that_python_does_not_write_is_refused_with_its_reason(value):
    with pytest.raises(InputError, match=r"^The input 'it' cannot be sent as text: exceeds the limit \(4300 digits\)"):
        as_text(value, "The input 'it'")


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}], ids=["list", "mapping"])
def test_a_value_that_contains_itself_is_refused(wrap):
    value: list[Any] = []
    value.append(wrap(value))
    with pytest.raises(InputError, match="contains itself"):
        as_text(value)


@pytest.mark.parametrize("value", ["a \udcff", ["a \udcff"], {"\udcff": 1}, pd.DataFrame({"a": ["\udcff"]})], ids=repr)
def test_bytes_that_are_no_text_are_refused_wherever_they_are(value):
    with pytest.raises(InputError, match="The input 'it' holds bytes that are not UTF-8 text"):
        as_text(value, "The input 'it'")


class TestModule:
    """The same from a module: before anything is sent, in inputs and in demos."""

    def test_a_frame_and_an_array_reach_the_model_whole(self):
        model = Scripted(["Answer: 42"])
        Predict("cities, counts -> answer", model=model)(cities=CITIES, counts=np.arange(3))
        user = model.requests[0].messages[-1].content
        assert user == f"[[ ## cities ## ]]\n{CITIES_CSV}\n\n[[ ## counts ## ]]\n[0, 1, 2]"

    def test_what_is_refused_is_named_and_nothing_is_sent(self):
        model = Scripted(["Answer: 42"])
        with pytest.raises(InputError, match=r"The input 'plot' .*Figure"):
            Predict("plot -> answer", model=model).stream(plot=REFUSED[0][0])
        assert model.requests == []

    def test_a_demo_goes_the_same_way(self):
        model = Scripted(["Answer: 42"])
        Predict("cities -> answer", model=model, demos=[{"cities": CITIES, "answer": Colour.RED}])(cities="?")
        assert model.requests[0].messages[1].content == f"[[ ## cities ## ]]\n{CITIES_CSV}"
        assert model.requests[0].messages[2].content == "[[ ## answer ## ]]\nred\n\n[[ ## completed ## ]]"

    def test_a_demo_that_cannot_be_sent_is_refused_by_its_field(self):
        predict = Predict("plot -> answer", model=Scripted([]), demos=[{"plot": REFUSED[0][0], "answer": "A"}])
        with pytest.raises(InputError, match=r"The demo field 'plot' .*Figure"):
            predict.stream(plot="?")


def test_the_libraries_of_tables_and_pictures_are_not_imported():
    script = (
        "import sys; from desiru_notebook.inputs import as_text; as_text([1, {'a': None}]);"
        "print([name for name in ('numpy', 'pandas', 'polars', 'matplotlib', 'PIL', 'pydantic') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"
