/** The page of one member on the projector: a frame that opens what they have open, each time that they move. */

import { ask, repeat } from "../asking.js";
import { translated } from "../translated.js";
import { listen } from "./keys.js";
import { text } from "imgcls/views.js";

const find = (id) => document.getElementById(id);
const PAUSE = 1500;
const APP = "../../";
const LAPTOP = 1280;

let shown = "";

function missing({ name, page }) {
  if (!name) return translated("Nobody is on stage. Choose a member on your Class page.");
  return page ? "" : translated("No page open at the moment.");
}

async function refresh() {
  const state = await ask("on_stage");
  find("toast").hidden = true;
  text(find("who"), state.name ? translated("On stage: {name}", state) : translated("On stage"));
  find("frame").hidden = !state.address;
  text(find("lesson"), state.lesson);
  text(find("reads"), state.reads);
  text(find("note"), state.note);
  text(find("empty"), state.address ? "" : missing(state));
  if (state.address === shown) return;
  shown = state.address;
  find("page").src = shown ? `${APP}${shown}&embed=true` : "about:blank";
}

/** At 1920 pixels 1.5 times as large: as on a screen of 1280 pixels. */
function enlarge() {
  find("frame").style.setProperty("--zoom", Math.max(innerWidth / LAPTOP, 1));
}

listen();
enlarge();
addEventListener("resize", enlarge);
repeat(refresh, PAUSE, (error) => {
  text(find("toast").firstElementChild, error.message);
  find("toast").hidden = false;
});
