import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement, count, figures, label, latency, perSecond, seconds, stateWords } from "../src/status";
import { NO_STATS, SOME_STATS } from "./fakes";

test("figures of a run that streams", () => {
  assert.deepEqual(figures("streaming", SOME_STATS), ["1.2 s", "first token 240 ms", "41 tokens/s", "38 tokens"]);
});

test("a run that waits says what for", () => {
  assert.deepEqual(figures("pending", { ...NO_STATS, duration: 0.42 }), ["0.4 s", "waiting for the first token"]);
});

test("a model that is being loaded is what a run waits for", () => {
  const waiting = { ...NO_STATS, duration: 0.42 };
  assert.deepEqual(figures("pending", waiting, "loading the demo model"), ["0.4 s", "loading the demo model"]);
  assert.deepEqual(figures("streaming", SOME_STATS, "loading the demo model"), figures("streaming", SOME_STATS));
});

test("an answer in one piece has no pace", () => {
  const whole = { ...SOME_STATS, streamed: false };
  assert.deepEqual(figures("done", whole), ["1.2 s", "came at once", "38 tokens"]);
  assert.deepEqual(figures("done", { ...whole, tokens: 0 }), ["1.2 s", "came at once"]);
  assert.deepEqual(figures("streaming", whole), ["1.2 s", "came at once", "38 tokens"]);
});

test("nor did it come at once while, or because, it never came", () => {
  const none = { ...NO_STATS, duration: 3, streamed: false };
  assert.deepEqual(figures("pending", none), ["3.0 s", "waiting for the answer"]);
  assert.deepEqual(figures("failed", none), ["3.0 s"]);
  assert.deepEqual(figures("cancelled", none), ["3.0 s"]);
});

test("attempts count when there was more than one", () => {
  const third = { ...NO_STATS, duration: 3, attempts: 3 };
  assert.deepEqual(figures("pending", third), ["3.0 s", "waiting for the first token", "attempt 3"]);
  assert.deepEqual(figures("streaming", third), ["3.0 s", "attempt 3"]);
  assert.deepEqual(figures("cancelled", third), ["3.0 s", "3 attempts"]);
  assert.deepEqual(figures("failed", third), ["3.0 s", "3 attempts"]);
  assert.deepEqual(figures("done", { ...SOME_STATS, streamed: false, attempts: 2 }), [
    "1.2 s",
    "came at once",
    "38 tokens",
    "2 attempts",
  ]);
});

test("a run that waits counts no tokens, whatever overtook the news that it has begun", () => {
  assert.deepEqual(figures("pending", SOME_STATS), ["1.2 s", "waiting for the first token"]);
});

test("what was not measured is left out", () => {
  assert.deepEqual(figures("failed", NO_STATS), []);
  assert.deepEqual(figures("failed", { ...NO_STATS, duration: 3 }), ["3.0 s"]);
});

test("seconds become minutes when there are many", () => {
  assert.deepEqual([0, 59.94, 59.96, 125.4].map(seconds), ["0.0 s", "59.9 s", "1 min 00 s", "2 min 05 s"]);
});

test("latency is told in milliseconds below a second", () => {
  assert.deepEqual([0.0004, 0.24, 0.9996, 1.34].map(latency), ["0 ms", "240 ms", "1.0 s", "1.3 s"]);
});

test("a rate has a decimal only where it matters", () => {
  assert.deepEqual([0.52, 9.94, 9.96, 41.4, 2000].map(perSecond), ["0.5", "9.9", "10", "41", "2,000"]);
});

test("one token is not tokens", () => {
  assert.deepEqual([1, 38, 12345].map(count), ["1 token", "38 tokens", "12,345 tokens"]);
});

test("beginnings, ends and errors are announced", () => {
  assert.equal(announcement("pending", NO_STATS, "", []), "");
  assert.equal(announcement("streaming", NO_STATS, "", []), "Model output started.");
  assert.equal(announcement("cancelled", NO_STATS, "", []), "Model output cancelled.");
  assert.equal(announcement("failed", NO_STATS, "no key", []), "Model output failed: no key");
  assert.equal(announcement("streaming", NO_STATS, "", ["A notice."]), "Model output started.");
  assert.equal(announcement("done", NO_STATS, "", ["A notice.", "Another."]), "Model output done. A notice. Another.");
  assert.equal(announcement("done", { ...NO_STATS, complete: false }, "", []), "Model output done, cut short.");
});

test("only an answer that is done can be cut short: a cancelled one is anyway", () => {
  const said = (["pending", "streaming", "done", "cancelled", "failed"] as const).map((state) => [
    stateWords(state, { ...NO_STATS, complete: false }),
    stateWords(state, NO_STATS),
  ]);
  assert.deepEqual(said, [
    ["pending", "pending"],
    ["streaming", "streaming"],
    ["done · cut short", "done"],
    ["cancelled", "cancelled"],
    ["failed", "failed"],
  ]);
});

test("a label is the field's name as words", () => {
  assert.deepEqual(["answer", "further_reading", "Sum"].map(label), ["Answer:", "Further reading:", "Sum:"]);
});
