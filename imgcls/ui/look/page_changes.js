/* Another page opens at its top: Streamlit keeps how far the one before was scrolled. So do another lesson and another
run on Train, which are pages of their own. Not on Back, which does not push an address: there the visitor is where they
were. What scrolls to something on purpose (the component `reveal`) does so later.

The link of the page that is open leads to its start: Streamlit would keep the lesson or the run of the address. */
const OWN_PAGES = ["lesson", "run"];
const WITH_OWN_PAGES = /\/(lessons|train)$/;

const shown = () => {
  const { pathname, search } = location;
  const found = WITH_OWN_PAGES.test(pathname) ? OWN_PAGES.map((name) => new URLSearchParams(search).get(name)) : [];
  return JSON.stringify([pathname, ...found]);
};

const push = history.pushState;
history.pushState = (...entry) => {
  const before = shown();
  push.apply(history, entry);
  if (shown() !== before) document.querySelector(".stMain")?.scrollTo({ top: 0, behavior: "instant" });
};

addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]");
    const isPlain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || new URL(link.href).pathname !== location.pathname) return;
    const start = new URL(location);
    for (const name of OWN_PAGES) start.searchParams.delete(name);
    if (!WITH_OWN_PAGES.test(location.pathname) || start.href === location.href) return;
    event.preventDefault();
    event.stopPropagation();
    history.pushState({}, "", start);
    dispatchEvent(new PopStateEvent("popstate"));
  },
  true,
);
