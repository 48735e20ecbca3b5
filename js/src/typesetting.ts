/** Has the host typeset the formulas of finished blocks, a few at a time; where it cannot, their source stays. */
import { BUDGET_MS } from "./painter";
import type { Model } from "./types";

/** JupyterLab's and Notebook's typesetter; other hosts lack any part of it. */
type Typesetter = { typeset?: (element: HTMLElement) => unknown };
type Manager = { rendermime?: { latexTypesetter?: Typesetter | null } };

/** How long a busy page is waited for, in milliseconds. */
const PATIENCE_MS = 1000;

/** How long a page that cannot tell when it is idle is left alone, in milliseconds. */
export const PAUSE_MS = 50;

export class Typesetting {
  readonly #model: Model;
  readonly #done: () => void;
  readonly #waiting = new Set<HTMLElement>();
  readonly #resume = () => this.resume();
  #working = false;
  #stopped = false;

  /** `done` is called when formulas have got another size. */
  constructor(model: Model, done: () => void) {
    this.#model = model;
    this.#done = done;
    document.addEventListener("visibilitychange", this.#resume);
  }

  add(block: HTMLElement): void {
    if (!this.#typesetter()) return;
    for (const formula of formulasOf(block)) this.#waiting.add(formula);
    this.resume();
  }

  /** Go on, after something that was hidden may be seen. */
  resume(): void {
    if (this.#working || this.#stopped || !this.#next()) return;
    this.#working = true;
    whenIdle(() => void this.#work());
  }

  stop(): void {
    this.#stopped = true;
    document.removeEventListener("visibilitychange", this.#resume);
  }

  async #work(): Promise<void> {
    const deadline = performance.now() + BUDGET_MS;
    for (let formula = this.#next(); formula && !this.#stopped; formula = this.#next()) {
      await this.#typeset(formula);
      if (performance.now() >= deadline) break;
    }
    this.#working = false;
    if (this.#stopped) return;
    this.#done();
    this.resume();
  }

  async #typeset(formula: HTMLElement): Promise<void> {
    this.#waiting.delete(formula);
    try {
      await this.#typesetter()?.typeset?.(formula);
      if (formula.scrollWidth > formula.clientWidth && formula.matches(".desiru-display")) formula.tabIndex = 0; // it scrolls
    } catch {
      // Its source stays, which can be read.
    }
  }

  #typesetter(): Typesetter | null | undefined {
    return (this.#model.widget_manager as Manager | undefined)?.rendermime?.latexTypesetter;
  }

  /** What is hidden has no size to typeset for, and what was painted anew since is not in the view any more. */
  #next(): HTMLElement | undefined {
    if (document.hidden) return undefined;
    for (const formula of this.#waiting) {
      if (!formula.closest(".desiru")) this.#waiting.delete(formula);
      else if (!formula.closest("[hidden]")) return formula;
    }
    return undefined;
  }
}

function formulasOf(block: HTMLElement): HTMLElement[] {
  const inner = [...block.querySelectorAll<HTMLElement>(".desiru-math")];
  return block.matches(".desiru-math") ? [block, ...inner] : inner;
}

function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === "function") requestIdleCallback(work, { timeout: PATIENCE_MS });
  else setTimeout(work, PAUSE_MS);
}
