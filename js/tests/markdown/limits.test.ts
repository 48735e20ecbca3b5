/** What a very long text is shown as; `tests/markdown/test_limits.py` has the same of the saved view. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, html, pieces, render } from "./rendering";

const code = (text: string): string =>
  `<div class="desiru-code"><pre dir="ltr" tabindex="0"><code><span class="desiru-lines">${text}</span></code></pre></div>`;

test("behind 10,000 lines the rest of a text stands as it came", () => {
  const items = "- a\n".repeat(9_999);
  const whole = html(`${items}- *b*\n`);
  assert.ok(whole.endsWith('<li><p dir="auto">a</p></li><li><p dir="auto"><em>b</em></p></li></ul>'));
  for (const rest of ["- *c*\n", "- *c*\n\n~~~\n\t- [d](e", "\n", "===", "*c*\n\n"]) {
    const text = `${items}- *b*\n${rest}`;
    const expected = whole + code(rest.endsWith("\n") ? rest : `${rest}\n`);
    assert.equal(html(text), expected);
    assert.equal(canonical(render([text.slice(0, -rest.length), ...rest.split("")])), expected);
    assert.equal(canonical(render(pieces(text, 1, 4000))), expected);
  }
  assert.equal(html(`${items}- *b*\n \t`), whole);
});

test("a heading or a cell of more than 8,192 characters shows its markup", () => {
  const long = "*a* ".repeat(2048);
  assert.match(html(`# ${long}`), /^<div [^>]*><b>(?:<em>a<\/em> ?){2048}<\/b><\/div>$/);
  assert.match(html(`# ${long}bc`), /^<div [^>]*><b>(?:\*a\* ){2048}bc<\/b><\/div>$/);
  assert.match(html(`|a|\n|-|\n|${long}bc|`), /<td dir="auto">(?:\*a\* ){2048}bc<\/td>/);
});
