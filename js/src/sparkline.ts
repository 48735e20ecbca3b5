/** A line as small as a word that shows the pace. The figures beside it say it in words. */
import { drawn } from "./dom";
import { TICKS } from "./pace";

const HEIGHT = 16;

/** A tick is short, so its neighbours speak for it too. */
const NEIGHBOURS = 2;

export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #line = drawn("polyline", { points: "" });

  constructor() {
    const size = { viewBox: `0 0 ${TICKS} ${HEIGHT}`, preserveAspectRatio: "none" };
    this.element = drawn("svg", { "aria-hidden": "true", focusable: "false", ...size });
    this.element.append(this.#line);
  }

  draw(amounts: readonly number[]): void {
    this.#line.setAttribute("points", points(amounts));
  }
}

/** One pixel a tick, the newest at the right; a single one is no line. */
export function points(amounts: readonly number[]): string {
  if (amounts.length < 2) return "";
  const smooth = amounts.map((_, index) => mean(amounts.slice(Math.max(0, index - NEIGHBOURS), index + 1)));
  const top = Math.max(...smooth, 1);
  const y = (amount: number) => (HEIGHT - 1 - (amount / top) * (HEIGHT - 2)).toFixed(1);
  return smooth.map((amount, index) => `${TICKS - smooth.length + index},${y(amount)}`).join(" ");
}

function mean(amounts: readonly number[]): number {
  return amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length;
}
