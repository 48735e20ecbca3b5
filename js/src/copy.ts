/** Copying the model's words, as Markdown, and saying so. */
import type { Announcer } from "./announcer";
import { button, element, say } from "./dom";
import { visible } from "./markdown/policy";

/** How long a button says what it has done, in milliseconds. */
export const MOMENT_MS = 2000;

const REFUSED = "Copying is not allowed here";

export class CopyButton {
  readonly element: HTMLButtonElement;
  readonly #what: string;
  readonly #label: string;
  readonly #source: () => string;
  readonly #announcer: Announcer;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `what` names the thing for those who do not see where the button stands; `label` is for those who do. */
  constructor(what: string, label: string, source: () => string, announcer: Announcer) {
    this.#what = visible(what);
    this.#label = label;
    this.#source = source;
    this.#announcer = announcer;
    this.element = button("desiru-copy");
    this.element.addEventListener("click", () => void this.#copy());
    this.#show(label, `Copy ${this.#what}`);
  }

  async #copy(): Promise<void> {
    const done = await write(visible(this.#source()), this.element);
    const words = done ? `Copied ${this.#what}` : REFUSED;
    this.#show(done ? "Copied" : "Not allowed", words); // on a button that has its room in a narrow line
    this.#announcer.tell(words);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(words), MOMENT_MS);
  }

  #rest(words: string): void {
    this.#show(this.#label, `Copy ${this.#what}`);
    this.#announcer.forget(words);
  }

  #show(label: string, name: string): void {
    say(this.element, label);
    this.element.setAttribute("aria-label", name);
  }
}

/** Put `text` on the clipboard; `near` is an element of the view. Returns whether it is there. */
async function write(text: string, near: HTMLElement): Promise<boolean> {
  try {
    // Missing where the page came by plain http, and refused to a frame that was not given the right.
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeBySelection(text, near);
  }
}

/** The old way, which copies what is selected. */
function writeBySelection(text: string, near: HTMLElement): boolean {
  const box = element("textarea", "desiru-hidden");
  box.value = text;
  near.after(box);
  box.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    box.remove();
    near.focus({ preventScroll: true });
  }
}
