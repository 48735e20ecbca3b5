/** The fold of a pane of thoughts: its head is a button, and what the reader did with it stays. */
import { button, element, say } from "./dom";
import { visible } from "./markdown/policy";

/** The fields that are folded away once there is something better to read. */
const THOUGHTS = new Set(["reasoning", "thinking"]);

/** How many characters of a folded text are shown at most; the line's end comes before, mostly. */
const GIST_LENGTH = 160;

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

/** The first words of a text on one line, without the commonest marks of Markdown. */
export function gist(source: string): string {
  const beginning = visible(source.slice(0, 4 * GIST_LENGTH));
  const words = beginning.replace(/\*\*|`/g, "").replace(/^[\s#>*+-]+/, "").replace(/\s+/g, " ");
  return [...words].slice(0, GIST_LENGTH).join("").trim();
}
