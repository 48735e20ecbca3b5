import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { MOMENT_MS } from "../src/copy";
import { FakeHost, FakePage, paneOf } from "./fakes";

const REFUSED = "Copying is not allowed here";
const TEXTS = { reasoning: "**hm**", answer: "blue *sky*\n\n- a\u202e" };

let page: FakePage;
let copied: string[];

beforeEach(() => {
  page = new FakePage();
  copied = [];
  clipboard({ writeText: async (text: string) => void copied.push(text) });
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

function clipboard(given: unknown): void {
  Object.defineProperty(globalThis, "navigator", { value: { clipboard: given }, configurable: true });
}

/** What the old way of copying does, and the text that is selected meanwhile. */
function execCommand(answer: () => boolean): void {
  Object.assign(page.document, {
    execCommand: () => {
      copied.push(page.document.querySelector("textarea")!.value);
      return answer();
    },
  });
}

function opened(): { root: HTMLElement; button: HTMLButtonElement; all: HTMLButtonElement; said: () => string } {
  const { root } = new FakeHost({ state: "done", texts: TEXTS }).render();
  return {
    root,
    button: paneOf(root, "answer").querySelector<HTMLButtonElement>(".desiru-copy")!,
    all: root.querySelector<HTMLButtonElement>(".desiru-actions .desiru-copy")!,
    said: () => root.querySelector("[aria-live]")!.textContent!,
  };
}

async function press(button: HTMLButtonElement): Promise<void> {
  button.click();
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

function facesOf(button: HTMLButtonElement): [label: string | null, name: string | null] {
  return [button.textContent, button.getAttribute("aria-label")];
}

test("a pane's source is copied, and nothing invisible with it", async () => {
  const { button, said } = opened();
  assert.deepEqual(facesOf(button), ["Copy", "Copy answer"]);
  await press(button);
  assert.deepEqual(copied, ["blue *sky*\n\n- a⟨U+202E⟩"]);
  assert.deepEqual(facesOf(button), ["Copied", "Copied answer"]);
  assert.equal(said(), "Copied answer");
});

test("after a moment the button is what it was, and the same words are news again", async () => {
  const { button, said } = opened();
  await press(button);
  mock.timers.tick(MOMENT_MS);
  assert.deepEqual([facesOf(button), said()], [["Copy", "Copy answer"], ""]);
});

test("the moment does not take other words away", async () => {
  const { root, button, said } = opened();
  await press(button);
  root.querySelector("[aria-live]")!.textContent = "Model output done.";
  mock.timers.tick(MOMENT_MS);
  assert.equal(said(), "Model output done.");
});

test("the whole answer is copied field by field, each under its name", async () => {
  const { all } = opened();
  assert.deepEqual(facesOf(all), ["Copy all", "Copy all"]);
  await press(all);
  assert.deepEqual(copied, ["Reasoning:\n\n**hm**\n\nAnswer:\n\nblue *sky*\n\n- a⟨U+202E⟩"]);
  assert.deepEqual(facesOf(all), ["Copied", "Copied all"]);
});

for (const [why, given] of [
  ["there is no clipboard", undefined],
  ["the clipboard refuses", { writeText: () => Promise.reject(new Error("NotAllowedError")) }],
] as const) {
  test(`where ${why}, the selection is copied`, async () => {
    clipboard(given);
    execCommand(() => true);
    const { root, button } = opened();
    await press(button);
    assert.deepEqual(copied, ["blue *sky*\n\n- a⟨U+202E⟩"]);
    assert.deepEqual(facesOf(button), ["Copied", "Copied answer"]);
    assert.equal(root.querySelector("textarea"), null);
    assert.equal(page.document.activeElement, button);
  });
}

test("where nothing may copy, the button says so", async () => {
  clipboard(undefined);
  const { root, button, said } = opened();
  await press(button);
  assert.deepEqual([facesOf(button), said()], [["Not allowed", REFUSED], REFUSED]);
  execCommand(() => false);
  await press(button);
  assert.deepEqual(facesOf(button), ["Not allowed", REFUSED]);
  assert.equal(root.querySelector("textarea"), null);
});
