/** The line under the panes: state, figures, model and pace, and the button that ends the run or copies what came of it. */
import type { CopyButton } from "./copy";
import { button, element, say } from "./dom";
import type { Hub } from "./hub";
import { Sparkline } from "./sparkline";
import { figures, stateWords } from "./status";

export class StatusLine {
  readonly element: HTMLElement;
  readonly #state = element("span", "desiru-state");
  readonly #figures = element("span", "desiru-figures");
  readonly #model = element("span", "desiru-model");
  readonly #sparkline = new Sparkline();
  readonly #copy: HTMLButtonElement;
  readonly #cancel = button("desiru-cancel", "Cancel");

  constructor(copyAll: CopyButton, cancel: () => void) {
    this.#copy = copyAll.element;
    this.#cancel.addEventListener("click", cancel);
    const facts = element("div", "desiru-facts", this.#state, this.#figures, this.#model, this.#sparkline.element);
    this.element = element("div", "desiru-status", facts, element("div", "desiru-actions", this.#copy, this.#cancel));
  }

  draw(hub: Hub): void {
    say(this.#state, stateWords(hub.state, hub.stats));
    say(this.#model, hub.model.get("model_name"));
    this.#model.title = hub.model.get("model_name"); // a long name is cut off
    this.#drawButtons(hub);
    this.drawFigures(hub);
  }

  /** A phrase of its own each, so that a narrow line breaks between two of them. */
  drawFigures(hub: Hub): void {
    const [first, ...others] = figures(hub.state, hub.stats);
    const phrases = first === undefined ? [] : [element("span", "desiru-figure", first)];
    for (const phrase of others) phrases.push(element("span", "desiru-figure", element("span", "desiru-dot", " · "), phrase));
    this.#figures.replaceChildren(...phrases);
    this.#sparkline.draw(hub.stats.streamed ? hub.pace : []);
  }

  #drawButtons({ live, cancelling }: Hub): void {
    // A button that is disabled or hidden drops the focus, and the next key would be Jupyter's.
    if ((cancelling || !live) && this.#cancel.matches(":focus")) this.#keepFocus();
    this.#cancel.disabled = cancelling;
    this.#cancel.hidden = !live;
    this.#copy.hidden = live;
    say(this.#cancel, cancelling ? "Cancelling…" : "Cancel");
  }

  #keepFocus(): void {
    this.element.closest<HTMLElement>(".desiru")?.focus({ preventScroll: true });
  }
}
