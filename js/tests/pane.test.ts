import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeHost, FakePage, fieldsOf, paneOf, textOf } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
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
