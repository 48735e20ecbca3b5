/** The fold of a pane of thoughts: its head is a button, and what the reader did with it stays. */
import { button, element, say } from "./dom";
import { Prose } from "./markdown/prose";

/** The fields that are folded away once there is something better to read. */
const THOUGHTS = new Set(["reasoning", "thinking"]);

/** How many characters of a folded text are shown at most; the line's end comes before, mostly. */
const GIST_LENGTH = 160;
/** How much of the text is read for that: addresses and other markup are longer than what they say. */
const READ_LENGTH = 2048;

export function isThought(field: string): boolean {
  return THOUGHTS.has(field);
}

export class Fold {
  readonly head: HTMLButtonElement;
  readonly #gist = element("span", "desiru-gist");
  readonly #pane: HTMLElement;
  readonly #text: HTMLElement;
  readonly #source: () => string;
  readonly #changed: () => void;
  #touched = false;

  /** `changed` is called when the reader has folded or unfolded the pane. */
  constructor(pane: HTMLElement, text: HTMLElement, source: () => string, changed: () => void) {
    this.#pane = pane;
    this.#text = text;
    this.#source = source;
    this.#changed = changed;
    this.head = this.#button();
    pane.addEventListener("focusin", () => this.touch());
  }

  /** The reader is at it: from now on nobody else folds it. */
  touch(): void {
    this.#touched = true;
  }

  /** Fold, unless the reader has been here; returns whether that changed anything. */
  close(): boolean {
    if (this.#touched || this.#text.hidden) return false;
    this.#set(true);
    return true;
  }

  /** Show the text for a while; returns how to fold it again. */
  open(): () => void {
    const folded = this.#text.hidden;
    if (folded) this.#set(false);
    return () => folded && this.#set(true);
  }

  #button(): HTMLButtonElement {
    const name = element("span", "desiru-name", this.#pane.dataset["field"] ?? "");
    const head = button("desiru-head", name, " ", this.#gist);
    // Each widget of a page may be a module of its own, so a counter would repeat itself.
    this.#text.id = `desiru-${Math.random().toString(36).slice(2)}`;
    head.setAttribute("aria-controls", this.#text.id);
    head.setAttribute("aria-expanded", "true");
    head.addEventListener("click", () => this.#toggle());
    return head;
  }

  #toggle(): void {
    this.touch();
    this.#set(!this.#text.hidden);
    this.#changed();
  }

  #set(folded: boolean): void {
    this.#text.hidden = folded;
    this.head.setAttribute("aria-expanded", String(!folded));
    if (folded) this.#pane.dataset["folded"] = "true";
    else delete this.#pane.dataset["folded"];
    say(this.#gist, folded ? gist(this.#source()) : "");
  }
}

/** The first words of a text on one line, without its markup: what its elements say. */
export function gist(source: string): string {
  const page = element("div", "");
  const prose = new Prose(page);
  prose.append(source.slice(0, READ_LENGTH));
  prose.end();
  for (const host of page.querySelectorAll(".desiru-host")) {
    (host.previousSibling as Text).data = (host.previousSibling as Text).data.replace(/ $/, "");
    host.remove();
  }
  for (const language of page.querySelectorAll(".desiru-lang")) language.remove();
  for (const formula of page.querySelectorAll(".desiru-math")) formula.textContent = formula.textContent!.slice(2, -2);
  for (const block of page.querySelectorAll("p, div, li, th, td, br")) block.before(" ");
  return [...page.textContent!.replace(/\s+/g, " ").trim()].slice(0, GIST_LENGTH).join("").trim();
}
