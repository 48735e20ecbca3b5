import assert from "node:assert/strict";
import { test } from "node:test";
import { Texts } from "../src/texts";

test("a delta at the end of what we have grows the text", () => {
  const texts = new Texts();
  texts.append(["answer", 0, "blue "]);
  assert.deepEqual(texts.append(["answer", 5, "sky"]), { field: "answer", text: "sky", replaces: false });
  assert.equal(texts.get("answer"), "blue sky");
});

test("of a delta that overlaps only the new tail is taken", () => {
  const texts = new Texts();
  texts.append(["answer", 0, "blue s"]);
  assert.deepEqual(texts.append(["answer", 5, "sky"]), { field: "answer", text: "ky", replaces: false });
  assert.deepEqual(texts.append(["answer", 0, "blue"]), { field: "answer", text: "", replaces: false });
  assert.equal(texts.get("answer"), "blue sky");
});

test("a delta beyond the end is a gap and changes nothing", () => {
  const texts = new Texts();
  assert.equal(texts.append(["answer", 1, "x"]), "gap");
  assert.equal(texts.get("answer"), "");
  assert.deepEqual(texts.names(), []);
});

test("offsets count UTF-16 code units, so an astral character counts two", () => {
  const texts = new Texts();
  texts.append(["answer", 0, "🌤"]);
  assert.equal(texts.append(["answer", 3, "!"]), "gap");
  texts.append(["answer", 0, "🌤 a"]);
  texts.append(["answer", 4, "𝛼"]);
  assert.equal(texts.get("answer"), "🌤 a𝛼");
});

test("a whole text that is longer extends ours", () => {
  const texts = new Texts();
  texts.append(["answer", 0, "blue"]);
  assert.deepEqual(texts.settle("answer", "blue sky"), { field: "answer", text: " sky", replaces: false });
});

test("a whole text that is shorter, empty or different takes the place of ours", () => {
  for (const whole of ["blu", "", "red sky"]) {
    const texts = new Texts();
    texts.append(["answer", 0, "blue"]);
    assert.deepEqual(texts.settle("answer", whole), { field: "answer", text: whole, replaces: true });
    assert.equal(texts.get("answer"), whole);
  }
});

test("a field may have the name of something every object has", () => {
  const texts = new Texts();
  texts.append(["__proto__", 0, "a"]);
  texts.append(["constructor", 0, "b"]);
  assert.deepEqual(texts.names(), ["__proto__", "constructor"]);
});
