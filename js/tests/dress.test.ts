import assert from "node:assert/strict";
import { test } from "node:test";
import { dress } from "../src/dress";
import { FakePage } from "./fakes";

test("a document and a shadow tree get the rules once, however many views they have", () => {
  const page = new FakePage();
  const made: object[] = [];
  class Sheet {
    constructor() {
      made.push(this);
    }
    replaceSync(): void {}
  }
  Object.assign(globalThis, { CSSStyleSheet: Sheet });
  const roots = [page.document, page.document.createElement("div").attachShadow({ mode: "open" })];
  for (const root of roots) Object.assign(root, { adoptedStyleSheets: [] });
  const [first, later] = [page.document.createElement("div"), page.document.createElement("div")];
  page.document.body.append(first);
  dress(first);
  dress(later);
  roots[1]!.append(later);
  page.frame();
  assert.equal(made.length, 1);
  for (const root of roots) assert.deepEqual(root.adoptedStyleSheets, made);
});
