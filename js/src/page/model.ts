/** The model of an answer that stands in the page: it knows all that a kernel would tell, and never changes. */
import type { FromKernel, Model, ToKernel, Traits } from "../types";

type Timeline = FromKernel & { type: "timeline" };

export type Answer = Pick<Traits, "fields" | "model_name" | "state" | "texts" | "stats" | "error" | "notices"> & {
  timeline: Timeline;
};

type Handler = (message: FromKernel) => void;

/** What the live view asks of a model beside the answer. */
const REST = { notice: "", in_cell: false, answer: "", view_id: "", number: 1, others: 0, figures: "", cell_id: "", cleared: false };

export function modelOf({ timeline, ...traits }: Answer): Model {
  const known: Traits = { ...REST, ...traits };
  const listeners = new Set<Handler>();
  return {
    get: (name: keyof Traits) => known[name],
    set: () => undefined,
    save_changes: () => undefined,
    on: (event: string, listener: Handler) => void (event === "msg:custom" && listeners.add(listener)),
    off: (_: string, listener: Handler) => void listeners.delete(listener),
    send: ({ type }: ToKernel) => {
      if (type === "timeline") for (const listener of listeners) listener(timeline);
    },
  } as unknown as Model;
}
