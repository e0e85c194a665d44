/* Streamlit changes to another page in two steps: it gives the present page the URL parameters of the next one, and then
changes the path. Back would lead to that address in between, on which the page has forgotten its own parameters: its
search, its columns. So the second step replaces the first. A click or key in between means that they are two steps. */
let between = null;
const push = history.pushState;
history.pushState = function pushed(state, title, url) {
  const next = new URL(url ?? location.href, location.href);
  const isStep = next.pathname === location.pathname;
  if (!isStep && between === location.href && next.search === location.search) {
    between = null;
    this.replaceState(state, title, url);
    return;
  }
  push.call(this, state, title, url);
  between = isStep ? location.href : null;
};
for (const kind of ["pointerdown", "keydown", "popstate"]) {
  addEventListener(
    kind,
    () => {
      between = null;
    },
    { capture: true },
  );
}
