/** What travels between the kernel and the page: the traits of the model and the messages beside them. */
import type { AnyModel } from "@anywidget/types";

export type State = "pending" | "streaming" | "done" | "cancelled" | "failed";

/** An output field of the signature. */
export type Field = { name: string; type: string };

/** Seconds, or null where there is nothing to measure yet. */
export type Stats = {
  duration: number | null;
  ttft: number | null;
  tokens: number;
  tokens_per_second: number | null;
  /** False for an answer that came, or will come, in one piece. */
  streamed: boolean;
  /** Requests made, the first one included. */
  attempts: number;
  /** False for an answer that was cut short, once that is known. */
  complete?: boolean;
};

export type Traits = {
  /** The script itself, in the one model that has it and no run. */
  code?: string;
  fields: Field[];
  model_name: string;
  state: State;
  /** Whole texts: those known when the view opened, and at the end of the run the final ones. */
  texts: Record<string, string>;
  stats: Stats;
  error: string;
  /** About the waiting: the kernel takes it away with the first word. */
  notice: string;
  /** About the answer: they stay. */
  notices: string[];
  /** Whether the cell that shows the view is still going on. */
  in_cell: boolean;
  /** The key of the answer, once a saved view of it was made. */
  answer: string;
  /** Which one it is of the runs that one place shows. */
  number: number;
  /** How many more runs of its cell are going on, if they can be cancelled here. */
  others: number;
  /** Whether the kernel knows of no output any more that shows the view. */
  cleared: boolean;
  /** The view's own name in a notebook. */
  view_id: string;
  /** The line in which the file keeps the figures, if it does. */
  figures: string;
  /** The cell that shows the view, as its notebook names it. */
  cell_id: string;
  /** Those that the kernel has added to each view. */
  _dom_classes?: string[];
};

/** `offset` counts UTF-16 code units, as a JavaScript string does. */
export type Delta = [field: string, offset: number, text: string];

export type FromKernel =
  | { type: "delta"; deltas: Delta[]; stats?: Stats }
  | { type: "snapshot"; texts: Record<string, string>; state: State; stats?: Stats; notices?: string[] }
  | { type: "ack" }
  /** The length of each field at each time, in seconds and UTF-16 code units. */
  | { type: "timeline"; times: number[]; lengths: Record<string, number[]> }
  /** What a saved file keeps of the run. */
  | { type: "kept"; data: object; metadata: object };

export type ToKernel =
  | { type: "cancel" | "cancel_all" | "sync" | "timeline" | "keep" | "unseen" }
  /** Whether the page has no output for the answer. */
  | { type: "ended"; missed: boolean };

export type Model = AnyModel<Traits>;

export function isFinal(state: State): boolean {
  return state === "done" || state === "cancelled" || state === "failed";
}
