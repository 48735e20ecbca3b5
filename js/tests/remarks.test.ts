import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeHost, FakePage, remarksOf, SOME_STATS, textOf } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
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

test("a model that is being loaded is no remark, but what the status waits for", () => {
  const host = new FakeHost({ state: "pending" });
  const { root } = host.render();
  host.kernel.set({ notice: "loading the demo model" });
  page.frame();
  assert.equal(remarksOf(root), undefined);
  assert.match(root.querySelector(".desiru-status")!.textContent!, /pending.*loading the demo model/);
  assert.doesNotMatch(root.textContent!, /waiting for the first token/);
  host.kernel.set({ notice: "", state: "streaming" });
  page.frame();
  assert.doesNotMatch(root.textContent!, /loading/);
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

test("whatever somebody else has said is shown with a sign for each character that shows nothing", () => {
  const said = (what: string): string => `${what} \u202eno\u{e0041}`;
  const seen = (what: string): string => `${what} ⟨U+202E⟩no⟨U+E0041⟩`;
  const host = new FakeHost({ model_name: said("model"), notices: [said("notice")] });
  const { root } = host.render();
  host.kernel.set({ notice: said("waiting") });
  page.frame();
  assert.deepEqual(remarksOf(root), [["desiru-notice", seen("notice")], ["desiru-waiting", seen("waiting")]]);
  host.kernel.set({ error: said("error"), state: "failed" });
  page.frame();
  assert.deepEqual(remarksOf(root), [["desiru-error", seen("error")], ["desiru-notice", seen("notice")]]);
  assert.equal(root.querySelector("[aria-live]")!.textContent, `Model output failed: ${seen("error")} ${seen("notice")}`);
  const model = root.querySelector<HTMLElement>(".desiru-model")!;
  assert.deepEqual([model.textContent, model.title], [seen("model"), seen("model")]);
});

test("a field's name too, and those who hear it are told the same", () => {
  const host = new FakeHost({ fields: [{ name: "a\ufe0f", type: "str" }] });
  const { root } = host.render();
  assert.equal(root.querySelector(".desiru-name")!.textContent, "a⟨U+FE0F⟩");
  assert.equal(root.querySelector(".desiru-text")!.getAttribute("aria-label"), "a⟨U+FE0F⟩");
  assert.equal(root.querySelector(".desiru-copy")!.getAttribute("aria-label"), "Copy a⟨U+FE0F⟩");
});
