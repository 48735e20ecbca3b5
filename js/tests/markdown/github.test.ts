/** What GitHub has beyond CommonMark: tables, tasks, strikethrough and bare addresses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { canonical, html, render } from "./rendering";

/** The HTML without the attributes that are the same everywhere. */
function elements(text: string): string {
  return html(text).replace(/ (?:dir|tabindex|rel|referrerpolicy|target|title|role)="[^"]*"/g, "");
}

test("a table has a head, rows and aligned columns", () => {
  assert.equal(
    elements("| a | b | c |\n|:-|:-:|-:|\n| *d* | e \\| f |\n"),
    '<div class="desiru-table"><table><thead><tr><th class="desiru-left">a</th><th class="desiru-center">b</th>' +
      '<th class="desiru-right">c</th></tr></thead><tbody><tr><td class="desiru-left"><em>d</em></td>' +
      '<td class="desiru-center">e | f</td><td class="desiru-right"></td></tr></tbody></table></div>',
  );
});

test("the last line of a paragraph can be the head of a table", () => {
  assert.equal(
    elements("text\n| a |\n|---|\n"),
    '<p>text</p><div class="desiru-table"><table><thead><tr><th>a</th></tr></thead></table></div>',
  );
});

test("a table ends at a blank line and where another block begins", () => {
  assert.equal(elements("|a|\n|-|\n> b").endsWith("</table></div><blockquote><p>b</p></blockquote>"), true);
  assert.equal(elements("|a|\n|-|\n\nb").endsWith("</table></div><p>b</p>"), true);
});

test("a head with more or fewer columns than the line under it is text", () => {
  assert.equal(elements("| a | b |\n|---|"), "<p>| a | b |\n|---|</p>");
});

test("short rows do not make a large table of a small text", () => {
  const root = render([`${"|a".repeat(1000)}|\n${"|-".repeat(1000)}|\n${"|b\n".repeat(200)}`]);
  assert.equal(root.querySelectorAll("tbody tr").length, 66);
});

test("a task has a box", () => {
  assert.equal(
    elements("- [ ] a\n- [x] b\n- [x]\n"),
    '<ul><li class="desiru-task"><p><span aria-label="to do" class="desiru-box">☐</span> a</p></li>' +
      '<li class="desiru-task"><p><span aria-label="done" class="desiru-box">☑</span> b</p></li><li><p>[x]</p></li></ul>',
  );
});

test("an item that turns out to be a heading is no task", () => {
  const root = render("- [x] a\n  ===".split(""));
  assert.equal(canonical(root).includes("desiru-task"), false);
  assert.equal(root.textContent, "[x] a");
});

test("one tilde or two on either side strike text through", () => {
  assert.equal(elements("~a~ ~~b~~ c~~d~~ ~e~~ ~~~f~~~"), "<p><s>a</s> <s>b</s> c<s>d</s> ~e~~ ~~~f~~~</p>");
});

test("a bare address is a link without the punctuation around it", () => {
  assert.equal(
    elements("(see https://e.example/a_(b)). xhttps://e.example"),
    '<p>(see <a href="https://e.example/a_(b)">https://e.example/a_(b)</a>). xhttps://e.example</p>',
  );
});

test("a list is loose when a blank line stands between its blocks", () => {
  const tight = "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>";
  assert.equal(elements("- a\n  - b\n"), tight);
  assert.equal(elements("- a\n\n  - b\n"), tight.replace("<ul>", '<ul class="desiru-loose">'));
  assert.equal(
    elements("- a\n  > b\n  >\n- c"),
    "<ul><li><p>a</p><blockquote><p>b</p></blockquote></li><li><p>c</p></li></ul>",
  );
});

test("no heading skips a level", () => {
  const levels = [...render(["### a\n# b\n## c\n#### d\n"]).children].map((heading) => heading.getAttribute("aria-level"));
  assert.deepEqual(levels, ["3", "3", "4", "5"]);
});

test("code is kept in groups of 64 lines", () => {
  const groups = [...render([`\`\`\`\n${"x\n".repeat(130)}\`\`\``]).querySelectorAll(".desiru-lines")];
  assert.deepEqual(groups.map(({ textContent }) => textContent), ["x\n".repeat(64), "x\n".repeat(64), "x\n".repeat(2)]);
});
