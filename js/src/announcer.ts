/** What a screen reader is told, politely: a region that nobody sees. */
import { element, say } from "./dom";

export class Announcer {
  readonly element = element("div", "desiru-hidden");

  constructor() {
    this.element.setAttribute("role", "status");
    this.element.setAttribute("aria-live", "polite");
  }

  tell(words: string): void {
    say(this.element, words);
  }

  /** Take `words` back, unless others stand there by now: the same words said once more are news again. */
  forget(words: string): void {
    if (this.element.textContent === words) this.element.textContent = "";
  }
}
