/** The corpus that the saved view is held to as well: both show the same. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { canonical, html, pieces, render } from "./rendering";

interface Entry {
  readonly name: string;
  readonly markdown: string;
  readonly html: string;
}

const CORPUS = "../tests/markdown.json"; // npm runs the tests in js/
const entries: Entry[] = JSON.parse(readFileSync(CORPUS, "utf8"));

for (const { name, markdown, html: expected } of entries) {
  test(`${name}: live as saved`, () => {
    assert.equal(html(markdown), expected);
    assert.equal(canonical(render(markdown.split(""))), expected);
    for (let seed = 1; seed <= 3; seed++) assert.equal(canonical(render(pieces(markdown, seed, 20))), expected);
  });
}
