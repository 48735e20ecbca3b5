import assert from "node:assert/strict";
import { before, beforeEach, mock, test } from "node:test";
import { FakeHost, FakePage, SOME_STATS } from "./fakes";

const DONE = { state: "done", stats: SOME_STATS, texts: { answer: "Blue" } } as const;

before(() => void new FakePage());

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

/** An output area of a cell, in the document. */
function area(): HTMLElement {
  const area = document.createElement("div");
  area.className = "jp-OutputArea";
  document.body.append(area);
  return area;
}

/** One more output of it, with a saved view of the answer with this key. */
function saved(within: HTMLElement, key: string, more = ""): HTMLElement {
  const row = document.createElement("div");
  row.className = "jp-OutputArea-child";
  row.innerHTML = `<div class="desiru ${more}" data-answer="${key}" data-state="done">Saved</div>`;
  within.append(row);
  return row;
}

const heard = () => new Promise<void>((resolve) => queueMicrotask(resolve)); // by an observer of the page
const live = (row: HTMLElement) => row.querySelector(".desiru-host .desiru") !== null;

test("a saved view of an answer that a run of the page gave is a live one", async () => {
  const row = saved(area(), "a");
  new FakeHost({ ...DONE, answer: "a" });
  assert.equal(live(row), true);
  const later = saved(area(), "a");
  await heard();
  assert.equal(live(later), true);
});

test("that of another answer stays as it is", () => {
  const row = saved(area(), "other");
  new FakeHost({ ...DONE, answer: "b" });
  assert.equal(live(row), false);
});

test("one of a run that goes on waits for its end", () => {
  const row = saved(area(), "c");
  const host = new FakeHost({ answer: "c" });
  assert.equal(live(row), false);
  host.kernel.set(DONE);
  assert.equal(live(row), true);
});

test("of two runs that gave the same answer, the one beside it is told of", async () => {
  const [first, second] = [area(), area()];
  for (const [name, within] of [["one", first], ["two", second]] as const) {
    const host = new FakeHost({ ...DONE, answer: "same", model_name: name });
    within.append(host.render().root.parentElement!);
  }
  const row = saved(first, "same");
  await heard();
  assert.equal(row.querySelector(".desiru-model")!.textContent, "one");
});

test("that of a model which is gone, or whose kernel is, stays as it is", async () => {
  new FakeHost({ ...DONE, answer: "gone" }).destroy();
  const other = new FakeHost({ ...DONE, answer: "dead" });
  other.kernel.becomes("dead");
  const rows = [saved(area(), "gone"), saved(area(), "dead")];
  await heard();
  assert.deepEqual(rows.map(live), [false, false]);
});

test("what is kept for the file is hidden while a view is on the page", () => {
  const row = saved(area(), "d", "desiru-kept");
  const host = new FakeHost(DONE);
  const { remove } = host.render();
  host.kernel.set({ answer: "d" });
  assert.deepEqual([row.style.display, live(row)], ["none", false]);
  remove();
  assert.deepEqual([row.style.display, live(row)], ["", true]);
});

test("a line of figures that stands below a view is hidden", async () => {
  const row = document.createElement("div");
  row.className = "jp-OutputArea-child";
  row.innerHTML = '<div class="jp-RenderedText"><pre>1.2 s · says\n</pre></div>';
  area().append(row);
  new FakeHost({ ...DONE, answer: "e", figures: "1.2 s · says" });
  assert.equal(row.style.display, "none");
});

test("a run that nobody sees any more is told of, unless its output is there, or the notebook is closed", () => {
  const told = (context: object | undefined) => {
    const host = new FakeHost({}, context);
    const { remove } = host.render();
    remove();
    mock.timers.tick(1000);
    return host.kernel.sent.some(({ type }) => type === "unseen");
  };
  const view = { data: { "application/vnd.jupyter.widget-view+json": { model_id: "view" } } };
  const cells = (...outputs: object[]) => [{ outputs: { length: outputs.length, get: (at: number) => outputs[at] } }];
  assert.equal(told({ isDisposed: false, model: { cells: cells() } }), true);
  assert.equal(told({ isDisposed: false, model: { cells: cells(view) } }), false);
  assert.equal(told({ isDisposed: true, model: { cells: cells() } }), false);
  assert.equal(told(undefined), false);
});

test("a view that is cleared while the page draws it stands in no document: its run is told of", () => {
  const told = (draw: (host: FakeHost) => void) => {
    const host = new FakeHost({}, { isDisposed: false, model: { cells: [] } });
    draw(host);
    host.kernel.set({ cleared: true });
    mock.timers.tick(1000);
    return host.kernel.sent.some(({ type }) => type === "unseen");
  };
  assert.equal(told(() => undefined), true);
  assert.equal(told((host) => host.render().root.parentElement!.remove()), true);
  assert.equal(told((host) => void host.render()), false);
  assert.equal(told((host) => setTimeout(() => host.kernel.set({ cleared: false }), 100)), false); // shown once more
});

test("an output that the kernel cannot change any more gets the answer from the page", () => {
  const outputs: object[] = [{ data: {} }, { data: { "application/vnd.jupyter.widget-view+json": { model_id: "view" } } }];
  const list = { length: 2, get: (at: number) => outputs[at], set: (at: number, output: object) => void (outputs[at] = output) };
  const host = new FakeHost({}, { isDisposed: false, model: { cells: [{ outputs: list }] } });
  host.render();
  host.kernel.set(DONE);
  assert.deepEqual(host.kernel.sent.at(-1), { type: "ended", missed: false });
  mock.timers.tick(2000);
  assert.deepEqual(host.kernel.sent.at(-1), { type: "keep" });
  host.kernel.say({ type: "kept", data: { "text/plain": "Blue" }, metadata: {} });
  assert.deepEqual(outputs, [{ data: {} }, { output_type: "display_data", data: { "text/plain": "Blue" }, metadata: {} }]);
});

test("a cell whose output was never saved gets it anew", () => {
  const added: object[] = [];
  const outputs = { length: 0, add: (output: object) => void added.push(output) };
  const context = { isDisposed: false, model: { cells: [{ id: "other", outputs }, { id: "mine", outputs }] } };
  const host = new FakeHost({ cell_id: "mine" }, context);
  host.kernel.set(DONE);
  assert.deepEqual(host.kernel.sent.at(-1), { type: "ended", missed: true });
  host.kernel.say({ type: "kept", data: {}, metadata: {} });
  assert.deepEqual(added, [{ output_type: "display_data", data: {}, metadata: {} }]);
});
