// Asks the browser for permission to show notifications, which it grants only after a click on the page.

const WORDS = {
  granted: "This browser may show notifications",
  denied: "This browser blocks notifications: allow them in the site's settings",
  default: "Allow notifications in this browser",
};

export default function ({ parentElement }) {
  const button = parentElement.querySelector(".alert-permit");
  const label = () => {
    const state = globalThis.Notification?.permission ?? "denied";
    button.textContent = WORDS[state];
    button.disabled = state !== "default";
  };
  label();
  button.onclick = () => Notification.requestPermission().then(label);
}
