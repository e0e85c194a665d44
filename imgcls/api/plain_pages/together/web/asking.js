/** Requests to this server, relative to the page: /room/CODE/… */

import { translated } from "./translated.js";

const CLOSED = 410; // the class is closed

/** The JSON answer; throws an Error with a message for the user, the `status` (0 without a connection), `isClosed`. */
export async function ask(path, { method = "GET", body } = {}) {
  const options = { method, credentials: "same-origin" };
  if (body) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw failed(translated("No connection to the server. Check the Wi-Fi."), 0);
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw failed(found.message ?? translated("The server answered {status}.", { status: answer.status }), answer.status);
  }
  return found;
}

function failed(message, status) {
  return Object.assign(new Error(message), { status, isClosed: status === CLOSED });
}

/* Everybody is back within ten seconds after the server was away; one that refuses gets more rest. */
const MOST_AWAY = 4_000;
const MOST_REFUSED = 20_000;

/** Calls `work` again and again, `pause` ms after it has ended; longer after an error, and never again once it is over. */
export async function repeat(work, pause, onError) {
  let wait = pause;
  for (;;) {
    try {
      await work();
      wait = pause;
    } catch (error) {
      onError(error);
      if ([403, 404, CLOSED].includes(error.status)) return;
      wait = Math.min(wait * 2, Math.max(pause, error.status ? MOST_REFUSED : MOST_AWAY));
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.9 + 0.2 * Math.random())));
  }
}
