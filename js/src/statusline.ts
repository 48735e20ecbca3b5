/** The line under the panes: state, figures, model and pace, and the button that ends the run or copies what came of it. */
import type { CopyButton } from "./copy";
import { button, element, say } from "./dom";
import type { Hub } from "./hub";
import { Scrubber } from "./scrubber";
import { Sparkline } from "./sparkline";
import { figures, stateWords } from "./status";

export type Control = (scrubber: Scrubber) => HTMLElement;

export class StatusLine {
  readonly element: HTMLElement;
  readonly #state = element("span", "desiru-state");
  readonly #figures = element("span", "desiru-figures");
  readonly #model = element("span", "desiru-model");
  readonly #sparkline = new Sparkline();
  readonly scrubber: Scrubber;
  readonly #copy: HTMLButtonElement;
  readonly #cancel = button("desiru-cancel", "Cancel");
  readonly #cancelAll = button("desiru-cancel-all", "Cancel all");

  constructor(copyAll: CopyButton, hub: Hub, moved: () => void, control?: Control) {
    this.scrubber = new Scrubber(moved);
    this.#copy = copyAll.element;
    this.#cancel.addEventListener("click", () => hub.cancel());
    this.#cancelAll.addEventListener("click", () => hub.cancelAll());
    const pace = element("span", "desiru-pace", this.#sparkline.element, this.scrubber.element);
    const facts = element("div", "desiru-facts", this.#state, this.#figures, this.#model, pace);
    const actions = element("div", "desiru-actions", this.#copy, this.#cancel);
    const more = control ? [control(this.scrubber)] : [];
    this.element = element("div", "desiru-status", facts, this.#cancelAll, ...more, actions);
  }

  draw(hub: Hub): void {
    say(this.#state, stateWords(hub.state, hub.stats));
    say(this.#model, hub.model.get("model_name"));
    this.#model.title = this.#model.textContent!; // a long name is cut off
    this.#drawButtons(hub);
    this.drawFigures(hub);
  }

  /** A phrase of its own each, so that a narrow line breaks between two of them. */
  drawFigures(hub: Hub): void {
    const [first, ...others] = this.#phrases(hub);
    const phrases = first === undefined ? [] : [element("span", "desiru-figure", first)];
    for (const phrase of others) phrases.push(element("span", "desiru-figure", element("span", "desiru-dot", " · "), phrase));
    this.#figures.replaceChildren(...phrases);
    this.#sparkline.draw(hub.stats.streamed ? hub.pace : []);
  }

  /** What there is to say of the whole run, or of the moment to which the reader has gone back. */
  #phrases({ state, stats, timeline, model, loading }: Hub): string[] {
    const duration = stats.duration ?? 0;
    const words = this.scrubber.say(duration, timeline !== undefined || !this.scrubber.time(1));
    const whole = model.get("number") > 1 ? [`run ${model.get("number")}`] : [];
    return this.scrubber.time(duration) === undefined ? [...whole, ...figures(state, stats, loading)] : [words];
  }

  #drawButtons({ live, cancelling, remembers, model }: Hub): void {
    // What is disabled or hidden drops the focus, and the next key would be Jupyter's.
    if ((cancelling || !live) && this.#cancel.matches(":focus")) this.#keepFocus();
    if (!remembers && this.scrubber.element.matches(":focus")) this.#keepFocus();
    this.scrubber.element.hidden = !remembers;
    this.#cancel.disabled = cancelling;
    this.#cancel.hidden = !live;
    this.#copy.hidden = live;
    this.#cancelAll.hidden = !live || !model.get("others");
    say(this.#cancel, cancelling ? "Cancelling…" : "Cancel");
  }

  #keepFocus(): void {
    this.element.closest<HTMLElement>(".desiru")?.focus({ preventScroll: true });
  }
}
