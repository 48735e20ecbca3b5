/** A finished view goes back in its run's time, and comes back as it was. */
import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { PLACES } from "../src/scrubber";
import { amounts, lengthsAt } from "../src/timeline";
import type { Traits } from "../src/types";
import { FakeHost, FakePage, NO_STATS, paneOf, SOME_STATS, textOf } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

const TEXTS = { reasoning: "Air *scatters*.", answer: "**Blue** 💙 sky" };
const STATS = { ...SOME_STATS, duration: 8 };
const TIMELINE = {
  type: "timeline" as const,
  times: [1, 2, 4, 7],
  lengths: { reasoning: [4, 15, 15, 15], answer: [0, 0, 11, 15] },
};

function finished(traits: Partial<Traits> = {}): { host: FakeHost; root: HTMLElement } {
  const host = new FakeHost({ texts: TEXTS, state: "done", stats: STATS, ...traits });
  const { root } = host.render();
  page.frame();
  return { host, root };
}

function sliderOf(root: HTMLElement): HTMLInputElement {
  return root.querySelector<HTMLInputElement>("input.desiru-time")!;
}

function fire(target: Element, event: string): void {
  target.dispatchEvent(new page.document.defaultView!.Event(event, { bubbles: true }));
}

/** What a pointer does while it is down. */
function drag(root: HTMLElement, seconds: number): void {
  sliderOf(root).value = String((seconds / STATS.duration) * PLACES);
  fire(sliderOf(root), "input");
  page.frame();
}

/** What a key does. */
function step(root: HTMLElement, seconds: number): void {
  drag(root, seconds);
  fire(sliderOf(root), "change");
  page.frame();
}

function wordsOf(root: HTMLElement): (string | null)[] {
  return [sliderOf(root).getAttribute("aria-valuetext"), root.querySelector(".desiru-figures")!.textContent];
}

test("a moment has what came until then", () => {
  const at = (seconds: number) => [...lengthsAt(TIMELINE, seconds)];
  assert.deepEqual(at(0.9), [["reasoning", 0], ["answer", 0]]);
  assert.deepEqual(at(1), [["reasoning", 4], ["answer", 0]]);
  assert.deepEqual(at(6.9), [["reasoning", 15], ["answer", 11]]);
  assert.deepEqual(at(100), [["reasoning", 15], ["answer", 15]]);
  assert.deepEqual(amounts(TIMELINE, 8, 4), [15, 11, 0, 4]);
});

test("each pane shows its text as it was, in the elements of text that grows", () => {
  const { host, root } = finished();
  step(root, 5);
  host.kernel.say(TIMELINE);
  page.frame();
  assert.equal(textOf(root, "answer"), "Blue 💙");
  assert.equal(paneOf(root, "answer").querySelector("strong")!.textContent, "Blue");
  assert.equal(paneOf(root, "answer").dataset["open"], "true");
  step(root, 1.5);
  assert.deepEqual([textOf(root, "reasoning"), textOf(root, "answer")], ["Air", ""]);
  assert.equal(paneOf(root, "reasoning").dataset["open"], "true");
  step(root, 2);
  assert.equal(textOf(root, "reasoning"), "Air scatters.");
});

test("at the end the view is what it was, with the same elements", () => {
  const { host, root } = finished();
  const before = root.querySelector(".desiru-panes")!.outerHTML;
  const all = [...root.querySelectorAll(".desiru-panes *")];
  host.kernel.say(TIMELINE);
  for (const back of [() => step(root, 8), () => sliderOf(root).dispatchEvent(escape())]) {
    step(root, 1.5);
    step(root, 3);
    assert.notEqual(root.querySelector(".desiru-panes")!.outerHTML, before);
    back();
    page.frame();
    assert.equal(root.querySelector(".desiru-panes")!.outerHTML, before);
    assert.deepEqual([...root.querySelectorAll(".desiru-panes *")], all);
    assert.equal(sliderOf(root).value, String(PLACES));
  }
  assert.match(wordsOf(root)[1]!, /tokens$/);
});

test("while the pointer is down the slider stays where it is, also at the end", () => {
  const { host, root } = finished();
  host.kernel.say(TIMELINE);
  drag(root, 1);
  drag(root, 8);
  assert.equal(paneOf(root, "reasoning").dataset["folded"], undefined);
  fire(sliderOf(root), "change");
  page.frame();
  assert.equal(paneOf(root, "reasoning").dataset["folded"], "true");
});

test("Escape is left to the notebook at the end", () => {
  const { root } = finished();
  const pressed = escape();
  sliderOf(root).dispatchEvent(pressed);
  assert.equal(pressed.defaultPrevented, false);
});

test("a reader who folds a pane is back at the end", () => {
  const { host, root } = finished();
  host.kernel.say(TIMELINE);
  step(root, 1.5);
  paneOf(root, "reasoning").querySelector<HTMLElement>(".desiru-head")!.click();
  page.frame();
  assert.equal(textOf(root, "answer"), "Blue 💙 sky");
  assert.equal(paneOf(root, "reasoning").dataset["folded"], "true");
});

test("the times are asked for once, when somebody goes back, and until they come the view says what it waits for", () => {
  const { host, root } = finished();
  const before = host.kernel.sent.length;
  step(root, 2);
  step(root, 4);
  assert.deepEqual(host.kernel.sent.slice(before), [{ type: "timeline" }]);
  assert.deepEqual(wordsOf(root), ["waiting for the kernel", "waiting for the kernel"]);
  assert.equal(textOf(root, "answer"), "Blue 💙 sky");
  host.kernel.say(TIMELINE);
  page.frame();
  assert.deepEqual(wordsOf(root), ["4.0 s of 8.0 s", "4.0 s of 8.0 s"]);
});

test("the slider is a range with a name, and says the time", () => {
  const { root } = finished();
  const slider = sliderOf(root);
  assert.deepEqual([slider.type, slider.getAttribute("aria-label"), slider.hidden], ["range", "Time", false]);
  assert.equal(slider.getAttribute("aria-valuetext"), "8.0 s of 8.0 s");
});

test("there is a slider only where one can go back", () => {
  const { host, root } = finished({ state: "streaming" });
  assert.equal(sliderOf(root).hidden, true);
  host.kernel.set({ state: "cancelled", stats: STATS });
  page.frame();
  assert.equal(sliderOf(root).hidden, false);
  for (const stats of [{ ...STATS, streamed: false }, { ...NO_STATS, duration: 2 }]) {
    assert.equal(sliderOf(finished({ stats }).root).hidden, true);
  }
});

test("without a kernel there is no slider, unless the times are known", () => {
  const [known, unknown] = [finished(), finished()];
  known.host.kernel.say(TIMELINE);
  for (const { host } of [known, unknown]) host.kernel.becomes("restarting");
  page.frame();
  assert.deepEqual([sliderOf(known.root).hidden, sliderOf(unknown.root).hidden], [false, true]);
  assert.equal(unknown.root.dataset["state"], "done");
  assert.equal(unknown.root.querySelector<HTMLElement>(".desiru-remarks")!.hidden, true);
});

test("a typed field is as far as it was", () => {
  const fields = [{ name: "tags", type: "list[str]" }];
  const { host, root } = finished({ fields, texts: { tags: '["blue", "violet"]' } });
  host.kernel.say({ type: "timeline", times: [1, 2, 3], lengths: { tags: [4, 13, 18] } });
  step(root, 2.5);
  assert.deepEqual([...root.querySelectorAll("li")].map((item) => item.textContent), ["blue", "vio"]);
  step(root, 1);
  assert.deepEqual([...root.querySelectorAll("li")].map((item) => item.textContent), ["bl"]);
});

test("a long text goes back within a frame's budget, and shows what it showed until it is whole", (t) => {
  const answer = "Some *words* and more. ".repeat(4000);
  let now = 0;
  t.mock.method(performance, "now", () => (now += 3)); // a look at the clock after each slice
  const { host, root } = finished({ texts: { answer } });
  while (page.framesAsked()) page.frame();
  host.kernel.say({ type: "timeline", times: [1, 4], lengths: { answer: [41400, answer.length] } });
  const shown = () => textOf(root, "answer").length;
  const whole = shown();
  drag(root, 2);
  assert.equal(shown(), whole);
  const seen: number[] = [];
  while (page.framesAsked()) {
    page.frame();
    seen.push(shown());
  }
  assert.ok(seen.length > 5, String(seen.length));
  assert.deepEqual([...new Set(seen)].length, 2);
  assert.ok(shown() < whole / 2);
});

function escape(): KeyboardEvent {
  const { KeyboardEvent } = page.document.defaultView!;
  return new KeyboardEvent("keydown", { key: "Escape", bubbles: true, cancelable: true });
}

test("a pointer that goes back and returns to the end before it is let go leaves the view as it was", () => {
  const { host, root } = finished();
  drag(root, 5);
  host.kernel.say(TIMELINE);
  page.frame();
  assert.equal(textOf(root, "answer"), "Blue 💙");
  drag(root, 8);
  fire(sliderOf(root), "pointerup"); // and no change: the slider stands where it stood when it was pressed
  page.frame();
  assert.equal(textOf(root, "answer"), "Blue 💙 sky");
  assert.doesNotMatch(wordsOf(root)[1]!, / of /);
});
