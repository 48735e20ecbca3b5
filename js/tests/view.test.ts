import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { visible } from "../src/markdown/policy";
import { TICK_MS } from "../src/pace";
import { buttonOf, FakeHost, FakePage, fieldsOf, remarksOf, textOf } from "./fakes";

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
    const text = visible(attack);
    assert.deepEqual(remarksOf(over), [["desiru-error", text], ["desiru-notice", text]]);
    assert.deepEqual(remarksOf(live), [["desiru-notice", text], ["desiru-waiting", text]]);
    for (const root of [over, live]) assert.equal(root.querySelectorAll("img, script, h1, b, i").length, 0);
  }
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
