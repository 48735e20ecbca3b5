/** A page without a kernel: its answers stand in it as data, and can be played again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FakePage, fieldsOf, paneOf, remarksOf, SOME_STATS, textOf } from "./fakes";

const STATS = { ...SOME_STATS, duration: 8, complete: true };
const ANSWER = {
  fields: [
    { name: "reasoning", type: "str" },
    { name: "answer", type: "str" },
  ],
  model_name: "a-model",
  state: "done",
  texts: { reasoning: "Air.", answer: "**Blue** sky" },
  stats: STATS,
  error: "",
  notices: [],
  timeline: { type: "timeline", times: [1, 2, 4, 7], lengths: { reasoning: [4, 4, 4, 4], answer: [0, 5, 8, 12] } },
};
const FAILED = { ...ANSWER, state: "failed", error: "It broke.", notices: ["<b>Note</b>"], stats: { ...STATS, ttft: null } };

let now = 0;
const page = new FakePage();
for (const answer of [ANSWER, FAILED]) {
  const fallback = document.body.appendChild(document.createElement("div"));
  fallback.className = "fallback";
  const data = document.body.appendChild(document.createElement("script"));
  data.type = "application/json";
  data.className = "desiru-answer";
  data.textContent = JSON.stringify(answer);
}
performance.now = () => now;
await import("../src/page/main");
page.frame();
const [root, failed] = [...document.querySelectorAll<HTMLElement>(".desiru")] as [HTMLElement, HTMLElement];
const play = root.querySelector<HTMLButtonElement>(".desiru-play")!;
const slider = root.querySelector<HTMLInputElement>(".desiru-time")!;

/** So many milliseconds later the page paints: first the player moves the view, then the view draws. */
function after(milliseconds: number): void {
  now += milliseconds;
  page.frame();
  page.frame();
}

function figures(): string | null {
  return root.querySelector(".desiru-figures")!.textContent;
}

test("views stand in the place of what is read without a script", () => {
  assert.equal(document.querySelectorAll(".fallback").length, 0);
  assert.deepEqual(fieldsOf(root), ["reasoning", "answer"]);
  assert.equal(textOf(root, "answer"), "Blue sky");
  assert.equal(figures(), "8.0 s · first token 240 ms · 41 tokens/s · 38 tokens");
  assert.equal(root.querySelector(".desiru-model")!.textContent, "a-model");
  assert.notEqual(root.querySelector("polyline")!.getAttribute("points"), "");
});

test("what failed says why, and cannot be played where nothing came", () => {
  assert.deepEqual(remarksOf(failed), [["desiru-error", "It broke."], ["desiru-notice", "<b>Note</b>"]]);
  assert.equal(failed.querySelector<HTMLButtonElement>(".desiru-play")!.hidden, true);
});

function shown(field: string): string {
  return paneOf(root, field).querySelector(".desiru-text:not([hidden])")!.textContent!;
}

test("an answer is played at its pace, halted, and goes on", () => {
  assert.equal(play.textContent, "Play");
  play.click();
  assert.equal(play.textContent, "Pause");
  for (let step = 0; step < 22; step += 1) after(100);
  assert.equal(shown("answer"), "Blu");
  assert.equal(figures(), "2.2 s of 8.0 s");
  play.click();
  after(1000);
  assert.equal(figures(), "2.2 s of 8.0 s");
  assert.equal(play.textContent, "Play");
  play.click();
  for (let step = 0; step < 20; step += 1) after(100);
  assert.equal(shown("answer"), "Blue");
  assert.equal(slider.getAttribute("aria-valuetext"), "4.2 s of 8.0 s");
});

test("the reader may move the slider meanwhile, and a page that was out of sight goes on where it was", () => {
  slider.value = String(Number(slider.max) / 8);
  slider.dispatchEvent(new (page.document.defaultView!.Event)("input"));
  after(100);
  assert.equal(figures(), "1.1 s of 8.0 s");
  after(60_000);
  assert.ok(figures()!.startsWith("1.4 s of") || figures()!.startsWith("1.3 s of"), figures()!);
});

test("at the end the view is itself again, and can be played once more", () => {
  for (let step = 0; step < 70; step += 1) after(100);
  assert.equal(play.textContent, "Play");
  assert.equal(shown("answer"), "Blue sky");
  assert.equal(figures(), "8.0 s · first token 240 ms · 41 tokens/s · 38 tokens");
  play.click();
  after(100);
  assert.equal(figures(), "0.1 s of 8.0 s");
  assert.equal(shown("reasoning"), "");
});
