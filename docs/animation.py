"""Takes the README's moving picture: a cell that streams, in a real JupyterLab.

The quickstart's recording is replayed in slow motion, by clocks that are as slow, so that no machine is too busy for it.
Most of the time for which the demo model was loaded is cut out.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from browser.conftest import CHROMIUM_OPTIONS
from browser.notebook import Notebook, write_notebook
from browser.server import running
from PIL import Image, ImageOps
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
RECORDING = ROOT / "examples" / "notebooks" / "quickstart.jsonl"
PICTURE = ROOT / "docs" / "streaming.gif"
CELLS = ["%load_ext desiru_notebook", "%%desiru question -> reasoning, answer\nWhy is the sky blue?", "_.answer"]
LARGEST = 1_000_000  # bytes
COLOURS = 255  # of 256: one says that a pixel stays as it is

SLOWER = 4  # times
TICK = 0.06  # seconds of the picture between two of its frames at least
SLOW_KERNEL = f"""
import time
clock = time.perf_counter
time.perf_counter = lambda: clock() / {SLOWER}
import desiru_notebook
desiru_notebook.replay({str(RECORDING)!r}, speed=1 / {SLOWER})
"""
SLOW_PAGE = f"const clock = performance.now.bind(performance); performance.now = () => clock() / {SLOWER}"

SCALE, HEIGHT = 1.5, 645  # the height is in pixels of the picture
# The browser itself scales the page: a screencast does not know of Playwright's scale.
WINDOW = [f"--force-device-scale-factor={SCALE}", "--window-size=880,700"]
CELLS_ALONE = """
    .jp-cell-toolbar, .jp-Notebook-footer { display: none !important }
    .jp-WindowedPanel-outer { overflow: clip !important }
"""

Frame = tuple[Image.Image, int]  # and for how many milliseconds it is shown


class Film:
    """The frames that a page draws, each with its time."""

    def __init__(self, page: Page) -> None:
        self._frames: list[tuple[float, str]] = []
        self._camera = page.context.new_cdp_session(page)
        self._camera.on("Page.screencastFrame", self._keep)
        self._camera.send("Page.startScreencast", {"format": "png"})

    def _keep(self, frame: dict[str, Any]) -> None:
        self._camera.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})
        self._frames.append((frame["metadata"]["timestamp"], frame["data"]))

    def scenes(self, times: Sequence[tuple[float, float]]) -> Iterator[Frame]:
        """What was shown from each beginning to its end."""
        tick = TICK * SLOWER
        shown = [self._at(begin + number * tick) for begin, end in times for number in range(round((end - begin) / tick))]
        for frame, ticks in groupby(shown):
            yield Image.open(io.BytesIO(b64decode(frame))).convert("RGB"), round(sum(1 for _ in ticks) * TICK * 1000)

    def _at(self, moment: float) -> str:
        return max((frame for frame in self._frames if frame[0] <= moment), default=min(self._frames))[1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        startup = home / "ipython" / "profile_default" / "startup" / "slow.py"
        startup.parent.mkdir(parents=True)
        startup.write_text(SLOW_KERNEL)
        with running(home) as lab, sync_playwright() as playwright:
            options = [*CHROMIUM_OPTIONS, *WINDOW]
            chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
            page = chromium.new_context(no_viewport=True).new_page()
            page.add_init_script(SLOW_PAGE)
            notebook = Notebook(page, lab, write_notebook(lab.root, "sky", CELLS)).wait_for_kernel()
            save(list(take(notebook)))
            chromium.close()


def take(notebook: Notebook) -> Iterator[Frame]:
    """The frames, cropped to the cells."""
    page = notebook.page
    notebook.command("application:toggle-left-area")
    page.add_style_tag(content=CELLS_ALONE)
    notebook.run_cell(0)
    notebook.wait_until_run(0)
    notebook.cell(1).locator(".jp-InputPrompt").click()
    film = Film(page)
    _wait(page, 1)
    asked = time.time()
    page.keyboard.press("Shift+Enter")
    notebook.view(1, "streaming").wait_for(timeout=60_000)
    first = time.time()
    notebook.wait_until_run(1)
    _wait(page, 1.5)
    page.keyboard.press("Control+Enter")
    notebook.wait_until_run(2)
    _wait(page, 5)
    area = page.locator(".jp-NotebookPanel-notebook").bounding_box()
    left, top, right = (round(SCALE * edge) for edge in (area["x"] + 1, area["y"] + 1, area["x"] + area["width"] - 1))
    for image, shown in film.scenes([(asked - SLOWER, asked + SLOWER), (first - 0.3 * SLOWER, time.time())]):
        yield image.crop((left, top, right, top + HEIGHT)), shown


def _wait(page: Page, seconds: float) -> None:
    page.wait_for_timeout(1000 * SLOWER * seconds)


def save(frames: Sequence[Frame]) -> None:
    """As a GIF, which every host of a README shows."""
    still = (frames[-1][0], 100)  # where pictures do not move, the first frame is all that is seen
    images, times = zip(still, *frames, strict=True)
    first, *others = _with_palette([_framed(image) for image in images])
    first.save(PICTURE, save_all=True, append_images=others, duration=list(times), loop=0)
    if PICTURE.stat().st_size > LARGEST:
        raise SystemExit(f"{PICTURE.name} has {PICTURE.stat().st_size:,} bytes, more than {LARGEST:,}: show less of it.")


def _framed(image: Image.Image) -> Image.Image:
    """With a line around it, for the page below it may be as white."""
    return ImageOps.expand(ImageOps.crop(image, 1), 1, (208, 208, 208))


def _with_palette(images: Sequence[Image.Image]) -> Iterator[Image.Image]:
    """The images in as few colours. Pillow's own choice makes white a light grey, and a small green sign grey too."""
    pixels = np.stack([np.asarray(image, np.uint32) @ (1 << 16, 1 << 8, 1) for image in images])
    found, which, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1)
    kept = colours[np.argsort(counts * (1 + np.ptp(colours, axis=1)))[-COLOURS:]]
    nearest = np.array([np.abs(kept - colour).sum(axis=1).argmin() for colour in colours], np.uint8)
    for indices in nearest[which].reshape(pixels.shape):
        image = Image.fromarray(indices)
        image.putpalette(kept.astype(np.uint8).tobytes())
        yield image


if __name__ == "__main__":
    main()
