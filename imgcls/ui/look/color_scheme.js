/* Dialogs, popovers and menus are beside the app, not in it, and do not know its theme: light-dark() would give them
the colours of light mode. So the whole document takes the colour scheme of the app. */
const follow = (app) => {
  document.documentElement.style.colorScheme = getComputedStyle(app).colorScheme;
};
const started = new MutationObserver(() => {
  const app = document.querySelector(".stApp");
  if (!app) return;
  started.disconnect();
  follow(app);
  new MutationObserver(() => follow(app)).observe(app, { attributeFilter: ["class"] });
});
started.observe(document.documentElement, { childList: true, subtree: true });
