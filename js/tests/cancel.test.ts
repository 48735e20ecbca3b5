import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { PATIENCE_MS } from "../src/cancellation";
import { buttonOf, FakeHost, FakePage } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

function cancelsSent(host: FakeHost): number {
  return host.kernel.sent.filter(({ type }) => type === "cancel").length;
}

function press(target: Element, key: string, init: KeyboardEventInit = {}): { reachedJupyter: boolean; prevented: boolean } {
  let reachedJupyter = false;
  const listen = () => (reachedJupyter = true);
  document.addEventListener("keydown", listen, { once: true });
  const { KeyboardEvent } = page.document.defaultView!;
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  document.removeEventListener("keydown", listen);
  return { reachedJupyter, prevented: event.defaultPrevented };
}

test("a click cancels, once, and says so", () => {
  const host = new FakeHost();
  const { root } = host.render();
  buttonOf(root).click();
  page.frame();
  buttonOf(root).click();
  assert.equal(cancelsSent(host), 1);
  assert.equal(buttonOf(root).disabled, true);
  assert.equal(buttonOf(root).textContent, "Cancelling…");
});

test("Escape anywhere inside the view cancels and goes no further", () => {
  const host = new FakeHost();
  const { root } = host.render();
  const told = press(root.querySelector(".desiru-text")!, "Escape");
  assert.deepEqual(told, { reachedJupyter: false, prevented: true });
  assert.equal(cancelsSent(host), 1);
});

test("Escape is nobody's business here once the run is over", () => {
  const host = new FakeHost({ state: "done" });
  const told = press(host.render().root, "Escape");
  assert.deepEqual(told, { reachedJupyter: true, prevented: false });
  assert.equal(cancelsSent(host), 0);
});

test("keys that are notebook commands stay inside, the others do not", () => {
  const { root } = new FakeHost().render();
  for (const key of ["a", "d", "Enter", "ArrowDown", " "]) assert.equal(press(root, key).reachedJupyter, false, key);
  assert.equal(press(root, "Enter", { ctrlKey: true }).reachedJupyter, false);
  assert.equal(press(root, "Tab").reachedJupyter, true);
  assert.equal(press(root, "s", { ctrlKey: true }).reachedJupyter, true);
  assert.equal(press(root, "c", { metaKey: true }).reachedJupyter, true);
  assert.equal(root.getAttribute("data-lm-suppress-shortcuts"), "true");
});

test("a kernel that does not answer is interrupted, once", () => {
  const host = new FakeHost();
  buttonOf(host.render().root).click();
  mock.timers.tick(PATIENCE_MS - 1);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
  mock.timers.tick(1);
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 1);
});

test("a kernel that is busy with somebody else's cell is not interrupted", () => {
  const host = new FakeHost({ in_cell: false });
  buttonOf(host.render().root).click();
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
  assert.equal(cancelsSent(host), 1);
});

test("neither is one whose cell has ended in the meantime", () => {
  const host = new FakeHost();
  buttonOf(host.render().root).click();
  host.kernel.set({ in_cell: false });
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
});

test("a kernel that answers is not interrupted", () => {
  const host = new FakeHost();
  buttonOf(host.render().root).click();
  host.kernel.say({ type: "ack" });
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
});

test("neither is one whose run has ended", () => {
  const host = new FakeHost();
  buttonOf(host.render().root).click();
  host.kernel.set({ state: "cancelled" });
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
});

test("nor one whose widget is gone", () => {
  const host = new FakeHost();
  buttonOf(host.render().root).click();
  host.destroy();
  mock.timers.tick(10 * PATIENCE_MS);
  assert.equal(host.kernel.interrupt.mock.callCount(), 0);
});

test("an interrupt that fails is no error", () => {
  const host = new FakeHost();
  host.kernel.interrupt.mock.mockImplementation(() => Promise.reject(new Error("gone")));
  buttonOf(host.render().root).click();
  mock.timers.tick(PATIENCE_MS);
});

test("two views share one cancellation", () => {
  const host = new FakeHost();
  const [left, right] = [host.render().root, host.render().root];
  buttonOf(left).click();
  page.frame();
  assert.equal(buttonOf(right).disabled, true);
  press(right, "Escape");
  assert.equal(cancelsSent(host), 1);
});

test("the focus stays inside the view when the button goes", () => {
  const host = new FakeHost();
  const { root } = host.render();
  buttonOf(root).focus();
  host.kernel.set({ state: "done" });
  page.frame();
  assert.equal(document.activeElement, root);
});
