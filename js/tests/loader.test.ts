import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import loader from "../src/loader";

const CODE = `
  globalThis.made = (globalThis.made ?? 0) + 1;
  export default () => ({
    initialize: ({ model }) => model.said.push("initialize"),
    render: ({ model }) => model.said.push("render"),
  });`;

/** A page's model of a view, and the manager in which it finds that of its script. */
function view(get_model: (name: string) => Promise<unknown>) {
  return { get: () => "IPY_MODEL_script", widget_manager: { get_model }, said: [] as string[] };
}

const found = () => Promise.resolve({ get: () => CODE });

async function show(model: ReturnType<typeof view>): Promise<string[]> {
  const widget = await loader();
  await widget.initialize({ model } as never);
  await widget.render({ model } as never);
  return model.said;
}

beforeEach(() => {
  delete (globalThis as Record<PropertyKey, unknown>)[Symbol.for("desiru_notebook.scripts")];
  delete (globalThis as Record<string, unknown>)["made"];
  // Node loads no blob: the same text as another kind of address.
  mock.method(URL, "createObjectURL", () => `data:text/javascript,${encodeURIComponent(CODE)}//${Math.random()}`);
  mock.method(URL, "revokeObjectURL", () => undefined);
});

test("the script's hooks are the view's own", async () => {
  assert.deepEqual(await show(view(found)), ["initialize", "render"]);
});

test("a page loads the script once for all its views", async () => {
  const get_model = mock.fn(found);
  await Promise.all([show(view(get_model)), show(view(get_model)), show(view(get_model))]);
  await show(view(get_model));
  assert.equal(get_model.mock.callCount(), 1);
  assert.equal((globalThis as Record<string, unknown>)["made"], 1);
});

test("a script's model that comes later than the view is waited for", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let there = false;
  const shown = show(view(() => (there ? found() : Promise.reject(new Error("no such model")))));
  await new Promise(setImmediate);
  there = true;
  context.mock.timers.tick(50);
  assert.deepEqual(await shown, ["initialize", "render"]);
});

test("a script that never comes is the host's to report, and the next view asks again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const failed = assert.rejects(show(view(() => Promise.reject(new Error("no such model")))), /no such model/);
  for (let pause = 0; pause <= 100; pause += 1) {
    await new Promise(setImmediate);
    context.mock.timers.tick(50);
  }
  await failed;
  context.mock.timers.reset();
  assert.deepEqual(await show(view(found)), ["initialize", "render"]);
});
