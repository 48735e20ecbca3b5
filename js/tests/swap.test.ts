import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { FakeHost, FakePage } from "./fakes";

let page: FakePage;

beforeEach(() => {
  page = new FakePage();
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

function isAway(root: HTMLElement): boolean {
  return root.style.display === "none";
}

function end(host: FakeHost, state: "done" | "failed"): void {
  host.kernel.set({ texts: { answer: "blue" }, state });
  page.frame();
}

/** What a host puts into the page; those who watch it are told before it is painted. */
async function add(html: string): Promise<void> {
  const output = document.createElement("div");
  output.innerHTML = html;
  document.body.append(output);
  await Promise.resolve();
}

const SAVED = '<style></style><div class="desiru" role="group">blue</div>';

test("a view that is done gives way to the saved one before both are painted", async () => {
  const host = new FakeHost();
  const { root } = host.render();
  await add(SAVED);
  assert.equal(isAway(root), false);
  end(host, "done");
  await add("<p>something else</p>");
  assert.equal(isAway(root), false);
  await add(SAVED);
  assert.equal(isAway(root), true);
});

test("one that nobody takes away is there again soon, and stays", async () => {
  const host = new FakeHost();
  const { root } = host.render();
  end(host, "done");
  await add(SAVED);
  mock.timers.tick(1000);
  assert.equal(isAway(root), false);
  await add(SAVED);
  assert.equal(isAway(root), false);
});

test("another live view is no reason, nor has a run that failed a saved view beside it", async () => {
  const host = new FakeHost();
  const { root } = host.render();
  end(host, "done");
  new FakeHost().render();
  await Promise.resolve();
  assert.equal(isAway(root), false);
  const failed = new FakeHost();
  const view = failed.render().root;
  end(failed, "failed");
  await add(SAVED);
  assert.equal(isAway(view), false);
});
