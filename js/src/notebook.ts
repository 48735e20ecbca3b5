/** The notebook that a page edits, as JupyterLab and Notebook let a widget see it; other hosts have none of it. */
import type { Model } from "./types";

type Output = { data: Record<string, unknown> };
type Outputs = { length: number; get(at: number): Output; set(at: number, output: object): void };
type Cells = Iterable<{ outputs?: Outputs }>;
type Context = { isDisposed: boolean; model?: { cells?: Cells } };

const VIEW = "application/vnd.jupyter.widget-view+json";

/** The outputs of the notebook that are the view with this name, each as a function that puts another one there. */
export function outputsOf(model: Model, id: string): ((data: object, metadata: object) => void)[] | undefined {
  const context = (model.widget_manager as { context?: Context } | undefined)?.context;
  if (!context || context.isDisposed || !context.model?.cells) return undefined;
  const found = [];
  for (const { outputs } of context.model.cells)
    for (let at = 0; at < (outputs?.length ?? 0); at += 1)
      if ((outputs!.get(at).data[VIEW] as { model_id?: string } | undefined)?.model_id === id)
        found.push((data: object, metadata: object) => outputs!.set(at, { output_type: "display_data", data, metadata }));
  return found;
}
