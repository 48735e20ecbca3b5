/** The text of each field, pieced together from deltas and whole texts. Knows neither the model nor the page. */
import type { Delta } from "./types";

/** What a pane has to do: show `text` after what it shows, or instead of it. */
export type Growth = { field: string; text: string; replaces: boolean };

export class Texts {
  readonly #texts = new Map<string, string>();

  /** The fields that have produced something, in order of arrival. */
  names(): string[] {
    return [...this.#texts.keys()];
  }

  get(field: string): string {
    return this.#texts.get(field) ?? "";
  }

  /** Take what is new in a delta; "gap" when something before it never arrived. */
  append([field, offset, text]: Delta): Growth | "gap" {
    const known = this.get(field);
    if (offset > known.length) return "gap";
    return this.#grow(field, known, text.slice(known.length - offset));
  }

  /** Take a whole text: as more of ours if it begins with ours, else in its place. */
  settle(field: string, whole: string): Growth {
    const known = this.get(field);
    if (whole.startsWith(known)) return this.#grow(field, known, whole.slice(known.length));
    this.#texts.set(field, whole);
    return { field, text: whole, replaces: true };
  }

  #grow(field: string, known: string, text: string): Growth {
    if (text) this.#texts.set(field, known + text);
    return { field, text, replaces: false };
  }
}
