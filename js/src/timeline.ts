/** When how much of a finished run was there. */
import type { FromKernel } from "./types";

export type Timeline = FromKernel & { type: "timeline" };

/** How much of each field was there so many seconds after the start, in the order in which the fields began. */
export function lengthsAt({ times, lengths }: Timeline, seconds: number): Map<string, number> {
  const sample = times.filter((time) => time <= seconds).length - 1;
  return new Map(Object.entries(lengths).map(([field, known]) => [field, known[sample] ?? 0]));
}

/** What came in each of `count` equal parts of so many seconds. */
export function amounts(timeline: Timeline, seconds: number, count: number): number[] {
  const until = (part: number) => sum(lengthsAt(timeline, (seconds * part) / count));
  return Array.from({ length: count }, (_, part) => until(part + 1) - until(part));
}

function sum(lengths: Map<string, number>): number {
  return [...lengths.values()].reduce((all, length) => all + length, 0);
}
