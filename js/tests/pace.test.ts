import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace, TICK_MS, TICKS } from "../src/pace";
import { points } from "../src/sparkline";

test("what came within a tick is one amount, and a tick without any is none", () => {
  const pace = new Pace();
  for (const [amount, tick] of [[1, 0], [2, 0.9], [4, 1], [8, 3.5]] as const) pace.add(amount, 1000 + tick * TICK_MS);
  assert.deepEqual(pace.until(1000 + 4 * TICK_MS), [3, 4, 0, 8]);
});

test("a tick that is not over does not count yet, at the end it does", () => {
  const pace = new Pace();
  pace.add(1, 0);
  pace.add(2, TICK_MS);
  assert.deepEqual(pace.until(TICK_MS), [1]);
  assert.deepEqual(pace.seen(), [1, 2]);
});

test("before anything came there is no pace", () => {
  assert.deepEqual(new Pace().until(100 * TICK_MS), []);
});

test("only the last ticks are remembered, however long nothing came", () => {
  const pace = new Pace();
  for (let tick = 0; tick < 3 * TICKS; tick += 1) pace.add(tick, tick * TICK_MS);
  const expected = Array.from({ length: TICKS }, (_, index) => 2 * TICKS + index);
  assert.deepEqual(pace.until(3 * TICKS * TICK_MS), expected);
  assert.deepEqual(pace.until(1e9), new Array(TICKS).fill(0));
});

test("the line ends at the right and fits its height", () => {
  assert.equal(points([]), "");
  assert.equal(points([1]), "");
  assert.equal(points([0, 0]), "58,15.0 59,15.0");
  assert.equal(points([6, 6, 6, 0]), "56,1.0 57,1.0 58,1.0 59,5.7");
  const many = points(Array.from({ length: TICKS }, (_, index) => (index * 7919) % 500)).split(" ");
  assert.deepEqual([many.length, many[0]!.split(",")[0], many.at(-1)!.split(",")[0]], [TICKS, "0", "59"]);
  for (const point of many) assert.ok(Number(point.split(",")[1]) >= 1 && Number(point.split(",")[1]) <= 15, point);
});
