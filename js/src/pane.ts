/** One output field: its name, its text, which mostly grows at its end, and a button that copies it. */
import type { Announcer } from "./announcer";
import { type Body, ProseBody, ValueBody } from "./body";
import { CopyButton } from "./copy";
import { element } from "./dom";
import { Fold, isThought } from "./fold";
import { visible } from "./markdown/policy";
import { Past } from "./past";
import type { Growth } from "./texts";
import type { Field, State } from "./types";

/** A reader this near the end, in pixels, is at the end. */
const NEARLY = 8;

/** What a pane needs of its view. */
export interface PaneHost {
  readonly announcer: Announcer;
  /** Whether there is an end to follow; an answer that is whole is read from its beginning. */
  readonly live: boolean;
  /** The text of a field so far. */
  text(field: string): string;
  /** A block of a pane will not change any more. */
  frozen(block: HTMLElement): void;
  /** The reader has folded or unfolded a pane. */
  folded(): void;
}

export class Pane {
  readonly element: HTMLElement;
  readonly #text: HTMLElement;
  readonly #body: Body;
  readonly #fold: Fold | undefined;
  readonly #pastOf: () => Past;
  #past: Past | undefined;
  #refold: (() => void) | undefined;
  #following: boolean;

  constructor({ name, type }: Field, host: PaneHost) {
    const source = () => host.text(name);
    this.#following = host.live;
    this.#text = textElement(name, type);
    this.#body = bodyOf(type, this.#text, source, host);
    this.#pastOf = () =>
      new Past(this.#text, source, (beginning) => {
        const element = textElement(name, type);
        return { element, body: bodyOf(type, element, beginning, host) };
      });
    this.element = element("div", "desiru-pane");
    this.element.dataset["field"] = name;
    this.#fold = isThought(name) ? new Fold(this.element, this.#text, source, () => host.folded()) : undefined;
    const label = element("span", "desiru-name", name);
    label.title = label.textContent!; // a long name is cut off
    const head = this.#fold?.head ?? element("div", "desiru-head", label);
    const copy = new CopyButton(name, "Copy", source, host.announcer);
    this.element.append(head, this.#text, copy.element);
    // What the reader scrolls to is known only from here: measuring while painting would miss a pane that was resized.
    this.#text.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  /** Remember what to paint. */
  take(growth: Growth): void {
    this.#body.take(growth);
  }

  /** Paint a piece at least, and more until `deadline`; returns whether something is left. */
  paint(open: boolean, state: State, deadline: number): boolean {
    this.#mark(open);
    return this.#body.show(state, deadline);
  }

  /** Show only the first `length` characters, or all again; returns whether something is left to do. */
  goBack(length: number | undefined, deadline: number): boolean {
    if (length === undefined) {
      this.#past?.end();
      this.#refold?.();
      this.#past = this.#refold = undefined;
      return false;
    }
    this.#refold ??= this.#fold?.open();
    this.#past ??= this.#pastOf();
    return this.#past.show(length, deadline);
  }

  /** Scroll to the end if the reader was there. Measures, so it comes when everything is painted. */
  follow(): void {
    if (this.#past) this.#past.follow();
    else if (this.#following) this.#text.scrollTop = this.#text.scrollHeight;
  }

  /** Fold the pane, if it is one of thoughts and the reader has left it alone. */
  fold(): void {
    if (!this.#fold?.close()) return;
    this.#following = false; // whoever unfolds it reads it from the beginning
    this.#text.scrollTop = 0;
  }

  /** The open pane is the one with the caret. */
  #mark(open: boolean): void {
    if (open) this.element.dataset["open"] = "true";
    else delete this.element.dataset["open"];
  }

  #scrolled(): void {
    if (this.#text.hidden) return;
    this.#following = isAtEnd(this.#text);
    if (!this.#following) this.#fold?.touch();
  }
}

/** A field that nobody foresaw, such as the model's thinking, is words. */
function bodyOf(type: string, root: HTMLElement, source: () => string, host: PaneHost): Body {
  return type === "str" ? new ProseBody(root, source, (block) => host.frozen(block)) : new ValueBody(root, source, type);
}

function textElement(field: string, type: string): HTMLElement {
  const text = element("div", `desiru-text${type === "str" ? " desiru-prose" : ""}`);
  text.tabIndex = 0; // a pane that scrolls must scroll from the keyboard
  text.setAttribute("role", "group");
  text.setAttribute("aria-label", visible(field));
  return text;
}

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight <= NEARLY;
}
