// Tells of events once per browser: several tabs, and each rerun of a page, get the same ones.

const KEY = "imgcls-alerts-told";
const MOST_KEYS = 100;

const told = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
};

const remember = (keys) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(keys.slice(-MOST_KEYS)));
  } catch {
    // private mode: the same event may be announced again
  }
};

const beep = () => {
  const audio = new AudioContext();
  const gain = audio.createGain();
  gain.connect(audio.destination);
  gain.gain.setValueAtTime(0.15, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
  const tone = audio.createOscillator();
  tone.frequency.value = 660;
  tone.connect(gain);
  tone.start();
  tone.stop(audio.currentTime + 0.6);
  tone.onended = () => audio.close();
};

export default function ({ data }) {
  const known = told();
  const fresh = data.events.filter((event) => !known.includes(event.key));
  if (!fresh.length) return;
  remember([...known, ...fresh.map((event) => event.key)]);
  if (data.sound) beep();
  if (!data.browser || globalThis.Notification?.permission !== "granted") return;
  for (const event of fresh) {
    const shown = new Notification(event.title, { body: event.text, tag: event.key });
    shown.onclick = () => {
      window.focus();
      if (event.link.startsWith("/")) location.assign(event.link);
    };
  }
}
