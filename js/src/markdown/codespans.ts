/** Code spans: runs of backticks, and what stands between two of one length. */
import { span, type Atom } from "./tokens";

const RUNS = /`+/g;

/** The runs of backticks in a text. */
export class Ticks {
  readonly #text: string;
  /** The last place of each length; without it, every opening run would look for its end through the whole text. */
  #last: Map<number, number> | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  at(position: number): string {
    return this.#from(position)![0];
  }

  /** The place of the next run of that length. */
  closing(length: number, position: number): number | undefined {
    this.#last ??= new Map([...this.#text.matchAll(RUNS)].map(({ 0: run, index }) => [run.length, index]));
    if ((this.#last.get(length) ?? -1) < position) return undefined;
    let run = this.#from(position);
    while (run && run[0].length !== length) run = RUNS.exec(this.#text);
    return run?.index;
  }

  #from(position: number): RegExpExecArray | null {
    RUNS.lastIndex = position;
    return RUNS.exec(this.#text);
  }
}

/** One space on either side is there to keep backticks apart, and is no code. */
export function codeOf(source: string): Atom {
  const code = source.replace(/\n/g, " ");
  const isPadded = code.startsWith(" ") && code.endsWith(" ") && /[^ ]/.test(code);
  const said = isPadded ? code.slice(1, -1) : code;
  return { type: "atom", pieces: [span("code", said)], said };
}
