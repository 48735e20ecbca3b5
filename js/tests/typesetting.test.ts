import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { element } from "../src/dom";
import { BUDGET_MS } from "../src/painter";
import type { Model } from "../src/types";
import { PAUSE_MS, Typesetting } from "../src/typesetting";
import { FakePage } from "./fakes";

let page: FakePage;
let typeset: string[];

beforeEach(() => {
  page = new FakePage();
  typeset = [];
  mock.restoreAll();
  mock.method(performance, "now", () => 0); // a slice lasts for as long as a test wants, however busy the machine is
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

function modelOf(typeset: (formula: HTMLElement) => unknown): Model {
  return { widget_manager: { rendermime: { latexTypesetter: { typeset } } } } as unknown as Model;
}

function takes(formula: HTMLElement): void {
  typeset.push(formula.textContent!);
}

function block(...formulas: string[]): HTMLElement {
  const spans = formulas.map((tex) => element("span", "desiru-math mathjax_process", tex));
  return placed(element("p", "", "so ", ...spans));
}

function placed(child: HTMLElement): HTMLElement {
  document.body.append(element("div", "desiru", child));
  return child;
}

async function idle(): Promise<void> {
  mock.timers.tick(PAUSE_MS);
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
}

test("the formulas of a finished block are typeset when the page is idle, in their order", async () => {
  const done = mock.fn();
  const typesetting = new Typesetting(modelOf(takes), done);
  typesetting.add(block("a", "b"));
  typesetting.add(placed(element("div", "desiru-math desiru-display", "c")));
  typesetting.add(block());
  assert.deepEqual(typeset, []);
  await idle();
  assert.deepEqual([typeset, done.mock.callCount()], [["a", "b", "c"], 1]);
});

test("what is refused or is no formula is left alone", async () => {
  new Typesetting(modelOf(takes), () => undefined).add(placed(element("p", "", element("span", "desiru-tex", "\\href"))));
  await idle();
  assert.deepEqual(typeset, []);
});

test("a slice ends when its time is over, and the next one goes on", async (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const slow = (formula: HTMLElement) => ((now += BUDGET_MS - 1), takes(formula));
  new Typesetting(modelOf(slow), () => undefined).add(block("a", "b", "c", "d", "e"));
  const counts: number[] = [];
  for (let slice = 0; slice < 3; slice += 1) {
    await idle();
    counts.push(typeset.length);
  }
  assert.deepEqual(counts, [2, 4, 5]);
});

test("one is typeset after the other, however long each takes", async () => {
  const ready: (() => void)[] = [];
  const late = (formula: HTMLElement) => new Promise<void>((resolve) => void ready.push(() => (takes(formula), resolve())));
  new Typesetting(modelOf(late), () => undefined).add(block("a", "b"));
  await idle();
  assert.equal(ready.length, 1);
  ready[0]!();
  await idle();
  assert.deepEqual([typeset, ready.length], [["a"], 2]);
});

test("a typesetter that fails leaves the source, and goes on with the next", async () => {
  const fails = [
    (formula: HTMLElement) => {
      takes(formula);
      throw new Error("no fonts");
    },
    (formula: HTMLElement) => (takes(formula), Promise.reject(new Error("no fonts"))),
  ];
  for (const set of fails) new Typesetting(modelOf(set), () => undefined).add(block("a", "b"));
  await idle();
  assert.deepEqual([...typeset].sort(), ["a", "a", "b", "b"]);
});

test("a host without a typesetter shows the source", async () => {
  const lacking = [undefined, {}, { latexTypesetter: null }, { latexTypesetter: {} }].map((it) => ({ rendermime: it }));
  for (const widget_manager of [undefined, {}, ...lacking]) {
    const shown = block("a");
    new Typesetting({ widget_manager } as unknown as Model, () => undefined).add(shown);
    await idle();
    assert.equal(shown.textContent, "so a");
  }
});

test("nothing is typeset while the page is hidden", async () => {
  page.hidden = true;
  new Typesetting(modelOf(takes), () => undefined).add(block("a"));
  await idle();
  assert.deepEqual(typeset, []);
  page.hidden = false;
  document.dispatchEvent(new page.document.defaultView!.Event("visibilitychange"));
  await idle();
  assert.deepEqual(typeset, ["a"]);
});

test("what is folded away waits, and nobody waits for it", async () => {
  const typesetting = new Typesetting(modelOf(takes), () => undefined);
  const folded = placed(element("div", "desiru-text", block("a")));
  folded.hidden = true;
  typesetting.add(folded);
  typesetting.add(block("b"));
  await idle();
  assert.deepEqual(typeset, ["b"]);
  folded.hidden = false;
  typesetting.resume();
  await idle();
  assert.deepEqual(typeset, ["b", "a"]);
});

test("what was painted anew since is nobody's any more", async () => {
  const typesetting = new Typesetting(modelOf(takes), () => undefined);
  const first = block("a");
  typesetting.add(first);
  first.replaceWith("");
  typesetting.add(block("b"));
  await idle();
  assert.deepEqual(typeset, ["b"]);
});

test("a wide formula on a line of its own can be scrolled from the keyboard", async () => {
  const [wide, narrow, inline] = ["div", "div", "span"].map((tag) => placed(element(tag as "div" | "span", "desiru-math")));
  for (const display of [wide!, narrow!]) display.classList.add("desiru-display");
  for (const formula of [wide!, inline!]) Object.defineProperty(formula, "scrollWidth", { value: 900 });
  const typesetting = new Typesetting(modelOf(takes), () => undefined);
  for (const formula of [wide!, narrow!, inline!]) typesetting.add(formula);
  await idle();
  assert.deepEqual([wide, narrow, inline].map((formula) => formula!.tabIndex), [0, -1, -1]);
});

test("a view that was removed typesets no more", async () => {
  const done = mock.fn();
  const typesetting = new Typesetting(modelOf(takes), done);
  typesetting.add(block("a"));
  typesetting.stop();
  await idle();
  assert.deepEqual([typeset, done.mock.callCount()], [[], 0]);
});
