import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { TICK_MS } from "../src/pace";
import { HIDDEN_MS } from "../src/painter";
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

test("what the model says brings no element of its own", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, HOSTILE.join("\n\n"));
  page.frame();
  assert.match(textOf(root, "answer"), /<img src=x onerror=alert\(1\)>/);
  assert.equal(root.querySelectorAll("img, script, h1, i, [onerror], [href^=javascript]").length, 0);
});

test("nor do names, notices and errors", () => {
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

test("a text that was replaced is shown whole, with what grew after it", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, "red");
  page.frame();
  host.kernel.say({ type: "snapshot", texts: { answer: "blue" }, state: "streaming" });
  host.kernel.delta("answer", 4, " sky");
  page.frame();
  host.kernel.delta("answer", 8, ".");
  page.frame();
  assert.equal(textOf(root, "answer"), "blue sky.");
  host.kernel.say({ type: "snapshot", texts: { answer: "" }, state: "streaming" });
  page.frame();
  assert.equal(root.querySelector('[data-field="answer"] .desiru-text')!.childNodes.length, 0);
});

test("a text that grows or changes after the end is shown as if it had been so from the beginning", () => {
  const host = new FakeHost();
  const { root } = host.render();
  host.kernel.delta("answer", 0, "blue");
  host.kernel.set({ state: "done" });
  page.frame();
  host.kernel.set({ texts: { answer: "blue sky" } });
  page.frame();
  assert.equal(textOf(root, "answer"), "blue sky");
  assert.equal(paneOf(root, "answer").querySelectorAll("p").length, 1);
  host.kernel.set({ texts: { answer: "red" } });
  page.frame();
  assert.equal(textOf(root, "answer"), "red");
});

test("words are prose, whatever has another type is a value", () => {
  const fields = [{ name: "answer", type: "str" }, { name: "sum", type: "int" }];
  const host = new FakeHost({ fields });
  const { root } = host.render();
  host.kernel.delta("thinking", 0, "hm");
  host.kernel.delta("answer", 0, "blue");
  host.kernel.delta("sum", 0, "7");
  page.frame();
  const prose = ["thinking", "answer", "sum"].map((field) => paneOf(root, field).querySelector(".desiru-prose") !== null);
  assert.deepEqual(prose, [true, true, false]);
  assert.equal(textOf(root, "sum"), "7");
  assert.equal(paneOf(root, "sum").querySelector("p"), null);
});

test("an empty value is an empty pane, and one that was taken back too", () => {
  const host = new FakeHost({ fields: [{ name: "sum", type: "int" }] });
  const { root } = host.render();
  const box = paneOf(root, "sum").querySelector(".desiru-text")!;
  assert.equal(box.childNodes.length, 0);
  host.kernel.delta("sum", 0, "7");
  page.frame();
  host.kernel.say({ type: "snapshot", texts: { sum: "" }, state: "streaming" });
  page.frame();
  assert.equal(box.textContent, "");
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

test("an answer that is whole is read from its beginning", () => {
  const host = new FakeHost({ state: "done", texts: { answer: "blue" } });
  const { root } = host.render();
  const box = paneOf(root, "answer").querySelector(".desiru-text")!;
  Object.defineProperties(box, { scrollHeight: { value: 500 }, clientHeight: { value: 100 } });
  page.frame();
  assert.equal(box.scrollTop, 0);
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
  assert.equal(root.querySelector(".desiru-pace")!.getAttribute("aria-hidden"), "true");
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

test("there is something to cancel while the run lives, and all of it to copy afterwards", () => {
  const shown = (root: HTMLElement) => [...root.querySelectorAll<HTMLElement>(".desiru-actions > *")].filter((b) => !b.hidden);
  for (const state of ["pending", "streaming"] as const) {
    assert.deepEqual(shown(new FakeHost({ state }).render().root).map((b) => b.textContent), ["Cancel"]);
  }
  for (const state of ["done", "cancelled", "failed"] as const) {
    assert.deepEqual(shown(new FakeHost({ state }).render().root).map((b) => b.textContent), ["Copy all"]);
  }
});

test("everything one can reach has a name", () => {
  const { root } = new FakeHost().render();
  assert.equal(root.getAttribute("aria-label"), "Model output");
  assert.equal(buttonOf(root).textContent, "Cancel");
  assert.ok([...root.querySelectorAll("button")].every((button) => button.type === "button"));
  const groups = [...root.querySelectorAll<HTMLElement>("[role=group]")];
  assert.deepEqual(groups.map((group) => group.getAttribute("aria-label")), ["reasoning", "answer"]);
  assert.ok(groups.every((group) => group.tabIndex === 0));
});

test("Tab goes from a head to its text, to its copy button, and at last to Cancel", () => {
  const { root } = new FakeHost().render();
  const stops = [...root.querySelectorAll<HTMLElement>("button, [tabindex='0']")].filter((stop) => !stop.hidden);
  assert.deepEqual(stops.map((stop) => stop.className.split(" ")[0]), [
    "desiru-head",
    "desiru-text",
    "desiru-copy",
    "desiru-text",
    "desiru-copy",
    "desiru-cancel",
  ]);
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
