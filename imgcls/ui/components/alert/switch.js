// Notifications in this browser, on or off. Turned on, it asks for the permission, which takes a click on the page.

const NAME = "Show notifications in this browser while a page of the app is open";
const BLOCKED =
  "This browser blocks notifications: allow them in the site's settings. They need https:// or localhost.";

const permission = () => globalThis.Notification?.permission ?? "denied";

export default function ({ parentElement, data, setTriggerValue }) {
  const button = parentElement.querySelector(".alert-switch");
  const isOn = () => data.isOn && permission() === "granted";
  const paint = () => {
    button.setAttribute("aria-checked", String(isOn()));
    button.disabled = permission() === "denied";
    button.textContent = button.disabled ? BLOCKED : NAME;
  };
  paint();
  button.onclick = async () => {
    if (isOn()) {
      setTriggerValue("wanted", "off");
      return;
    }
    if ((await Notification.requestPermission()) === "granted") setTriggerValue("wanted", "on");
    paint();
  };
}
