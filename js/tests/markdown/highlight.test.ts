import assert from "node:assert/strict";
import { test } from "node:test";
import { Highlighter, languageName } from "../../src/markdown/highlight";
import cases from "../../../tests/markdown_policy.json";

/** The pieces of a line as they stand in the cases. */
function pairs(highlighter: Highlighter, line: string): string[][] {
  return highlighter.line(line).map(({ kind, text }) => [kind, text]);
}

function textOf(pieces: string[][]): string {
  return pieces.map(([, text]) => text).join("");
}

test("code is coloured line by line", () => {
  for (const { word, lines } of cases.code) {
    const highlighter = new Highlighter(word);
    assert.deepEqual(lines.map((pieces) => pairs(highlighter, textOf(pieces))), lines, word);
  }
});

test("a line that grows is read by a fork, and the next line knows nothing of it", () => {
  for (const { word, lines } of cases.code) {
    const highlighter = new Highlighter(word);
    for (const pieces of lines) {
      const line = textOf(pieces);
      for (let end = 0; end < line.length; end += 1) {
        const begun = line.slice(0, end);
        assert.equal(textOf(pairs(highlighter.fork(), begun)), begun);
      }
      assert.deepEqual(pairs(highlighter.fork(), line), pieces);
      assert.deepEqual(pairs(highlighter, line), pieces);
    }
  }
});

test("a line that is too long is plain and leaves a comment open", () => {
  const highlighter = new Highlighter("c");
  assert.deepEqual(pairs(highlighter, "/*"), [["com", "/*"]]);
  assert.deepEqual(pairs(highlighter, "\u{1f600}".repeat(4096)), [["com", "\u{1f600}".repeat(4096)]]);
  assert.deepEqual(pairs(highlighter, `*/${"x".repeat(4095)}`), [["", `*/${"x".repeat(4095)}`]]);
  assert.deepEqual(pairs(highlighter, "x */ y"), [["com", "x */"], ["", " y"]]);
});

test("a block without a language is plain", () => {
  assert.deepEqual(pairs(new Highlighter(undefined), 'if x: "y"'), [["", 'if x: "y"']]);
});

test("a language has one name", () => {
  for (const { word, name } of cases.names) assert.equal(languageName(word), name);
});
