/* The menu of a phone covers the page. It closes when a page was chosen, and by a tap beside it, which does nothing else:
Streamlit leaves it open over the new page, and a tap that closes it would also press what is below. */
const MENU = "[data-testid=stSidebar]";
const PHONE = matchMedia("(max-width: 768px)");
let closes = false; // the touch that has begun is the one that closes the menu

const openMenu = () => PHONE.matches && document.querySelector(`${MENU}[data-collapsed=false]`);
const close = () => openMenu()?.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();

addEventListener(
  "pointerdown",
  (event) => {
    const menu = openMenu();
    closes = Boolean(menu) && !event.target.closest?.(`${MENU}, [data-testid=stHeader]`);
  },
  true,
);

addEventListener(
  "click",
  (event) => {
    if (closes) {
      closes = false;
      event.preventDefault();
      event.stopPropagation();
      close(); // unless Streamlit has done so already
    } else if (event.target.closest?.("[data-testid=stSidebarNavLink]")) {
      setTimeout(close); // after Streamlit has followed the link
    }
  },
  true,
);

/* Streamlit remembers an open menu, and would open the next visit with it. */
addEventListener("pagehide", () => {
  for (const name of Object.keys(localStorage)) {
    if (PHONE.matches && name.startsWith("stSidebarCollapsed")) localStorage.setItem(name, "true");
  }
});
