/** All that a live view is sent of its script: where to find the rest, which the kernel sends to a page once, for all of them. */
import type { AnyModel, Initialize, Render } from "@anywidget/types";

type Widget = { initialize: Initialize; render: Render };
type Factory = () => Widget;
type Manager = AnyModel["widget_manager"];

/** By the name of the model that has the script; one per page, however many views load this module. */
const KEY = Symbol.for("desiru_notebook.scripts");
type Page = { [KEY]?: Map<string, Promise<Factory>> };

const REFERENCE = "IPY_MODEL_";

/** A page that is reloaded finds a kernel's models in any order, so the script's may be missing for a moment. */
const PAUSE_MS = 50;
const MOST_PAUSES = 100;

export default function loader(): Widget {
  let widget: Widget;
  return {
    async initialize(props) {
      const factory = await scriptOf(props.model);
      widget = factory();
      return widget.initialize(props);
    },
    render: (props) => widget.render(props),
  };
}

function scriptOf(model: AnyModel): Promise<Factory> {
  const scripts = ((globalThis as Page)[KEY] ??= new Map());
  const name: string = model.get("script").slice(REFERENCE.length);
  const script = scripts.get(name) ?? load(model.widget_manager, name);
  scripts.set(name, script);
  script.catch(() => scripts.delete(name)); // so that the next view tries again
  return script;
}

async function load(manager: Manager, name: string): Promise<Factory> {
  const code: string = (await find(manager, name)).get("code");
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const { default: factory } = await import(url);
  URL.revokeObjectURL(url);
  return factory;
}

async function find(manager: Manager, name: string): Promise<AnyModel> {
  for (let pauses = 0; ; pauses += 1) {
    try {
      return await manager.get_model(name);
    } catch (error) {
      if (pauses === MOST_PAUSES) throw error;
      await new Promise((over) => setTimeout(over, PAUSE_MS));
    }
  }
}
