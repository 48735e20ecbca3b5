import assert from "node:assert/strict";
import { test } from "node:test";
import { isAllowed } from "../../src/markdown/tex";
import cases from "../../../tests/markdown_policy.json";

test("a formula is common mathematics or refused", () => {
  for (const { tex, display, allowed } of cases.tex) assert.equal(isAllowed(tex, display), allowed, tex);
});

test("a formula has an end, counted in characters", () => {
  for (const [display, longest] of [[false, 1000], [true, 4000]] as const) {
    assert.ok(isAllowed("\u{1d465}".repeat(longest), display));
    assert.ok(!isAllowed("\u{1d465}".repeat(longest) + "x", display));
  }
});
