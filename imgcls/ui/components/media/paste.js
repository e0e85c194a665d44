/** Takes an image from the clipboard: pasted anywhere on the page with the keyboard, or with the button. */

const LONGEST = 1600; // pixels: larger images are shrunk before they are sent
const LARGEST = 8e6; // characters of a PNG; a larger one is sent as JPEG
const pastes = new WeakMap();

export default function ({ parentElement, setStateValue }) {
  let paste = pastes.get(parentElement);
  if (!paste) {
    paste = createPaste(parentElement);
    pastes.set(parentElement, paste);
  }
  paste.send = (message) => setStateValue("pasted", message);
  return () => {
    document.removeEventListener("paste", paste.listener);
    pastes.delete(parentElement);
  };
}

function createPaste(root) {
  const button = root.querySelector("button");
  const status = root.querySelector("p");
  const paste = { send: () => {} };

  async function take(blob) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(blob);
    } catch {
      status.textContent = "The pasted data is not an image that this browser can read.";
      return;
    }
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    let data = canvas.toDataURL("image/png");
    if (data.length > LARGEST) data = canvas.toDataURL("image/jpeg", 0.92);
    status.textContent = "";
    paste.send({ number: Date.now() % 1e12, data });
  }

  paste.listener = (event) => {
    const items = [...(event.clipboardData?.items || [])];
    const found = items.find((item) => item.type.startsWith("image/"));
    if (!found) return;
    event.preventDefault();
    take(found.getAsFile());
  };
  document.addEventListener("paste", paste.listener);

  button.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const kind = item.types.find((type) => type.startsWith("image/"));
        if (kind) {
          await take(await item.getType(kind));
          return;
        }
      }
      status.textContent = "The clipboard does not contain an image. Copy one, then press the button again.";
    } catch {
      status.textContent = "Your browser blocks reading the clipboard from a button. Press Ctrl+V (or ⌘V) instead.";
    }
  };
  return paste;
}
