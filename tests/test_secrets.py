"""What an error shows of a run: no prompt and no key, though a traceback shows the local variables of every frame."""

from __future__ import annotations

import io
import logging
from traceback import TracebackException

import httpx
import httpx2
import pytest
from models import Scripted
from rich.console import Console
from rich.traceback import Traceback

from desiru_notebook import DesiruError, FieldDelta, ProviderError, StreamingModule, model

KEY = "".join(("sk-", "hidden-", "in-two-pieces"))
HIDDEN = ("wonder99", "alice", "QUERYsecret", KEY, "falcon")  # what stands in the addresses below, and in a request
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


class TestLogs:
    """What the loggers of everything below us say of a request, at any level."""

    @pytest.fixture
    def records(self):
        """All records, as a handler of the user's would show them."""
        records = []
        handler = logging.Handler()
        handler.emit = lambda record: records.append(f"{record.name}: {record.getMessage()} {record.args}")
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(1)
        yield records
        root.setLevel(level)
        root.removeHandler(handler)

    def ask(self, service, monkeypatch, scenario: str, client=None) -> object:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        address = service.base_url.replace("://", "://alice:wonder99@") + "?api-key=QUERYsecret&x=QUERYsecret"
        made = model(f"openai:{scenario}", base_url=address, http_client=client)
        assert not any(secret in f"{made!r} {vars(made)}" for secret in HIDDEN)
        return StreamingModule("question -> answer", model=made, retries=0).stream(question=PROMPT)

    @pytest.mark.parametrize("client", [None, httpx.AsyncClient, httpx2.AsyncClient])
    def test_no_record_shows_a_key_or_what_is_secret_in_an_address(self, service, monkeypatch, records, client):
        run = self.ask(service, monkeypatch, "words-4-0", client and client())
        assert run.result().answer
        (told,) = [record for record in records if "HTTP Request" in record]
        assert "/v1/chat/completions?api-key=\u2026&x=\u2026 " in told
        assert [record for record in records if any(secret in record for secret in HIDDEN)] == []
        assert len(records) > 5

    @pytest.mark.parametrize("scenario", ["status-401", "status-404", "status-500", "html", "eof"])
    def test_no_error_shows_them(self, service, monkeypatch, records, scenario):
        with pytest.raises(DesiruError) as caught:
            self.ask(service, monkeypatch, scenario).result()
        trace = TracebackException.from_exception(caught.value, capture_locals=True)
        ours = "".join(line for line in trace.format() if __file__ not in line)
        told = [str(caught.value), repr(caught.value), ours, shown(caught.value), *records]
        assert not any(secret in text for secret in HIDDEN[:4] for text in told)

    def test_what_a_server_says_of_them_is_hidden_in_its_headers_too(self, monkeypatch, records):
        def answer(request):
            logging.getLogger("httpcore2.http11").debug(f"return_value=[(b'location', b'{request.url}'), (b'x', b'WONDER99')]")
            return httpx2.Response(302)

        client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        made = model("openai:m", base_url="http://alice:wonder99@h/v1?token=QUERYsecret", http_client=client)
        failed(made)
        assert any("location" in record for record in records)
        assert not any(secret.lower() in record.lower() for secret in HIDDEN for record in records)

    def test_records_of_requests_that_are_not_ours_stay_as_they_are(self, service, records):
        with httpx2.Client() as client:
            client.get(f"{service.base_url}/log?api-key=QUERYsecret")
        assert any("/log?api-key=QUERYsecret" in record for record in records)


@pytest.mark.parametrize("name", ["openai", "opnai:m", "openai:m"])
@pytest.mark.parametrize("address", ["http://alice:wonder99@h:port/v1", "ftp://alice:wonder99@h", "http://alice:wonder99@h/v1"])
def test_a_model_that_cannot_be_made_shows_no_password_of_its_address(name, address):
    with pytest.raises(DesiruError) as caught:
        model(name, base_url=address, http_client=httpx.Client())
    trace = caught.value.__traceback__.tb_next
    assert "wonder99" not in shown(caught.value.with_traceback(trace)) + str(caught.value)
