import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { HIDDEN_MS } from "../src/painter";
import { FakeHost, FakePage, textOf } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

test("painting is coalesced: many deltas, one frame", () => {
  const host = new FakeHost();
  const { root } = host.render();
  page.frame();
  for (let offset = 0; offset < 100; offset += 1) host.kernel.delta("answer", offset, "x");
  assert.equal(page.framesAsked(), 1);
  assert.equal(textOf(root, "answer"), "");
  page.frame();
  assert.equal(textOf(root, "answer"), "x".repeat(100));
});

test("a hidden page is painted by a timer", () => {
  page.hidden = true;
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, "blue");
  assert.equal(page.framesAsked(), 0);
  mock.timers.tick(HIDDEN_MS);
  assert.equal(textOf(root, "answer"), "blue");
});

test("no frame is long: what is left over is painted in the next ones", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now++);
  const host = new FakeHost();
  const { root } = host.render();
  page.frame();
  host.kernel.delta("answer", 0, "word ".repeat(20_000));
  const lengths: number[] = [];
  while (page.framesAsked()) {
    page.frame();
    lengths.push(textOf(root, "answer").replace(/\s/g, "").length);
  }
  assert.ok(lengths.length > 5 && lengths[0]! < 20_000);
  assert.equal(lengths.at(-1), 80_000);
});

test("every pane gets on, however much another one has to paint", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now++);
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("reasoning", 0, "word ".repeat(20_000));
  host.kernel.delta("answer", 0, "blue");
  page.frame();
  assert.equal(textOf(root, "answer"), "blue");
});
