"""A third party's real server: llama.cpp's own, which speaks Chat Completions over HTTP, with the demo model behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xllamacpp
from models import PATIENCE

from desiru_notebook import AuthenticationError, FieldDelta, ProviderError, RunCancelled, StreamingModule, model

pytestmark = pytest.mark.local_model

KEY = "a-key-of-this-server"


@pytest.fixture(scope="module")
def address(demo: Path) -> Iterator[str]:
    """Where the server is, for as long as this module's tests last."""
    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel, params.n_gpu_layers = str(demo), 2048, 2, 0
    params.verbosity, params.api_keys = -1, [KEY]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # several wait for one another busily
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def module(address: str, signature: str = "question -> answer", key: str = KEY, **settings) -> StreamingModule:
    return StreamingModule(signature, model=model("llamacpp:demo", base_url=address, api_key=key), **settings)


def test_it_streams_token_by_token_and_counts(address):
    run = module(address, temperature=0.0, max_tokens=40).stream(question="What is the capital of France?")
    deltas = [event.text for event in run if isinstance(event, FieldDelta)]
    prediction = run.result(PATIENCE)
    assert len(deltas) > 5
    assert "".join(deltas) == prediction.answer
    assert prediction.stats.streamed
    assert prediction.stats.usage.output_tokens == prediction.stats.tokens > 5
    assert prediction.stats.finish in ("stop", "length")


def test_the_same_answer_comes_at_once(address):
    asked = {"question": "What is the capital of France?"}
    streamed = module(address, temperature=0.0, max_tokens=20, seed=1)(**asked)
    whole = module(address, temperature=0.0, max_tokens=20, seed=1, stream=False)(**asked)
    assert whole == streamed
    assert not whole.stats.streamed


def test_a_limit_of_tokens_cuts_it_short(address):
    prediction = module(address, max_tokens=3)(question="Why is the sky blue?")
    assert (prediction.stats.finish, prediction.complete) == ("length", False)


def test_cancelling_stops_the_server(address):
    run = module(address, max_tokens=1500, ignore_eos=True).stream(question="Count for ever.")
    next(event for event in run if isinstance(event, FieldDelta))
    assert run.cancel()
    with pytest.raises(RunCancelled):
        run.result(PATIENCE)
    # Its two slots are free again: two more answers come at once.
    runs = [module(address, max_tokens=5).stream(question="Hi") for _ in range(2)]
    assert [run.result(30).stats.finish for run in runs] == ["length", "length"]


def test_a_wrong_key_is_refused_and_not_quoted(address):
    with pytest.raises(AuthenticationError, match="set LLAMA_API_KEY or pass api_key=") as caught:
        module(address, key="sk-not-this-servers")(question="Hi")
    assert "sk-not-this-servers" not in str(caught.value)


def test_a_prompt_that_is_too_long_is_refused_in_its_own_words(address):
    with pytest.raises(ProviderError, match="context size") as caught:
        module(address)(question="word " * 6000)
    assert caught.value.status == 400
