/** The line under the panes: state, figures, model and the Cancel button. */
import { element, say } from "./dom";
import type { Hub } from "./hub";
import { figures } from "./status";

export class StatusLine {
  readonly element: HTMLElement;
  readonly #state = element("span", "desiru-state");
  readonly #figures = element("span", "desiru-figures");
  readonly #model = element("span", "desiru-model");
  readonly #button = element("button", "desiru-cancel", "Cancel");

  constructor(cancel: () => void) {
    this.#button.type = "button";
    this.#button.addEventListener("click", cancel);
    this.element = element("div", "desiru-status", this.#state, this.#figures, this.#model, this.#button);
  }

  draw(hub: Hub): void {
    say(this.#state, hub.state);
    say(this.#model, hub.model.get("model_name"));
    this.#drawButton(hub);
    this.drawFigures(hub);
  }

  /** A phrase of its own each, so that a narrow line breaks between two of them. */
  drawFigures(hub: Hub): void {
    const phrases = figures(hub.state, hub.stats).map((phrase) => element("span", "desiru-figure", phrase));
    this.#figures.replaceChildren(...phrases.flatMap((phrase, index) => (index ? [" · ", phrase] : [phrase])));
  }

  #drawButton({ live, cancelling }: Hub): void {
    // A button that is disabled or hidden drops the focus, and the next key would be Jupyter's.
    if ((cancelling || !live) && this.#button.matches(":focus")) this.#keepFocus();
    this.#button.disabled = cancelling;
    this.#button.hidden = !live;
    say(this.#button, cancelling ? "Cancelling…" : "Cancel");
  }

  #keepFocus(): void {
    this.element.closest<HTMLElement>(".desiru")?.focus({ preventScroll: true });
  }
}
