/* Takes a picture from the clipboard: pasted anywhere on the page with the keyboard, or by the button. */

const LONGEST = 1600;      // pixels: larger ones are made smaller before they are sent
const LARGEST = 8e6;       // characters of a PNG; above it a JPEG is sent
const pastes = new WeakMap();

export default function ({ parentElement, setStateValue }) {
  let paste = pastes.get(parentElement);
  if (!paste) {
    paste = made(parentElement);
    pastes.set(parentElement, paste);
  }
  paste.send = message => setStateValue('pasted', message);
  return () => {
    document.removeEventListener('paste', paste.listener);
    pastes.delete(parentElement);
  };
}

function made(root) {
  const button = root.querySelector('button'), told = root.querySelector('p');
  const paste = { send: () => {} };

  async function take(blob) {
    let bitmap;
    try {
      bitmap = await createImageBitmap(blob);
    } catch (error) {
      told.textContent = 'What was pasted is no picture that this browser can read.';
      return;
    }
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    let data = canvas.toDataURL('image/png');
    if (data.length > LARGEST) data = canvas.toDataURL('image/jpeg', 0.92);
    told.textContent = '';
    paste.send({ number: Date.now() % 1e12, data });
  }

  paste.listener = event => {
    const items = [...((event.clipboardData && event.clipboardData.items) || [])];
    const found = items.find(item => item.type.startsWith('image/'));
    if (!found) return;
    event.preventDefault();
    take(found.getAsFile());
  };
  document.addEventListener('paste', paste.listener);

  button.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const kind = item.types.find(type => type.startsWith('image/'));
        if (kind) return take(await item.getType(kind));
      }
      told.textContent = 'There is no picture in the clipboard. Copy one, then press again.';
    } catch (error) {
      told.textContent = 'The browser does not give the clipboard to the button. Press Ctrl+V (or ⌘V) instead.';
    }
  };
  return paste;
}
