import assert from "node:assert/strict";
import { test } from "node:test";
import { GONE, Hub } from "../src/hub";
import { TICK_MS } from "../src/pace";
import type { Growth } from "../src/texts";
import type { Traits } from "../src/types";
import { FakeKernel, NO_STATS, SOME_STATS } from "./fakes";

function started(traits: Partial<Traits> = {}, now = () => 0) {
  const kernel = new FakeKernel(traits);
  const hub = new Hub(kernel.model(), now);
  const stop = hub.start();
  return { kernel, hub, stop };
}

/** The text a view would show after what it was told. */
function shown(hub: Hub): Map<string, string> {
  const texts = new Map<string, string>();
  const grew = ({ field, text, replaces }: Growth) => void texts.set(field, (replaces ? "" : (texts.get(field) ?? "")) + text);
  hub.watch({ grew, changed: () => undefined });
  return texts;
}

test("a hub that starts while the run lives asks for what it missed", () => {
  assert.deepEqual(started({ state: "pending" }).kernel.sent, [{ type: "sync" }]);
  assert.deepEqual(started({ state: "streaming" }).kernel.sent, [{ type: "sync" }]);
  for (const state of ["done", "cancelled", "failed"] as const) assert.deepEqual(started({ state }).kernel.sent, []);
});

test("a gap asks for a sync once, until the answer comes", () => {
  const { kernel, hub } = started();
  const snapshot = { type: "snapshot", state: "streaming" } as const;
  kernel.say({ ...snapshot, texts: {} });
  kernel.sent.length = 0;
  kernel.delta("answer", 5, "sky");
  kernel.delta("answer", 8, "!");
  assert.deepEqual(kernel.sent, [{ type: "sync" }]);
  kernel.say({ ...snapshot, texts: { answer: "blue sky!" } });
  assert.equal(hub.texts.get("answer"), "blue sky!");
  kernel.delta("answer", 20, "?");
  assert.equal(kernel.sent.length, 2);
});

test("the start's sync stands for the first gap too", () => {
  const { kernel } = started();
  kernel.delta("answer", 5, "sky");
  assert.equal(kernel.sent.length, 1);
});

test("a gap in one field leaves the others alone", () => {
  const { kernel, hub } = started();
  kernel.say({ type: "delta", deltas: [["reasoning", 3, "x"], ["answer", 0, "blue"]] });
  assert.equal(hub.texts.get("answer"), "blue");
  assert.equal(hub.texts.get("reasoning"), "");
});

for (const status of ["restarting", "autorestarting", "terminating", "dead"]) {
  test(`the view of a kernel that is ${status} says so and keeps the text`, () => {
    const { kernel, hub } = started({ texts: { answer: "blue" } });
    kernel.becomes(status);
    assert.deepEqual([hub.state, hub.error, hub.texts.get("answer")], ["failed", GONE, "blue"]);
  });
}

test("a kernel that is busy or idle, or whose run is over, is left alone", () => {
  const { kernel, hub } = started();
  for (const status of ["busy", "idle", "unknown"]) kernel.becomes(status);
  const done = started({ state: "done" });
  done.kernel.becomes("restarting");
  assert.deepEqual([hub.state, done.hub.state, done.hub.error], ["streaming", "done", ""]);
});

test("the texts trait fills the hub at first and settles it at the end", () => {
  const { kernel, hub } = started({ texts: { answer: "blue" } });
  const texts = shown(hub);
  kernel.delta("answer", 4, " sky ");
  kernel.set({ texts: { answer: "blue sky" }, state: "done" });
  assert.equal(hub.texts.get("answer"), "blue sky");
  assert.equal(texts.get("answer"), "blue sky");
});

test("a field the signature does not know is kept like any other", () => {
  const { kernel, hub } = started();
  kernel.delta("thinking", 0, "hm");
  assert.deepEqual(hub.texts.names(), ["thinking"]);
});

test("first words count as streaming, whatever the trait still says", () => {
  const { kernel, hub } = started({ state: "pending" });
  kernel.delta("answer", 0, "blue");
  assert.equal(hub.state, "streaming");
  assert.equal(hub.openField, "answer");
});

test("no field is open once the run is over", () => {
  const { kernel, hub } = started();
  kernel.delta("answer", 0, "blue");
  kernel.set({ state: "done" });
  assert.equal(hub.openField, undefined);
});

test("a snapshot that was under way while the run ended changes nothing", () => {
  const { kernel, hub } = started();
  kernel.set({ texts: { answer: "blue sky" }, state: "done" });
  kernel.say({ type: "snapshot", texts: { answer: "blue" }, state: "streaming" });
  assert.equal(hub.state, "done");
  assert.equal(hub.texts.get("answer"), "blue sky");
});

test("notices come with a trait, or with a snapshot for a page that missed it", () => {
  const { kernel, hub } = started({ notices: ["one"] });
  const seen = [hub.notices];
  kernel.set({ notices: ["one", "two"] });
  seen.push(hub.notices);
  kernel.say({ type: "snapshot", texts: {}, state: "streaming", notices: ["one", "two", "three"] });
  seen.push(hub.notices);
  kernel.say({ type: "snapshot", texts: {}, state: "streaming" });
  seen.push(hub.notices);
  assert.deepEqual(seen, [["one"], ["one", "two"], ["one", "two", "three"], ["one", "two", "three"]]);
});

test("a snapshot that comes after the end takes no notice away", () => {
  const { kernel, hub } = started();
  kernel.set({ notices: ["one"], state: "done" });
  kernel.say({ type: "snapshot", texts: {}, state: "streaming", notices: [] });
  assert.deepEqual(hub.notices, ["one"]);
});

test("the clock runs on between two messages and stands still at the end", () => {
  let now = 5000;
  const { kernel, hub } = started({ state: "pending", stats: NO_STATS }, () => now);
  now += 700;
  assert.equal(hub.stats.duration, 0.7);
  kernel.say({ type: "delta", deltas: [["answer", 0, "x"]], stats: SOME_STATS });
  now += 500;
  assert.equal(hub.stats.duration, 1.7);
  kernel.set({ stats: { ...SOME_STATS, duration: 2.5 }, state: "done" });
  now += 500;
  assert.equal(hub.stats.duration, 2.5);
});

test("a hub that stopped does not listen any more", () => {
  const { kernel, stop } = started();
  stop();
  assert.equal(kernel.listening(), 0);
});

test("whatever the chunking, losses, repeats and snapshots, what is shown is the final text", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = generator(seed);
    const { kernel, hub } = started();
    const texts = shown(hub);
    const final = { reasoning: sentence(random), answer: sentence(random) };
    stream(kernel, final, random);
    assert.deepEqual(Object.fromEntries(texts), final, `seed ${seed}`);
    assert.equal(hub.texts.get("answer"), final.answer, `seed ${seed}`);
  }
});

/** Send `final` piecemeal, losing and repeating some of it, as a kernel that answers syncs. */
function stream(kernel: FakeKernel, final: Record<string, string>, random: () => number): void {
  const told: Record<string, number> = { reasoning: 0, answer: 0 };
  const soFar = () => Object.fromEntries(Object.entries(final).map(([field, text]) => [field, text.slice(0, told[field])]));
  for (let step = 0; step < 40; step += 1) {
    const field = random() < 0.5 ? "reasoning" : "answer";
    const from = Math.max(0, told[field]! - (random() < 0.2 ? 3 : 0));
    told[field] = Math.min(final[field]!.length, told[field]! + Math.floor(random() * 6));
    if (random() < 0.9) kernel.delta(field, from, final[field]!.slice(from, told[field]));
    if (kernel.sent.length && random() < 0.5) {
      kernel.sent.length = 0;
      kernel.say({ type: "snapshot", texts: soFar(), state: "streaming" });
    }
  }
  kernel.set({ texts: final, state: "done" });
}

function sentence(random: () => number): string {
  const alphabet = ["a", "b ", "\n", "é", "🌤", "👩‍👩‍👧", "<b>", "ا"];
  return Array.from({ length: 1 + Math.floor(random() * 40) }, () => alphabet[Math.floor(random() * 8)]).join("");
}

/** Mulberry32: the same numbers for the same seed. */
function generator(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

test("the pace is that of what streams in; a whole text is no news of it", () => {
  let now = 0;
  const { kernel, hub } = started({}, () => now);
  kernel.say({ type: "snapshot", texts: { answer: "blue sky" }, state: "streaming" });
  now = TICK_MS;
  assert.deepEqual(hub.pace, []);
  kernel.delta("answer", 8, "!?");
  now += TICK_MS;
  assert.deepEqual(hub.pace, [2]);
  kernel.set({ texts: { answer: "blue sky!? No." }, state: "done" });
  now += 10 * TICK_MS;
  assert.deepEqual(hub.pace, [2]);
});
