/** Text that grows is in the end what the whole text is, whatever it says, and costs what is new. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Prose } from "../../src/markdown/prose";
import { ANSWER } from "./answer";
import { canonical, html, numbers, pieces, render } from "./rendering";

/** What a hostile or careless text may be put together from. */
const SCRAPS = [
  ..."*_`[]()<>&\\$|#!1\t\n\r \0\ud800\u202e\xa0\u2003\ufeff",
  ...["**", "~~", "```", "~~~", "![", "](", "&amp;", "$$", "\\(", "\\)", "\\[", "\\]"],
  ...["<https://a.b>", "<a@b.c>", "https://a.b/c"],
  ...["# ", "- ", "+ ", "1. ", "2) ", "> ", "| a | b |", "\n|-|-|\n", "---", "===", "    ", "  ", "\n\n", "\r\n"],
  ...["<br>", "<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "</kbd>", "<sub a>", "~", "H~2~O", "www.a.b", "。", "’", "&quot;", "[^1]"],
  ...["\n$$\n", "\n\\[\n", "\n\\]\n", "\\[1\\]", "\\[Optional] ", "$HOME/$USER", "\n$$ a\n- b\n"],
  ...["[a]", "[a]: /u", "[x] ", "[ ] ", ": ", "word", "Wörter", "👍🏽", "x^2"],
];

function scribble(seed: number): string {
  const source = numbers(seed);
  const length = 1 + Math.floor(source.next().value * 40);
  return Array.from({ length }, () => SCRAPS[Math.floor(source.next().value * SCRAPS.length)]).join("");
}

function assertSameForAllCuts(text: string, seeds: number): void {
  const whole = html(text);
  assert.equal(canonical(render(text.split(""))), whole, JSON.stringify(text));
  for (let seed = 1; seed <= seeds; seed++) {
    assert.equal(canonical(render(pieces(text, seed, 1 + seed * seed))), whole, `${seed} ${JSON.stringify(text)}`);
  }
}

test("an answer does not depend on how it comes", () => {
  assertSameForAllCuts(ANSWER, 40);
});

test("an answer that is cut off anywhere does not depend on how it came", () => {
  for (let end = 0; end < ANSWER.length; end += 7) {
    assert.equal(canonical(render(pieces(ANSWER.slice(0, end), end, 30))), html(ANSWER.slice(0, end)));
  }
});

test("line ends may be written in three ways, and be cut in two", () => {
  const text = "a\nb\n\n- c\n- d\n\n```\ne\n\nf\n```\n";
  assert.equal(canonical(render(text.replaceAll("\n", "\r\n").split(""))), html(text));
  assert.equal(canonical(render(text.replaceAll("\n", "\r").split(""))), html(text));
});

test("no text depends on how it comes", () => {
  for (let seed = 1; seed <= 500; seed++) assertSameForAllCuts(scribble(seed), 2);
});

test("a long paragraph does not depend on how it comes", () => {
  const sentence = "Some *words* and a [link](https://example.com), `code`  \nand more. ";
  assertSameInChunks(sentence.repeat(300));
  assertSameInChunks(`${"x".repeat(9000)} ${"y".repeat(8192)}${"👍".repeat(5000)}`);
  assertSameInChunks(`[a]: /u\n'${"title ".repeat(900)}'\n${sentence.repeat(100)}`);
  assertSameInChunks(`[a]: /u\n'${"[x] title ".repeat(600)}'\n${sentence.repeat(100)}\n\n[x]: https://e.example\n`);
  assertSameInChunks(`- [x] ${sentence.repeat(100)}`);
  assertSameInChunks(`${"| a | b ".repeat(800)}|\n${"|-|-".repeat(800)}|\n| c |`);
  assertSameInChunks(`${"words ".repeat(2000)}\n===`);
});

function assertSameInChunks(text: string): void {
  const whole = html(text);
  for (let seed = 1; seed <= 4; seed++) assert.equal(canonical(render(pieces(text, seed, 400 * seed))), whole);
}

test("a long list does not depend on how it comes", () => {
  assertSameInChunks("- *one*\n".repeat(100));
  assertSameInChunks(`${"1. one\n   - two\n".repeat(40)}\n${"1. three\n".repeat(40)}`);
  assertSameInChunks(`${"* one\n".repeat(64)}\n  two\n${"+ three\n".repeat(40)}- [ ] four`);
  assertSameInChunks(`${"- one\n".repeat(32)}> two\n\n${"- \n".repeat(32)}-`);
});

test("a formula whose end is far away does not depend on how it comes, and is none", () => {
  const line = "x *y* 👍 ".repeat(100);
  for (const opening of ["$$", "\\["]) {
    assertSameInChunks(`${opening}\n${`${line}\n`.repeat(12)}- a\n\nb`);
    assertSameInChunks(`${opening}${line.repeat(12)}$$`);
    assertSameInChunks(`${opening}x${opening === "$$" ? "$$" : "\\]"} ${line.repeat(12)}`);
    assertSameInChunks(`> ${opening}${line.repeat(12)}\n> | a |\n> |-|\n> | b |`);
  }
  for (let before = 4090; before < 4101; before++) {
    const text = `$$${"x".repeat(before - 2)}$$`;
    assert.equal(html(text).includes("desiru-tex"), before <= 4096, String(before));
    assertSameInChunks(`${text}\n\ny`);
  }
});

test("a long table, and long blocks in quotes and items, do not depend on how they come", () => {
  assertSameInChunks(`|a|b|\n|-|-|\n${"| *c* | d |\n".repeat(200)}`);
  assertSameInChunks(`> |a|\n> |-|\n${"> | c |\n".repeat(70)}\n- |a|\n  |-|\n${"  | c |\n".repeat(130)}`);
  assertSameInChunks(`${"> - one\n".repeat(70)}${"> two\n>\n".repeat(70)}> \`\`\`\n> three\n> \`\`\`\n`);
  assertSameInChunks(`- a\n${"  1. b\n".repeat(40)}\n${"  1. c\n".repeat(40)}\n${"  d\n\n".repeat(70)}- e`);
});

test("a table of more than 64 rows goes on in another element", () => {
  const root = render([`|a|b|\n|-|:-|\n${"|c|d|\n".repeat(129)}`]);
  assert.deepEqual(
    [...root.children].map((made) => [made.className, made.querySelectorAll("tr").length, made.querySelectorAll("th").length]),
    [["desiru-table", 65, 2], ["desiru-table desiru-more", 64, 0], ["desiru-table desiru-more", 1, 0]],
  );
});

test("a list that goes on leaves its items alone, unless it becomes loose", () => {
  const root = document.createElement("div");
  const prose = new Prose(root);
  prose.append(`${"- a\n".repeat(33)}`);
  const first = root.querySelector("ul")!;
  const whole = canonical(root.firstChild!);
  prose.append("- a\n".repeat(40));
  assert.equal(canonical(root.firstChild!), whole);
  prose.append("\n- a\n");
  assert.deepEqual(
    [...root.querySelectorAll("ul")].map(({ className, childElementCount }) => [className, childElementCount]),
    [["desiru-loose", 32], ["desiru-more desiru-loose", 32], ["desiru-more desiru-loose", 10]],
  );
  assert.equal(root.querySelector("ul"), first);
});

test("a paragraph of more than 4096 characters is cut at the next space", () => {
  const text = `${"a".repeat(4090)} ${"b".repeat(20)} c`;
  const root = render([text]);
  assert.deepEqual([...root.children].map(({ tagName, textContent }) => [tagName, textContent]), [["P", text]]);
  assert.deepEqual([...root.firstElementChild!.children].map(({ className, textContent }) => [className, textContent]), [
    ["desiru-more", " c"],
  ]);
});

test("the text of a long paragraph is all there, its spaces and line ends too", () => {
  const text = `${"Some words of it, ".repeat(300)}\n${"and lines\n".repeat(1000)}${"x".repeat(20000)} end`;
  for (const step of [text.length, 133, 4097]) {
    const root = render(pieces(text, step, step));
    assert.equal(root.children.length, 1);
    assert.equal(root.textContent, text.replaceAll(" \n", "\n"));
  }
});

test("a label that is defined after a long paragraph becomes a link in each of its pieces, and all of them stay", () => {
  const text = `${"[x] word ".repeat(1500)}`;
  const root = render([`${text}\n\n[x]: https://e.example\n`]);
  assert.equal(root.querySelectorAll("a").length, 1500);
  assert.equal(root.querySelector("p")!.querySelectorAll(".desiru-more").length, 3);
});

const HOSTILE = {
  "deep quotes": ">".repeat(10000),
  "deep lists": "- ".repeat(5000),
  "deep lists with text": `${"- ".repeat(5000)}x`,
  "deep numbers": `${"1. ".repeat(3000)}x`,
  "brackets": "[".repeat(50000),
  "bracket pairs": "[a]".repeat(5000),
  "closing brackets": `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "image beginnings": "![[](".repeat(5000),
  "link beginnings": "[a](<b".repeat(5000),
  "asterisks": "*".repeat(50000),
  "emphasis beginnings": "*a ".repeat(20000),
  "emphasis of two kinds": "*a _b ".repeat(8000),
  "nested emphasis": `${"*a **b ".repeat(3000)}${"c** d*".repeat(3000)}`,
  "backticks": "`".repeat(50000),
  "growing runs of backticks": Array.from({ length: 300 }, (_, length) => "`".repeat(length)).join(" "),
  "angle brackets": "<".repeat(50000),
  "dollars": "$a ".repeat(10000),
  "formula beginnings": "\\(".repeat(20000),
  "ampersands": "&a".repeat(20000),
  "tildes": `~~a ${"~a ~~".repeat(5000)}`,
  "a long heading": `# ${"a *b* `c` [d](e) ".repeat(6000)}`,
  "a long row": `|a|b|\n|-|-|\n${"| a *b* ".repeat(10000)}`,
  "a long fence line": "```" + "a".repeat(100000),
  "a rule that goes on": "-".repeat(100000),
  "spaces": `a${" ".repeat(100000)}b\n${" ".repeat(100000)}`,
  "addresses": "http://a_".repeat(5000),
  "definitions": "[a]: b\n".repeat(3000),
  "tags": "<sub>".repeat(10000),
  "nested tags": "<sub>".repeat(5000) + "</sub>".repeat(5000),
  "formulas without an end": "\\[ a\n".repeat(3000),
  "formulas that end in text": "$$ a\n".repeat(3000),
};

for (const [name, text] of Object.entries(HOSTILE)) {
  test(`${name} are text like any other`, () => {
    const whole = html(text);
    assert.equal(canonical(render(pieces(text, 1, 2000))), whole);
    assert.equal(depthOf(render([text])) < 150, true);
  });
}

function depthOf(root: Node): number {
  let depth = 0;
  for (let level: Node[] = [root]; level.length; level = level.flatMap(({ childNodes }) => [...childNodes])) depth += 1;
  return depth;
}

const LARGE = {
  "one paragraph": "Some words of a very long paragraph, and *more*. ".repeat(2000),
  "one word": "x".repeat(100000),
  "one list": "- an item of a **long** list\n".repeat(3500),
  "one code block": `\`\`\`python\n${"def f(x): return 12 # why\n".repeat(4000)}`,
  "one line of code": `\`\`\`\n${"def f(x): return 12; ".repeat(5000)}`,
  "one quote": "> a quoted line of *text*\n".repeat(4000),
  "one list in a quote": "> - an item of a **long** list\n".repeat(3500),
  "one formula without an end": `$$\n${"some *words* of it\n".repeat(5000)}`,
  "one formula without an end on a line": `$$ ${"some *words* of it ".repeat(5000)}`,
  "one table": `|a|b|\n|-|-|\n${"| cell | *cell* |\n".repeat(6000)}`,
};

for (const [name, text] of Object.entries(LARGE)) {
  test(`${name} of 100 KB makes few nodes at a time`, () => {
    const made = counted();
    const prose = new Prose(document.createElement("div"));
    const most = Math.max(...pieces(text, 1, 266).map((piece) => made(() => prose.append(piece))));
    const atOnce = name.includes("formula") ? 4096 : 0; // characters that turn out to be a paragraph
    assert.equal(most <= 400 + atOnce / 5, true, String(most));
  });
}

/** Counts the nodes that are made while something is done. */
function counted(): (act: () => void) => number {
  return (act) => {
    const { createElement, createTextNode } = document;
    let made = 0;
    document.createElement = ((tag: string) => (made++, createElement.call(document, tag))) as typeof createElement;
    document.createTextNode = (text) => (made++, createTextNode.call(document, text));
    act();
    Object.assign(document, { createElement, createTextNode });
    return made;
  };
}

/** How many characters are cut up while a text comes in pieces. */
function charactersSplit(text: string): number {
  const { split } = String.prototype;
  let read = 0;
  String.prototype.split = function (this: string, ...by: [any, number?]) {
    read += this.length;
    return split.apply(this, by);
  };
  render(pieces(text, 1, 266));
  Object.assign(String.prototype, { split });
  return read;
}

test("a row of a table is not cut into cells again and again, however long it is", () => {
  for (const cells of ["word ", "| word "]) {
    const [once, twice] = [15000, 30000].map((times) => charactersSplit(`|a|b|\n|-|-|\n${cells.repeat(times)}`));
    assert.equal(twice! < 2 * once!, true, `${once} ${twice}`);
  }
});

/** How often a pattern is looked for while a text comes in pieces. */
function patternsRead(text: string): number {
  const { exec } = RegExp.prototype;
  let read = 0;
  RegExp.prototype.exec = function (this: RegExp, within: string) {
    read += 1;
    return exec.call(this, within);
  };
  render(pieces(text, 1, 266));
  Object.assign(RegExp.prototype, { exec });
  return read;
}

test("definitions are not read again and again, however many there are", () => {
  const [once, twice] = [1000, 2000].map((times) => patternsRead("[a]: https://example.com 'title'\n".repeat(times)));
  assert.equal(twice! < 2.2 * once!, true, `${once} ${twice}`);
});

test("what stands below a definition is shown with it as it comes, and stays as it is at its end", () => {
  const made = counted();
  const root = document.createElement("div");
  const prose = new Prose(root);
  prose.append(`[it]: https://example.com\n${"See [it]. ".repeat(2000)}`);
  assert.equal(root.querySelectorAll("a").length > 1000, true);
  assert.equal(made(() => prose.end()) < 1000, true);
});

test("a paragraph that grows by plain text makes no nodes", () => {
  const made = counted();
  const prose = new Prose(document.createElement("div"));
  prose.append("Some *words* and");
  assert.equal(made(() => prose.append(" more words")), 0);
});

test("what is frozen is told once, in the order of the text, and does not change", () => {
  const frozen: [HTMLElement, string][] = [];
  const text = ANSWER.slice(0, ANSWER.indexOf("[sort]:")); // what a definition completes is told again
  const root = render(pieces(text, 3, 20), { onFrozen: (made) => frozen.push([made, canonical(made)]) });
  assert.deepEqual(
    frozen.map(([made]) => made),
    [...root.querySelectorAll<HTMLElement>("p, .desiru-heading, .desiru-code, .desiru-table, div.desiru-display")],
  );
  assert.deepEqual(frozen.map(([, before]) => before), frozen.map(([made]) => canonical(made)));
});

test("a block of many links that are defined later is painted again once for all definitions that come at once", () => {
  const labels = Array.from({ length: 40 }, (_, number) => `[${number}]`);
  const text = `${labels.join(" ")}\n\n${labels.map((label) => `${label}: https://example.com\n\n`).join("")}`;
  for (const [pieces, times] of [[[text], 1], [text.split(/(?<=\n\n)/), 40]] as const) {
    let told = 0;
    assert.equal(render(pieces, { onFrozen: () => (told += 1) }).querySelectorAll("a").length, 40);
    assert.equal(told, 1 + times);
  }
});

test("a block whose link is defined later is told again", () => {
  const frozen: string[] = [];
  render(["See [it].\n\n[it]: https://example.com"], { onFrozen: (made) => frozen.push(made.textContent!) });
  assert.deepEqual(frozen, ["See [it].", "See it (example.com)."]);
});
