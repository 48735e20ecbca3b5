/** What a reader sees while a text comes in: what is open looks as if it were closed, and no marker shows for a moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Prose } from "../../src/markdown/prose";
import { canonical, withoutParts } from "./rendering";

/** What stands in the page after each character, without repetitions. */
function views(text: string, show: (root: HTMLElement) => string): string[] {
  const root = document.createElement("div");
  const prose = new Prose(root);
  const seen = text.split("").map((character) => {
    prose.append(character);
    return show(root);
  });
  prose.end();
  return [...seen, show(root)].filter((view, index, all) => view !== all[index - 1]);
}

function texts(text: string): string[] {
  return views(text, (root) => root.textContent!);
}

/** The HTML without the attributes that are the same everywhere. */
function elements(text: string): string[] {
  return views(text, (root) => canonical(withoutParts(root.cloneNode(true) as HTMLElement)).replace(/ (?:dir|rel|referrerpolicy|target|title|tabindex|role|aria-label)="[^"]*"/g, ""));
}

test("emphasis is emphasis from its first character", () => {
  assert.deepEqual(elements("a **bc** d"), [
    "<p>a</p>",
    "<p>a <strong>b</strong></p>",
    "<p>a <strong>bc</strong></p>",
    "<p>a <strong>bc</strong> d</p>",
  ]);
  assert.deepEqual(texts("*a _b_* ~~c~~"), ["", "a", "a b", "a b c"]);
});

test("code is code from its first character", () => {
  assert.deepEqual(elements("a `b` c"), ["<p>a</p>", "<p>a <code>b</code></p>", "<p>a <code>b</code> c</p>"]);
});

test("a link shows its text alone until its address is complete", () => {
  assert.deepEqual(texts('a [bc](https://e.example "t") d'), ["a", "a b", "a bc", "a bc (e.example)", "a bc (e.example) d"]);
});

test("a reference shows its text alone until it is complete", () => {
  assert.deepEqual(texts("a [b][c"), ["a", "a b", "a [b][c"]);
});

test("an image is a chip from its first character", () => {
  assert.deepEqual(texts("![ab](https://e.example/c.png)"), ["", "▦ a", "▦ ab", "▦ ab e.example"]);
});

test("a formula shows its source until it is complete", () => {
  assert.deepEqual(elements("a $x$"), [
    "<p>a</p>",
    '<p>a <span class="desiru-tex">$x</span></p>',
    '<p>a <span class="desiru-math mathjax_process tex2jax_process">\\(x\\)</span></p>',
  ]);
});

test("a price is no formula", () => {
  assert.deepEqual(texts("$5 or"), ["", "$5", "$5 o", "$5 or"]);
});

test("a fence is a code block before its line is complete", () => {
  const empty = '<div class="desiru-code"><pre><code></code></pre></div>';
  assert.deepEqual(elements("- a\n  ```py").slice(0, 3), [
    "",
    "<ul><li><p>a</p></li></ul>",
    `<ul><li><p>a</p>${empty}</li></ul>`,
  ]);
  assert.deepEqual(elements("```a`").slice(0, 3), ["", empty, "<p><code>a</code></p>"]);
});

test("a fence is no text, neither at its beginning nor at its end", () => {
  assert.deepEqual(texts("```py\nx\n```\n"), ["", "Python", "Pythonx", "Pythonx\n"]);
});

test("the beginning of a list, a heading or a rule is not shown as text", () => {
  assert.deepEqual(texts("1. a\n- b\n## c\n\n---\n> d"), ["", "a", "ab", "abc", "abcd"]);
});

test("a task has its box as soon as it has a text", () => {
  assert.deepEqual(texts("- [x] a"), ["", "☑ a"]);
});

test("a table's bars show no longer than its head is a line of text", () => {
  assert.deepEqual(texts("|a|\n|-|\n|*b* c|"), ["", "|a", "|a|", "a", "ab", "ab c"]);
});

test("an entity is shown when it is complete", () => {
  assert.deepEqual(texts("a &amp; b"), ["a", "a &", "a & b"]);
});

test("a definition is not shown", () => {
  assert.deepEqual(texts("[ab]: https://e.example\n\n[ab]"), ["", "a", "ab", "", "a", "ab", "ab (e.example)"]);
});

test("a line is a rule only of one sign, so others are text at once", () => {
  assert.deepEqual(texts("*-*-"), ["", "-", "--"]);
  assert.deepEqual(texts("- - -"), [""]);
});

test("no marker shows in a sentence with everything", () => {
  const link = "[link](https://e.example/_a_), ![im](https://e.example/i.png)";
  const sentence = `So **bold**, *it*, \`co*de\`, ${link} and ~~gone~~ ***both***.`;
  assert.deepEqual(
    texts(sentence).filter((view) => /[*_`~[\]!\\]/.test(view.replace("co*d", ""))),
    [],
  );
});

test("a tag is an element from its first character, and shows at no moment", () => {
  assert.deepEqual(elements("H<sub>2</sub>O<br>a"), [
    "<p>H</p>",
    "<p>H<sub></sub></p>",
    "<p>H<sub>2</sub></p>",
    "<p>H<sub>2</sub>O</p>",
    "<p>H<sub>2</sub>O<br></p>",
    "<p>H<sub>2</sub>O<br>a</p>",
  ]);
});

test("words in brackets are not shown as a formula", () => {
  for (const text of ["\\[Optional] Install:\n- a", "\\[1\\] Smith"]) {
    assert.deepEqual(elements(text).filter((view) => view.includes("desiru-tex")), []);
  }
});

test("a formula without an end is source until that is known", () => {
  assert.deepEqual(elements("\\[ a\n- b\n\nc").slice(-3), [
    '<div class="desiru-tex desiru-display">\\[ a\n- b</div>',
    "<p>[ a</p><ul><li><p>b</p></li></ul>",
    "<p>[ a</p><ul><li><p>b</p></li></ul><p>c</p>",
  ]);
});
