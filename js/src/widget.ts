/** The two hooks of an anywidget front end (https://anywidget.dev/en/afm/). */
import type { Initialize, Render } from "@anywidget/types";
import { dress } from "./dress";
import { Hub } from "./hub";
import { plainPrompts } from "./prompts";
import type { Model, Traits } from "./types";
import { Upkeep } from "./upkeep";
import { View } from "./view";

type Widget = { initialize: Initialize<Traits>; render: Render<Traits> };

/**
 * A host calls this once per model and gives the two hooks each a wrapper of its own around that model, so the hub
 * they share cannot be found by model: it lives in this closure.
 */
export default function widget(): Widget {
  let hub: Hub | undefined;
  let upkeep: Upkeep | undefined;
  const hubOf = (model: Model): Hub => (hub ??= new Hub(model));
  const upkeepOf = (model: Model): Upkeep => (upkeep ??= new Upkeep(model, hubOf(model)));
  return {
    initialize({ model }) {
      plainPrompts(model);
      if (model.get("code")) return; // the model that has the script has no run
      const stops = [hubOf(model).start(), upkeepOf(model).start()];
      return () => {
        for (const stop of stops) stop();
      };
    },
    render({ model, el }) {
      dress(el);
      const view = new View(hubOf(model), el);
      const leave = upkeepOf(model).view(el);
      return () => {
        leave();
        view.remove();
      };
    },
  };
}
