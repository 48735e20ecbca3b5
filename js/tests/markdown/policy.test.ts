import assert from "node:assert/strict";
import { test } from "node:test";
import { address, visible } from "../../src/markdown/policy";
import cases from "../../../tests/markdown_policy.json";

const ADDRESS = /^https?:\/\/[a-z0-9.-]+(:[0-9]{1,5})?([/?#][A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]*)?$/;

test("what shows nothing is shown by a sign", () => {
  for (const { text, shown } of cases.visible) assert.equal(visible(text), shown);
});

test("text that is visible stays as it is", () => {
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const shown = visible(String.fromCodePoint(code));
    assert.equal(visible(shown), shown);
  }
});

test("a link leads to a page or a mailbox or nowhere", () => {
  for (const { source, href, host } of cases.address) {
    assert.deepEqual(address(source), href === null ? undefined : { href, host }, JSON.stringify(source));
  }
});

test("an address that is let through is all grammar, whatever character is in it", () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const href = address(`https://a.b/${String.fromCharCode(code)}`)?.href;
    assert.ok(href === undefined || ADDRESS.test(href), href);
  }
});

test("an address has at most 2000 characters", () => {
  const longest = `https://a.b/${"x".repeat(1988)}`;
  assert.deepEqual(address(longest), { href: longest, host: "a.b" });
  assert.equal(address(`${longest}x`), undefined);
  assert.equal(address(`https://a.b/${"é".repeat(400)}`), undefined);
});
