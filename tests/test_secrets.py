"""What an error shows of a run: no prompt and no key, though a traceback shows the local variables of every frame."""

from __future__ import annotations

import io

import pytest
from models import Scripted
from rich.console import Console
from rich.traceback import Traceback

from desiru_notebook import DesiruError, FieldDelta, ProviderError, StreamingModule, model

KEY = "".join(("sk-", "hidden-", "in-two-pieces"))
PROMPT = "".join(("The falcon ", "nests in the tower."))


def shown(error: BaseException) -> str:
    """The error as a notebook shows it that shows local variables too."""
    console = Console(file=io.StringIO(), width=1000)
    console.print(Traceback.from_exception(type(error), error, error.__traceback__, show_locals=True, locals_max_string=None))
    return console.file.getvalue()


def failed(asked: object, **settings) -> DesiruError:
    """The error of a run on this model; the frames of a call with the prompt are the caller's own."""
    run = StreamingModule("question -> answer", model=asked, retries=0, **settings).stream(question=PROMPT)
    with pytest.raises(DesiruError) as caught:
        run.result()
    return caught.value


@pytest.mark.parametrize(
    ("scenario", "streaming"),
    [("status-401", True), ("status-500", True), ("html", True), ("cut", True), ("eof", True), ("status-500", False)],
)
def test_no_frame_of_ours_shows_the_prompt_or_the_key(service, scenario, streaming):
    error = failed(model(f"openai:{scenario}", base_url=service.base_url, api_key=KEY), stream=streaming)
    assert "falcon" not in shown(error)
    assert KEY not in shown(error)
    assert error.__context__ is None


def test_no_server_shows_them_either():
    error = failed(model("openai:m", base_url="http://me:hidden@127.0.0.1:9/v1?key=hidden", api_key=KEY))
    assert "hidden" not in shown(error)
    assert "falcon" not in shown(error)


def test_a_models_own_error_keeps_its_own_frames_and_loses_ours():
    error = failed(Scripted(["Answer: 42", ValueError("oops")]))
    assert type(error) is ProviderError
    frames = []
    trace = error.__cause__.__traceback__
    while trace is not None:
        frames.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    assert [name.rpartition("/")[2] for name in frames] == ["models.py"]


@pytest.mark.parametrize("name", ["openai", "opnai:m", "azure:m"])
def test_a_model_that_cannot_be_made_shows_no_key(name):
    def asked() -> object:
        return model(name, api_key="".join(("sk-", "hidden-", "in-two-pieces")))

    with pytest.raises(DesiruError) as caught:
        asked()
    trace = caught.value.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.endswith("config.py"):
        trace = trace.tb_next
    error = caught.value.with_traceback(trace)
    assert "hidden-in-two-pieces" not in shown(error)


def test_no_event_and_no_repr_has_the_key(service):
    made = model("openai:words-4-0", base_url=service.base_url, api_key=KEY)
    run = StreamingModule("question -> answer", model=made).stream(question="Why?")
    assert any(isinstance(event, FieldDelta) for event in run)
    for thing in (made, run, *run, run.stats, run.partial, vars(made)):
        assert KEY not in repr(thing)
