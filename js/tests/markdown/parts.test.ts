import assert from "node:assert/strict";
import { test } from "node:test";
import { Prose } from "../../src/markdown/prose";
import { FakePage } from "../fakes";

new FakePage();

/** How many blocks stand in each part of a text. */
function parts(text: string): number[] {
  const root = document.createElement("div");
  const prose = new Prose(root);
  prose.append(text);
  prose.end();
  assert.deepEqual([...root.children].map(({ className }) => className), Array(root.childElementCount).fill("desiru-part"));
  return [...root.children].map(({ childElementCount }) => childElementCount);
}

test("a long text stands in parts of 32 blocks", () => {
  assert.deepEqual(parts("a\n\n".repeat(100)), [32, 32, 32, 4]);
});

test("no part ends with a heading or a rule, which stand nearer to or farther from what follows", () => {
  assert.deepEqual(parts("a\n\n".repeat(31) + "# b\n\n***\n\n# c\n\n" + "a\n\n".repeat(32)), [35, 31]);
});

test("a list and a quote are one block each, and so are their lists", () => {
  assert.deepEqual(parts("- a\n".repeat(32) + "\n" + "> b\n>\n".repeat(100) + "\n" + "> - c\n".repeat(100)), [3]);
  assert.deepEqual(parts("- a\n" + "  - b\n".repeat(100)), [1]);
});

test("a part that only such blocks follow ends all the same", () => {
  assert.deepEqual(parts("# a\n".repeat(100)), [64, 36]);
  assert.deepEqual(parts("***\n".repeat(130)), [64, 64, 2]);
});

test("a list goes on in another part after 32 items", () => {
  assert.deepEqual(parts("a\n\n" + "- b\n".repeat(70) + "\n" + "c\n\n".repeat(40)), [2, 1, 32, 9]);
});

test("nothing stands in a pane of no text", () => {
  assert.deepEqual(parts(" \n\n"), []);
});
