import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const SINKS = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|\beval\b/;

test("no source knows a way to make markup of text", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  assert.ok(sources.length > 40);
  const knowing = sources.filter((name) => SINKS.test(readFileSync(`src/${name}`, "utf8")));
  assert.deepEqual(knowing, ["markdown/entities.ts"]); // a document nobody sees, which is given the name of an entity
});

test("every rule of the stylesheets stays under the view's root", () => {
  const sheets = readdirSync("src").filter((name) => name.endsWith(".css"));
  const css = sheets.map((name) => readFileSync(`src/${name}`, "utf8").replace(/\/\*.*?\*\//gs, "")).join("\n");
  const selectors = [...css.matchAll(/^ *([.#a-z*:[][^{};]*)\{/gm)].map(([, selector]) => selector!.trim());
  assert.ok(selectors.length > 20);
  for (const selector of selectors.filter((s) => !/^\d/.test(s))) {
    for (const part of selector.split(",\n")) assert.match(part.trim(), /^\.desiru\.desiru/, part);
  }
});

test("every stylesheet is imported by the one that is built", () => {
  const imported = [...readFileSync("src/widget.css", "utf8").matchAll(/@import "\.\/(.*?)";/g)].map(([, name]) => name);
  const sheets = readdirSync("src").filter((name) => name.endsWith(".css") && name !== "widget.css");
  assert.deepEqual(imported.sort(), sheets.sort());
});
