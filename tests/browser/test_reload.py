"""Pages that come and go while a model speaks: reloaded, opened twice, hidden, scrolled away, or left without their kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mock_provider import MockProvider
from playwright.sync_api import expect

from . import sources
from .conftest import OpenNotebook
from .notebook import Notebook
from .sources import ASK, BACKGROUND, FULL, LONG

pytestmark = pytest.mark.browser

STEADY = "words-1200-40"  # thirty seconds: on a busy machine a page takes half of them to load
BRIEF = "words-600-150"  # four seconds
WORDS = [f"word{at}" for at in range(1200)]

# JupyterLab looks for the model of a widget, pauses, and looks again, for two seconds. A busy machine, or a window in the
# background, makes the pauses longer. Here they take 1.5 seconds, and the models come in the second one of the first look.
MODELS_COME_IN_THE_LAST_PAUSE = """(() => {
    const pause = window.setTimeout, kept = [], decoder = new TextDecoder();
    let began = 0, came = false;
    window.setTimeout = (then, ms, ...rest) => {
        if (came || ms !== 100 || !new Error().stack.includes('get_model')) return pause(then, ms, ...rest);
        began ||= Date.now();
        if (Date.now() - began > 1000) {
            came = true;
            for (const hear of kept) hear();
        }
        return pause(then, 1500, ...rest);
    };
    const isModels = ({data}) => (typeof data === 'string' ? data : decoder.decode(data)).includes('update_states');
    window.WebSocket = class extends WebSocket {
        set onmessage(hear) {
            super.onmessage = (event) => (!came && isModels(event) ? kept.push(() => hear(event)) : hear(event));
        }
    };
})()"""


def words(notebook: Notebook) -> list[str]:
    """What both panes of the view say, one after the other."""
    return sources.words(notebook.cell(2).locator(".desiru:visible .desiru-text"))


def expect_to_go_on(notebook: Notebook) -> None:
    """The view has every word from the first one on, and more of them come."""
    expect(notebook.pane(2, "reasoning")).to_contain_text("word100 ")
    known = words(notebook)
    expect(notebook.view(2, "streaming")).to_contain_text(f"word{len(known) + 5}")
    assert known == WORDS[: len(known)]


@pytest.mark.everywhere
@pytest.mark.usefixtures("page")
def test_a_page_that_is_reloaded_mid_stream_has_all_the_text_and_goes_on_and_cancels(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(STEADY), ASK])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word100")
    notebook.reload()
    expect_to_go_on(notebook)
    notebook.view(2, "streaming").get_by_role("button", name="Cancel").click()
    notebook.view(2, "cancelled").wait_for()
    assert service.wait_for(lambda call: call["client_gone_at"])
    assert notebook.value("' '.join(_run.partial.values()).split()") == words(notebook)


@pytest.mark.usefixtures("page")
def test_a_second_window_shows_the_same_and_both_follow_to_the_end(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    notebook = open_notebook([use(STEADY), ASK])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word50")
    notebook.save()
    other = notebook.another_window()
    expect_to_go_on(other)
    other.view(2, "done").wait_for()
    assert words(other) == WORDS
    expect(notebook.view(2, "done").locator("visible=true")).to_have_count(1)  # for a moment both stand there: live and kept
    assert words(notebook) == WORDS


@pytest.mark.usefixtures("page")
def test_cancel_in_one_window_is_seen_in_the_other(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use(LONG), BACKGROUND])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.save()
    other = notebook.another_window()
    expect(other.pane(2, "reasoning")).to_contain_text(FULL)
    other.view(2, "streaming").get_by_role("button", name="Cancel").click()
    other.view(2, "cancelled").wait_for()
    notebook.view(2, "cancelled").wait_for()


def test_a_window_that_has_given_up_looking_for_the_model_shows_the_view(
    open_notebook: OpenNotebook, use: Callable[[str], str]
) -> None:
    notebook = open_notebook([use(LONG), BACKGROUND])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word20 ")
    notebook.save()
    context = notebook.page.context
    context.add_init_script(MODELS_COME_IN_THE_LAST_PAUSE)
    with context.expect_console_message(lambda message: "widget model not found" in message.text):
        other = notebook.another_window()
    expect(other.view(2, "streaming")).to_contain_text("word100 ")
    expect(other.cell(2)).not_to_contain_text("model not found")


def test_a_view_that_was_scrolled_away_has_lost_nothing(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    filler = ["print('line\\n' * 60)"] * 12
    notebook = open_notebook([use(BRIEF), BACKGROUND, *filler])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word5")
    notebook.scroll_to(13)
    notebook.wait_until_all_run()
    assert notebook.value("len(_run.result().answer) > 0")
    notebook.scroll_to(2)
    notebook.view(2, "done").wait_for()
    assert words(notebook) == WORDS[:600]


@pytest.mark.usefixtures("page")  # for another gives its answer
def test_a_view_in_a_tab_that_is_hidden_catches_up(open_notebook: OpenNotebook, use: Callable[[str], str]) -> None:
    notebook = open_notebook([use(BRIEF), BACKGROUND])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text("word5")
    notebook.page.context.new_page().bring_to_front()
    assert notebook.value("len(_run.result().answer) > 0")
    notebook.page.bring_to_front()
    notebook.view(2, "done").wait_for()
    assert words(notebook) == WORDS[:600]


def test_a_restarted_kernel_closes_the_connection_and_its_view_says_so(
    open_notebook: OpenNotebook, use: Callable[[str], str], service: MockProvider
) -> None:
    notebook = open_notebook([use(LONG), BACKGROUND])
    notebook.run_all()
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    notebook.restart_kernel()
    expect(notebook.view(2, "failed").locator(".desiru-error")).to_contain_text("The kernel has gone")
    expect(notebook.pane(2, "reasoning")).to_contain_text(FULL)
    assert service.wait_for(lambda call: call["client_gone_at"])
