import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { kindOf } from "../src/kinds";
import { numberText, ValueBox } from "../src/values";
import { FakePage } from "./fakes";

interface Case {
  name: string;
  type: string;
  text: string;
  html: string;
}

const CASES = JSON.parse(readFileSync("../tests/values.json", "utf8")) as Case[];
const HOSTILE = ["<img src=x onerror=alert(1)>", "\\u003cb>", "\u202e", "\ud83d"];
const SCRAPS = ['["', '"', "', '", "[", "]", "{", "}", ", ", ":", "- ", "\n", "7", "true", ...HOSTILE];
const ATTRIBUTES = [
  'ol class="desiru-items"',
  'dl class="desiru-tree"',
  'div class="desiru-plain" dir="auto"',
  'span class="desiru-(number|chip( desiru-(yes|no|none))?)"',
];
const KNOWN = new RegExp(`^<(div|(li|dt|dd) dir="auto"|${ATTRIBUTES.join("|")})>`);
new FakePage();

for (const { name, type, text, html } of CASES) {
  test(`${name} looks as it does in the saved view`, () => assert.equal(htmlOf(shown(type, [text])), html));
}

test("a value that came in pieces is the value that came at once", () => {
  const random = seeded(5);
  for (const { type, text } of CASES) {
    const whole = htmlOf(shown(type, [text]));
    assert.equal(htmlOf(shown(type, [...text])), whole);
    for (let round = 0; round < 5; round++) assert.equal(htmlOf(shown(type, pieces(text, random))), whole);
  }
});

test("whatever a model says, nothing but the known elements comes of it", () => {
  const random = seeded(7);
  const types = [...new Set(CASES.map(({ type }) => type))];
  for (let round = 0; round < 500; round++) {
    const said = Array.from({ length: 8 }, () => SCRAPS[Math.floor(random() * SCRAPS.length)]!);
    const root = shown(types[round % types.length]!, said);
    for (const made of root.querySelectorAll("*")) assert.match(openingTag(made), KNOWN);
  }
});

test("a list shows the items that are there, and the last text as far as it has come", () => {
  const items = [["sky"], ["sky", "gr"], ["sky", "grass"], ["sky", "grass"]];
  assert.deepEqual(growth("list[str]", ['["sky', '", "gr', "ass", '"]']), items);
  assert.deepEqual(growth("list[str]", ["- sky", "\n-", " grass"]), [["sky"], ["sky"], ["sky", "grass"]]);
  const python = ["```js", "on\n['sky', 'it", "\\'s']", "\n```"];
  assert.deepEqual(growth("list[str]", python), [[], ["sky", "it"], ["sky", "it's"], ["sky", "it's"]]);
});

test("a number in a list is shown when it is whole", () => {
  assert.deepEqual(growth("list[int]", ["[1, 2", "3", ", 4", "]"]), [["1"], ["1"], ["1", "23"], ["1", "23", "4"]]);
  assert.deepEqual(growth("list[int]", ["$1,2", "00,", " 3", "4"]), [[], [], ["1200"], ["1200", "34"]]);
});

test("items that are there stay the elements they are while the list grows", () => {
  const root = document.createElement("div");
  const box = new ValueBox(root, "list[str]");
  box.show('["sky", "gr', false);
  const [sky, grass] = root.querySelectorAll("li");
  const words = grass!.firstChild;
  box.show('["sky", "grass", "sea', false);
  box.show('["sky", "grass", "sea"]', true);
  assert.deepEqual([...root.querySelectorAll("li")].slice(0, 2), [sky, grass]);
  assert.equal(grass!.firstChild, words);
});

test("an object grows a row at a time, and rows stay the elements they are", () => {
  const root = document.createElement("div");
  const box = new ValueBox(root, "Person");
  box.show('{"name": "Al', false);
  const row = root.querySelector("dl > div");
  assert.equal(root.textContent, "nameAl");
  box.show('{"name": "Alice", "tags": ["a", "b', false);
  assert.equal(root.textContent, "nameAlicetagsab");
  assert.equal(root.querySelector("dl > div"), row);
});

test("nothing is shown while it is known only that more will come", () => {
  for (const text of ["[", "``", "```json\n", "[["]) assert.equal(htmlOf(growing("list[str]", text)), "", text);
  assert.equal(htmlOf(growing("list[int]", "12")), "");
  assert.equal(htmlOf(growing("dict[str, str]", '{"a')), "");
});

test("a text that is no value is text, also while it grows", () => {
  assert.equal(htmlOf(growing("Person", "Sure: {")), '<div class="desiru-plain" dir="auto">Sure: {</div>');
  assert.equal(htmlOf(growing("int", "about 4")), '<div class="desiru-plain" dir="auto">about 4</div>');
});

test("a number is set as one before it is whole", () => {
  for (const text of ["$", "$1", "$1,", "-1,2"]) {
    assert.equal(growing("int | None", text).firstElementChild!.className, "desiru-number");
  }
});

test("a number has all its digits, those before the point in groups but for years", () => {
  const numbers = [0, -0, 1234.5, 12345.5, 1234567n, -1234n, 10n ** 15n, 1e15, 1.5e-7, 0.000001, 0.1 + 0.2, 1e300, -Infinity, NaN];
  const texts = ["0", "0", "1234.5", "12,345.5", "1,234,567", "-1234", "1000000000000000", "1e+15", "1.5e-7", "0.000001"];
  assert.deepEqual(numbers.map(numberText), [...texts, "0.30000000000000004", "1e+300", "-inf", "nan"]);
});

test("a type is read as a signature spells it", () => {
  const plain = (name: string) => ({ name, args: [], choices: [] });
  const choices = { name: "Literal", args: [], choices: ["a, b", "it's", "]", 1n, true] };
  assert.deepEqual(kindOf(`dict[str, list[Literal['a, b', "it's", ']', 1, True]]] | None`), {
    name: "",
    args: [{ name: "dict", args: [plain("str"), { name: "list", args: [choices], choices: [] }], choices: [] }, plain("None")],
    choices: [],
  });
});

function openingTag(made: Element): string {
  return (made.cloneNode(false) as Element).outerHTML;
}

function shown(type: string, parts: string[]): HTMLElement {
  const root = document.createElement("div");
  const box = new ValueBox(root, type);
  parts.forEach((_, at) => box.show(parts.slice(0, at + 1).join(""), false));
  box.show(parts.join(""), true);
  return root;
}

function growing(type: string, text: string): HTMLElement {
  const root = document.createElement("div");
  new ValueBox(root, type).show(text, false);
  return root;
}

/** The items after each piece, the last of which closes the field. */
function growth(type: string, parts: string[]): string[][] {
  const root = document.createElement("div");
  const box = new ValueBox(root, type);
  return parts.map((_, at) => {
    box.show(parts.slice(0, at + 1).join(""), at === parts.length - 1);
    return [...root.querySelectorAll("li")].map(({ textContent }) => textContent!);
  });
}

/** The content, its attributes sorted by name. */
function htmlOf(node: Element): string {
  const parts = [...node.childNodes].map((child) =>
    child.nodeType === 3 ? escaped(child.textContent!) : elementHtml(child as Element),
  );
  return parts.join("");
}

function elementHtml(made: Element): string {
  const attributes = [...made.attributes].map(({ name, value }) => ` ${name}="${escaped(value).replaceAll('"', "&quot;")}"`);
  return `<${made.localName}${attributes.sort().join("")}>${htmlOf(made)}</${made.localName}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function pieces(text: string, random: () => number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = at + 1 + Math.floor(random() * 6);
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

/** The same numbers from 0 to 1 at every run. */
function seeded(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}
