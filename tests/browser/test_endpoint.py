"""The example of docs/endpoint.md in a page that a Jupyter server has sent: the browser's cookie, the page's own token."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from frontends.server.answers import expected, question
from frontends.server.jupyter import ROOT, Jupyter, jupyter
from mock_provider import MockProvider
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

QUICK, LONG = "words-20-0", "words-20000-100"
ASK = re.search(r"```js\n(.*?)```", (ROOT / "docs" / "endpoint.md").read_text(encoding="utf-8"), re.DOTALL)[1]
WHOLE = f"""async ([base, question]) => {{
    {ASK}
    const texts = {{}};
    const result = await ask(base, question, (type, content) => {{ texts[type] = (texts[type] ?? "") + content }});
    return [texts, result];
}}"""
ABORTED = f"""async ([base, question]) => {{
    {ASK}
    const abort = new AbortController();
    return ask(base, question, () => abort.abort(), abort.signal).catch(error => error.name);
}}"""


@pytest.fixture(scope="module")
def jupyter_server(browser: object, tmp_path_factory: pytest.TempPathFactory, _service: MockProvider) -> Iterator[Jupyter]:
    with jupyter(tmp_path_factory.mktemp("endpoint"), _service.base_url, [QUICK, LONG]) as server:
        yield server


@pytest.fixture
def logged_in(page: Page, jupyter_server: Jupyter) -> Page:
    page.goto(f"{jupyter_server.base}lab?token={jupyter_server.token}")
    return page


@pytest.mark.usefixtures("service")
def test_a_page_of_the_servers_own_streams_an_answer(logged_in, jupyter_server):
    texts, result = logged_in.evaluate(WHOLE, [jupyter_server.base, question()])
    assert texts == result == expected(20)


def test_a_page_hears_why_it_was_refused(logged_in, jupyter_server):
    with pytest.raises(Exception, match="The input 'question' is missing"):
        logged_in.evaluate(WHOLE, [jupyter_server.base, question(inputs={})])


def test_a_page_that_aborts_stops_the_model(logged_in, jupyter_server, service):
    assert logged_in.evaluate(ABORTED, [jupyter_server.base, question(model=LONG)]) == "AbortError"
    assert not service.wait_for(lambda call: call["client_gone_at"])["finished"]
