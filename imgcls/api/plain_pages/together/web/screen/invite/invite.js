/** The page on which a class joins: how many have joined, counting. */

import { ask, repeat } from "../../asking.js";
import { listen } from "../keys.js";
import { translated } from "../../translated.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 2000;

async function refresh() {
  const { joined } = await ask("joined");
  find("toast").hidden = true;
  text(find("joined"), joined === 1 ? translated("1 joined") : translated("{count} joined", { count: joined }));
}

listen();
repeat(refresh, PAUSE, (error) => {
  text(find("toast").firstElementChild, error.message);
  find("toast").hidden = false;
});
