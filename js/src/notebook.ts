/** The notebook that a page edits, as JupyterLab and Notebook let a widget see it; other hosts have none of it. */
import type { Model } from "./types";

type Output = { data: Record<string, unknown>; toJSON(): object };
type Outputs = { length: number; get(at: number): Output; set(at: number, output: object): void; add(output: object): void };
type Signal<Change> = { connect(slot: (sender: unknown, change: Change) => void): unknown };
export type Cell = {
  id?: string;
  outputs?: Outputs;
  mimeType: string;
  sharedModel?: { source?: string };
  contentChanged?: Signal<void>;
  mimeTypeChanged?: Signal<unknown>;
};
type Cells = Iterable<Cell> & { changed?: Signal<{ newValues: Cell[] }> };
type Context = { isDisposed: boolean; model?: { cells?: Cells } };

const VIEW = "application/vnd.jupyter.widget-view+json";
const OUTPUT = ".jp-OutputArea-output";
const GIVEN_UP = "Error displaying widget: model not found";

/** Puts an output where the answer of a run belongs. */
export type Put = (output: object) => void;
/** The same; without an output, the one that stands there is rendered again. */
type Replace = (output?: object) => void;

/** The outputs of the notebook that are the view with this name: how to put others there. Undefined where there is no notebook. */
export function outputsOf(model: Model, id: string): Replace[] | undefined {
  const cells = cellsOf(model);
  if (!cells) return undefined;
  const found: Replace[] = [];
  for (const { outputs } of cells)
    for (let at = 0; at < (outputs?.length ?? 0); at += 1)
      if ((outputs!.get(at).data[VIEW] as { model_id?: string } | undefined)?.model_id === id)
        found.push((output = outputs!.get(at).toJSON()) => outputs!.set(at, output));
  return found;
}

/** Whether the page has given up looking for the model of some view. */
export function hasGivenUp(): boolean {
  return [...document.querySelectorAll(OUTPUT)].some(({ textContent }) => textContent === GIVEN_UP);
}

/** How to give a cell without outputs its first one. */
export function emptyCell(model: Model, id: string): Put[] {
  const found = [...(cellsOf(model) ?? [])].filter((cell) => cell.id === id && cell.outputs?.length === 0);
  return found.map(({ outputs }) => (output) => outputs!.add(output));
}

/** The cells of the notebook, if there is one. */
export function cellsOf(model: Model): Cells | undefined {
  const context = (model.widget_manager as { context?: Context } | undefined)?.context;
  return context?.isDisposed ? undefined : context?.model?.cells;
}
