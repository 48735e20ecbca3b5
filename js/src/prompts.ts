/** Cells that ask a model hold a prompt, which the editors of JupyterLab and Notebook would colour as Python ("Why is the sky"). */
import { cellsOf, type Cell } from "./notebook";
import type { Model } from "./types";

/** Comments and other magics may stand above. */
const PROMPT = /^(?:\s*(?:#|%%).*\n)*\s*%%desiru\b/;
const PLAIN = "text/plain";

const known = new WeakSet<object>();

/** Let the notebook's editors show prompts as plain text, from now on. */
export function plainPrompts(model: Model): void {
  const cells = cellsOf(model);
  if (!cells?.changed || known.has(cells)) return;
  known.add(cells);
  for (const cell of cells) watch(cell);
  cells.changed.connect((_, { newValues }) => newValues.forEach(watch));
}

function watch(cell: Cell): void {
  let language = cell.mimeType;
  const look = (): void => {
    if (cell.mimeType !== PLAIN) language = cell.mimeType;
    const wanted = PROMPT.test(cell.sharedModel?.source ?? "") ? PLAIN : language;
    if (cell.mimeType !== wanted) cell.mimeType = wanted;
  };
  look();
  cell.contentChanged?.connect(look);
  cell.mimeTypeChanged?.connect(look); // the kernel has said its language, once more
}
