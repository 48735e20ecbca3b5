import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";
import { gist } from "../src/fold";
import type { Traits } from "../src/types";
import { FakeHost, FakePage, paneOf } from "./fakes";

/** Those of the saved view, too. */
const GISTS = JSON.parse(readFileSync("../tests/gists.json", "utf8")) as [string, string][];

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

const TEXTS = { reasoning: "First **this**,\nthen that.", answer: "blue" };

function headOf(root: HTMLElement, field = "reasoning"): HTMLElement {
  return paneOf(root, field).querySelector<HTMLElement>(".desiru-head")!;
}

/** Whether the text is away, as the eye, the ear and the stylesheet are told. */
function isFolded(root: HTMLElement, field = "reasoning"): boolean {
  const pane = paneOf(root, field);
  const folded = pane.querySelector(".desiru-text")!.hasAttribute("hidden");
  assert.equal(pane.dataset["folded"], folded ? "true" : undefined);
  assert.equal(headOf(root, field).getAttribute("aria-expanded"), String(!folded));
  return folded;
}

function finish(host: FakeHost, traits: Partial<Traits> = {}): void {
  host.kernel.set({ texts: TEXTS, state: "done", ...traits });
  page.frame();
}

function fire(target: Element, type: string): void {
  target.dispatchEvent(new page.document.defaultView!.Event(type, { bubbles: type !== "scroll" }));
}

test("the reasoning folds itself when the answer is complete", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("reasoning", 0, "First **this**");
  page.frame();
  assert.equal(isFolded(root), false);
  finish(host);
  assert.equal(isFolded(root), true);
  assert.equal(headOf(root).textContent, "reasoning First this, then that.");
});

test("so does thinking, and both in a view that opens late", () => {
  const host = new FakeHost({ state: "done", texts: { thinking: "hm", ...TEXTS } });
  const { root } = host.render();
  assert.deepEqual([isFolded(root, "thinking"), isFolded(root)], [true, true]);
});

test("nothing else folds, nor has it a button to fold with", () => {
  const { root } = new FakeHost({ state: "done", texts: TEXTS }).render();
  assert.equal(headOf(root, "answer").tagName, "DIV");
  assert.equal(paneOf(root, "answer").dataset["folded"], undefined);
});

test("reasoning without an answer, or of a run that came to no good end, stays open", () => {
  const open = [
    { state: "done", texts: { reasoning: "hm" } },
    { state: "done", texts: { reasoning: "hm", answer: " \n" } },
    { state: "done", texts: { reasoning: "hm", thinking: "so" } },
    { state: "cancelled", texts: TEXTS },
    { state: "failed", texts: TEXTS },
  ] as const;
  for (const traits of open) assert.equal(isFolded(new FakeHost(traits).render().root), false, JSON.stringify(traits));
});

test("it folds only when the whole answer is on the page", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now++);
  const host = new FakeHost();
  const { root } = host.render();
  page.frame();
  finish(host, { texts: { ...TEXTS, answer: "word ".repeat(20_000) } });
  assert.equal(isFolded(root), false);
  while (page.framesAsked()) page.frame();
  assert.equal(isFolded(root), true);
});

test("a click unfolds it and another one folds it", () => {
  const host = new FakeHost();
  const { root } = host.render();
  finish(host);
  headOf(root).click();
  page.frame();
  assert.equal(isFolded(root), false);
  assert.equal(headOf(root).textContent, "reasoning ");
  headOf(root).click();
  page.frame();
  assert.equal(isFolded(root), true);
});

test("once the reader has touched it, it stays as it is", () => {
  const touches: ((root: HTMLElement, text: HTMLElement) => void)[] = [
    (root) => (headOf(root).click(), headOf(root).click()),
    (_, text) => text.focus(),
    (_, text) => {
      Object.defineProperties(text, { scrollHeight: { value: 500 }, clientHeight: { value: 100 } });
      text.scrollTop = 50;
      fire(text, "scroll");
    },
  ];
  for (const touch of touches) {
    const host = new FakeHost();
    const { root } = host.render();
    touch(root, paneOf(root, "reasoning").querySelector<HTMLElement>(".desiru-text")!);
    finish(host);
    assert.equal(isFolded(root), false);
  }
});

test("following the end as it grows is no touch of the reader's", () => {
  const host = new FakeHost();
  const { root } = host.render();
  const text = paneOf(root, "reasoning").querySelector(".desiru-text")!;
  Object.defineProperties(text, { scrollHeight: { value: 500 }, clientHeight: { value: 100 } });
  host.kernel.delta("reasoning", 0, "hm");
  page.frame();
  fire(text, "scroll");
  finish(host);
  assert.equal(isFolded(root), true);
});

test("what the reader has folded while it grew stays folded, and grows", () => {
  const host = new FakeHost();
  const { root } = host.render();
  headOf(root).click();
  host.kernel.delta("reasoning", 0, "hm");
  page.frame();
  assert.equal(isFolded(root), true);
  headOf(root).click();
  assert.equal(paneOf(root, "reasoning").querySelector(".desiru-text")!.textContent, "hm");
});

test("the head names the text it folds, in two views by two names", () => {
  const host = new FakeHost();
  const controlled = [host.render().root, host.render().root].map((root) => {
    const id = headOf(root).getAttribute("aria-controls")!;
    assert.equal(root.querySelector(".desiru-text")!.id, id);
    return id;
  });
  assert.notEqual(controlled[0], controlled[1]);
});

test("the gist is the first words on one line, and nothing invisible", () => {
  for (const [source, words] of GISTS) assert.equal(gist(source), words);
  assert.equal(gist("a\u202eb\u001b"), "a⟨U+202E⟩b␛");
  assert.equal(gist("word ".repeat(1000)), "word ".repeat(32).trim());
  assert.equal([...gist("🌍".repeat(1000))].length, 160);
  assert.equal(gist(""), "");
});
