/** A page of its own, without a kernel: each answer that stands in it as data becomes a view that can be replayed. */
import { element } from "../dom";
import { Hub } from "../hub";
import { View } from "../view";
import { type Answer, modelOf } from "./model";
import { Player } from "./player";

for (const data of document.querySelectorAll<HTMLScriptElement>("script.desiru-answer")) {
  const hub = new Hub(modelOf(JSON.parse(data.textContent!) as Answer));
  hub.start();
  hub.ask();
  const host = element("div", "desiru-host");
  new View(hub, host, (scrubber) => new Player(hub, scrubber).element);
  data.previousElementSibling!.replaceWith(host); // what is read where scripts are off
}
