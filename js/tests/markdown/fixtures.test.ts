/** Other projects' examples: what the saved view is held to in `tests/markdown/test_fixtures.py` holds for the live view as well. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { asInSpecification, reduced } from "./mapping";
import { canonical, html, pieces, render } from "./rendering";

interface Case {
  readonly name: string;
  readonly markdown: string;
  readonly html: string;
}

const FOLDER = "../tests/markdown/fixtures"; // npm runs the tests in js/
/** By project and name: why we show something else, and what. */
const otherwise: Record<string, Record<string, { why: string; html: string }>> = read("otherwise");

for (const project of Object.keys(otherwise)) {
  const { cases } = read(project) as { cases: Case[] };
  for (const { name, markdown, html: expected } of cases) {
    const ours = otherwise[project]![name];
    test(`${project}, ${name}: ${ours ? `otherwise, for ${ours.why}` : "as there"}`, () => {
      if (ours) assert.equal(html(markdown), ours.html);
      else assert.equal(asInSpecification(render([markdown])), reduced(expected));
      assert.equal(canonical(render(pieces(markdown, 1, 7))), html(markdown));
    });
  }
}

function read(name: string) {
  return JSON.parse(readFileSync(`${FOLDER}/${name}.json`, "utf8"));
}
