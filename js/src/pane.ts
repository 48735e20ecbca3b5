/** One output field: its name and its text, which only ever grows at its end. */
import { element } from "./dom";
import type { Growth } from "./texts";

/** Appending copies a text node's whole content, so a node that has reached this length is left alone. */
const NODE_LENGTH = 4096;

/** A reader this near the end, in pixels, is at the end. */
const NEARLY = 8;

export class Pane {
  readonly element: HTMLElement;
  readonly #text: HTMLElement;
  #node: Text | undefined;
  #unpainted = "";
  #replaces = false;
  #following = true;

  constructor(field: string, text: string) {
    this.#text = textElement(field);
    // What the reader scrolls to is known only from here: measuring while painting would miss a pane that was resized.
    this.#text.addEventListener("scroll", () => (this.#following = isAtEnd(this.#text)), { passive: true });
    this.element = element("div", "desiru-pane", element("div", "desiru-name", field), this.#text);
    this.element.dataset["field"] = field;
    this.#unpainted = text;
    this.paint(false);
  }

  /** Remember what to paint. */
  take({ text, replaces }: Growth): void {
    this.#replaces ||= replaces;
    this.#unpainted = replaces ? text : this.#unpainted + text;
  }

  paint(open: boolean): void {
    this.#mark(open);
    if (this.#replaces) this.#clear();
    if (!this.#unpainted) return;
    this.#append(this.#unpainted);
    this.#unpainted = "";
    if (this.#following) this.#text.scrollTop = this.#text.scrollHeight;
  }

  /** The open pane is the one with the caret. */
  #mark(open: boolean): void {
    if (open) this.element.dataset["open"] = "true";
    else delete this.element.dataset["open"];
  }

  #clear(): void {
    this.#text.replaceChildren();
    this.#node = undefined;
    this.#replaces = false;
  }

  #append(text: string): void {
    if (this.#node && this.#node.length < NODE_LENGTH) return this.#node.appendData(text);
    this.#node = document.createTextNode(text);
    this.#text.append(this.#node);
  }
}

function textElement(field: string): HTMLElement {
  const text = element("div", "desiru-text");
  text.tabIndex = 0; // a pane that scrolls must scroll from the keyboard
  text.dir = "auto";
  text.setAttribute("role", "region");
  text.setAttribute("aria-label", field);
  return text;
}

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight <= NEARLY;
}
