import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { HIDDEN_MS } from "../src/painter";
import { TICK_MS } from "../src/view";
import { buttonOf, FakeHost, FakePage, paneOf, remarksOf, SOME_STATS, textOf } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

const HOSTILE = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "</div></section><h1>Error</h1>",
  "&lt;b&gt; &amp; &#60;i&#62;",
  "[x](javascript:alert(1)) ![x](https://example.org/x.png) $\\href{javascript:alert(1)}{x}$",
  "\u0000\u001b[31m\u202e\ufeff",
];

function fieldsOf(root: HTMLElement): string[] {
  return [...root.querySelectorAll<HTMLElement>(".desiru-pane")].map((pane) => pane.dataset["field"]!);
}

test("what the model says stays text, whatever it says", () => {
  const host = new FakeHost();
  const { root } = host.render();
  const elements = root.querySelectorAll("*").length;
  const text = HOSTILE.join("\n");
  host.kernel.delta("answer", 0, text);
  page.frame();
  assert.equal(textOf(root, "answer"), text);
  assert.equal(root.querySelectorAll("*").length, elements);
});

test("so do names, notices and errors", () => {
  for (const attack of HOSTILE) {
    const fields = [{ name: attack, type: "str" }];
    const said = { error: attack, notice: attack, notices: [attack] };
    const over = new FakeHost({ fields, state: "failed", model_name: attack, ...said }).render().root;
    const live = new FakeHost({ fields, state: "pending", model_name: attack, ...said }).render().root;
    assert.deepEqual(fieldsOf(over), [attack]);
    assert.deepEqual(remarksOf(over), [["desiru-error", attack], ["desiru-notice", attack]]);
    assert.deepEqual(remarksOf(live), [["desiru-notice", attack], ["desiru-waiting", attack]]);
    for (const root of [over, live]) assert.equal(root.querySelectorAll("img, script, h1, b, i").length, 0);
  }
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

test("a long text is many nodes of moderate length, and never painted anew", () => {
  const host = new FakeHost();
  const { root } = host.render();
  const box = root.querySelector('[data-field="answer"] .desiru-text')!;
  const first = new Set<ChildNode | null>();
  for (let offset = 0; offset < 20_000; offset += 100) {
    host.kernel.delta("answer", offset, "y".repeat(100));
    page.frame();
    first.add(box.firstChild);
  }
  const nodes = [...box.childNodes];
  assert.equal(first.size, 1);
  assert.equal(textOf(root, "answer").length, 20_000);
  assert.ok(nodes.length >= 4 && nodes.every((node) => node.textContent!.length < 4_200));
});

test("a text that was replaced is shown whole, with what grew after it", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, "red");
  page.frame();
  host.kernel.say({ type: "snapshot", texts: { answer: "blue" }, state: "streaming" });
  host.kernel.delta("answer", 4, " sky");
  page.frame();
  host.kernel.delta("answer", 8, "!");
  page.frame();
  assert.equal(textOf(root, "answer"), "blue sky!");
  host.kernel.say({ type: "snapshot", texts: { answer: "" }, state: "streaming" });
  page.frame();
  assert.equal(root.querySelector('[data-field="answer"] .desiru-text')!.childNodes.length, 0);
});

test("panes stand in the signature's order from the first moment", () => {
  const { root } = new FakeHost({ state: "pending" }).render();
  assert.deepEqual(fieldsOf(root), ["reasoning", "answer"]);
});

test("a field beyond the signature gets a pane before the others", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, "blue");
  host.kernel.delta("thinking", 0, "hm");
  host.kernel.delta("thinking", 2, ", so");
  page.frame();
  assert.deepEqual(fieldsOf(root), ["thinking", "reasoning", "answer"]);
  assert.equal(textOf(root, "thinking"), "hm, so");
  assert.deepEqual(fieldsOf(host.render().root), ["thinking", "reasoning", "answer"]);
});

test("the pane that grows is open, and none is at the end", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("reasoning", 0, "hm");
  host.kernel.delta("answer", 0, "blue");
  page.frame();
  assert.equal(paneOf(root, "answer").dataset["open"], "true");
  assert.equal(paneOf(root, "reasoning").dataset["open"], undefined);
  host.kernel.set({ state: "done" });
  page.frame();
  assert.equal(root.querySelectorAll("[data-open]").length, 0);
});

test("a pane follows its end only while the reader is there", () => {
  const host = new FakeHost();
  const { root } = host.render();
  const box = root.querySelector<HTMLElement>('[data-field="answer"] .desiru-text')!;
  let height = 500;
  Object.defineProperties(box, { scrollHeight: { get: () => height }, clientHeight: { value: 100 } });
  const grow = (offset: number, to: number) => {
    height = to;
    host.kernel.delta("answer", offset, "x");
    page.frame();
  };
  const scrollTo = (top: number) => {
    box.scrollTop = top;
    box.dispatchEvent(new page.document.defaultView!.Event("scroll"));
  };
  grow(0, 500);
  assert.equal(box.scrollTop, 500);
  scrollTo(50);
  grow(1, 600);
  assert.equal(box.scrollTop, 50);
  scrollTo(500);
  grow(2, 700);
  assert.equal(box.scrollTop, 700);
});

test("two views show the same, a late one too, and one may go", () => {
  const host = new FakeHost();
  const first = host.render();
  host.kernel.delta("answer", 0, "blue");
  page.frame();
  const second = host.render();
  assert.equal(textOf(second.root, "answer"), "blue");
  first.remove();
  host.kernel.delta("answer", 4, " sky");
  page.frame();
  assert.equal(first.root.isConnected, false);
  assert.equal(textOf(first.root, "answer"), "blue");
  assert.equal(textOf(second.root, "answer"), "blue sky");
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

test("a word about the waiting is there while there is something to say", () => {
  const host = new FakeHost({ state: "pending" });
  const { root } = host.render();
  assert.equal(remarksOf(root), undefined);
  host.kernel.set({ notice: "Attempt 2: openai refused gpt with HTTP 503." });
  page.frame();
  assert.deepEqual(remarksOf(root), [["desiru-waiting", "Attempt 2: openai refused gpt with HTTP 503."]]);
  host.kernel.set({ notice: "", state: "streaming" });
  page.frame();
  assert.equal(remarksOf(root), undefined);
});

test("notices stay, whatever becomes of the run, and a late view has them too", () => {
  const notices = ["gpt asked for the tool 'search'; a run has no tools.", "gpt declined: I can't."];
  const shown = notices.map((text) => ["desiru-notice", text]);
  for (const state of ["done", "cancelled", "failed"] as const) {
    const host = new FakeHost({ state: "pending" });
    const { root } = host.render();
    host.kernel.set({ notice: "Attempt 2: busy", notices: notices.slice(0, 1) });
    page.frame();
    assert.deepEqual(remarksOf(root), [shown[0], ["desiru-waiting", "Attempt 2: busy"]]);
    host.kernel.set({ notice: "", state: "streaming" });
    page.frame();
    assert.deepEqual(remarksOf(root), [shown[0]]);
    const error = state === "failed" ? "no key" : "";
    host.kernel.set({ notices, error, state });
    page.frame();
    const expected = error ? [["desiru-error", error], ...shown] : shown;
    assert.deepEqual(remarksOf(root), expected);
    assert.deepEqual(remarksOf(host.render().root), expected);
  }
});

test("a notice that stays is never drawn anew: a reader may have marked a part of it", () => {
  const host = new FakeHost({ notices: ["one"] });
  const { root } = host.render();
  const drawn = root.querySelector(".desiru-notice");
  host.kernel.set({ stats: SOME_STATS, model_name: "other" });
  page.frame();
  assert.equal(root.querySelector(".desiru-notice"), drawn);
});

test("the error of a failed run takes the waiting's place, and partial text stays", () => {
  const host = new FakeHost({ notice: "Trying again" });
  const { root } = host.render();
  host.kernel.delta("answer", 0, "bl");
  host.kernel.set({ state: "failed" });
  page.frame();
  host.kernel.set({ error: "no key" });
  page.frame();
  assert.deepEqual(remarksOf(root), [["desiru-error", "no key"]]);
  assert.equal(textOf(root, "answer"), "bl");
  assert.equal(root.querySelector("[aria-live]")!.textContent, "Model output failed: no key");
});

test("only what happens while the view is open is announced", () => {
  const host = new FakeHost({ state: "pending" });
  const { root } = host.render();
  const announcer = root.querySelector('[aria-live="polite"]')!;
  assert.equal(announcer.textContent, "");
  host.kernel.set({ state: "streaming" });
  page.frame();
  assert.equal(announcer.textContent, "Model output started.");
  host.kernel.set({ state: "done" });
  page.frame();
  assert.equal(announcer.textContent, "Model output done.");
  host.kernel.set({ notices: ["gpt declined: I can't."] });
  page.frame();
  assert.equal(announcer.textContent, "Model output done. gpt declined: I can't.");
  const late = host.render().root;
  page.frame();
  assert.equal(late.querySelector("[aria-live]")!.textContent, "");
});

test("the button is there while there is something to cancel", () => {
  for (const state of ["pending", "streaming"] as const) {
    assert.equal(buttonOf(new FakeHost({ state }).render().root).hidden, false);
  }
  for (const state of ["done", "cancelled", "failed"] as const) {
    assert.equal(buttonOf(new FakeHost({ state }).render().root).hidden, true);
  }
});

test("everything one can reach has a name", () => {
  const { root } = new FakeHost().render();
  assert.equal(root.getAttribute("aria-label"), "Model output");
  assert.equal(buttonOf(root).textContent, "Cancel");
  assert.equal(buttonOf(root).type, "button");
  const regions = [...root.querySelectorAll<HTMLElement>("[role=region]")];
  assert.deepEqual(regions.map((region) => region.getAttribute("aria-label")), ["reasoning", "answer"]);
  assert.ok(regions.every((region) => region.tabIndex === 0 && region.dir === "auto"));
});

test("a view that was removed paints no more and leaves the host's element", (t) => {
  let now = 0;
  t.mock.method(performance, "now", () => now);
  const host = new FakeHost();
  const { root, remove } = host.render();
  const el = root.parentElement!;
  host.kernel.delta("answer", 0, "blue");
  remove();
  const figures = root.querySelector(".desiru-figures")!.textContent;
  now = 5000;
  mock.timers.tick(10 * TICK_MS);
  page.frame();
  assert.equal(textOf(root, "answer"), "");
  assert.equal(root.querySelector(".desiru-figures")!.textContent, figures);
  assert.equal(el.childNodes.length, 0);
});
