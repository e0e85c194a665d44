/* The page of a run belongs to Runs, although its address is that of Train: the navigation bar marks Runs there. Streamlit
knows pages by their path alone. What was changed is noted in the links, and taken back on other pages. */
const LINKS = "[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]";

const set = (link, isCurrent, moved) => {
  if (isCurrent !== link.hasAttribute("aria-current")) {
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (moved && link.dataset.moved !== moved) link.dataset.moved = moved;
  else if (!moved && link.dataset.moved) delete link.dataset.moved;
};

const mark = () => {
  const { pathname, search } = location;
  const isRun = pathname.endsWith("/train") && new URLSearchParams(search).has("run");
  for (const link of document.querySelectorAll(LINKS)) {
    const path = new URL(link.href).pathname;
    const isTrain = path.endsWith("/train");
    if (!(isTrain || path.endsWith("/runs"))) continue;
    if (isRun) set(link, !isTrain, isTrain ? "away" : "here");
    else if (link.dataset.moved) set(link, path === pathname, "");
  }
};

new MutationObserver(mark).observe(document.documentElement, {
  subtree: true,
  childList: true,
  attributeFilter: ["aria-current"],
});
