import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { TICK_MS } from "../src/pace";
import { FakeHost, FakePage, SOME_STATS } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

test("state and model stand in the status line", () => {
  const host = new FakeHost({ state: "pending" });
  const { root } = host.render();
  assert.equal(root.dataset["state"], "pending");
  host.kernel.set({ state: "done", stats: SOME_STATS });
  page.frame();
  assert.equal(root.dataset["state"], "done");
  assert.equal(root.querySelector(".desiru-state")!.textContent, "done");
  assert.equal(
    root.querySelector(".desiru-figures")!.textContent,
    "1.2 s · first token 240 ms · 41 tokens/s · 38 tokens",
  );
  assert.equal(root.querySelector(".desiru-model")!.textContent, "SmolLM2 135M");
  assert.equal(root.querySelector<HTMLElement>(".desiru-model")!.title, "SmolLM2 135M");
});

test("an answer that was cut short says so, and has a mark of its own", () => {
  const host = new FakeHost();
  const { root } = host.render();
  assert.equal(root.dataset["complete"], "true");
  host.kernel.set({ state: "done", stats: { ...SOME_STATS, complete: false } });
  page.frame();
  assert.equal(root.querySelector(".desiru-state")!.textContent, "done · cut short");
  assert.equal(root.dataset["complete"], "false");
  assert.equal(root.querySelector("[aria-live]")!.textContent, "Model output done, cut short.");
});

test("the pace is drawn while the answer comes, and stays", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const host = new FakeHost();
  const { root } = host.render();
  const drawn = () => root.querySelector(".desiru-pace polyline")!.getAttribute("points")!;
  assert.equal(drawn(), "");
  for (let offset = 0; offset < 10; offset += 1) {
    host.kernel.delta("answer", offset, "x");
    now += TICK_MS;
    mock.timers.tick(TICK_MS);
  }
  assert.equal(drawn().split(" ").length, 10);
  now += 10 * TICK_MS;
  host.kernel.set({ state: "done", stats: SOME_STATS });
  page.frame();
  const last = drawn();
  assert.equal(last.split(" ").length, 10);
  now += 10 * TICK_MS;
  mock.timers.tick(10 * TICK_MS);
  assert.equal(drawn(), last);
  assert.equal(root.querySelector(".desiru-pace > svg")!.getAttribute("aria-hidden"), "true");
});

test("while the run lives its time ticks, afterwards nothing does", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const host = new FakeHost({ state: "pending" });
  const figures = host.render().root.querySelector(".desiru-figures")!;
  now = 1000;
  mock.timers.tick(TICK_MS);
  assert.equal(figures.textContent, "1.0 s · waiting for the first token");
  host.kernel.set({ state: "failed", stats: SOME_STATS });
  page.frame();
  figures.textContent = "untouched";
  mock.timers.tick(10 * TICK_MS);
  assert.equal(figures.textContent, "untouched");
});

test("there is something to cancel while the run lives, and all of it to copy afterwards", () => {
  const shown = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>(".desiru-actions > *")].filter((b) => !b.hidden);
  for (const state of ["pending", "streaming"] as const) {
    assert.deepEqual(shown(new FakeHost({ state }).render().root).map((b) => b.textContent), ["Cancel"]);
  }
  for (const state of ["done", "cancelled", "failed"] as const) {
    assert.deepEqual(shown(new FakeHost({ state }).render().root).map((b) => b.textContent), ["Copy all"]);
  }
});
