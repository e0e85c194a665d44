/** Binary data in a page: base64 in elements, compressed. */

/** The bytes of a base64 text. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Bytes as a base64 text. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/** The unpacked content of an element that holds gzip as base64; the element is emptied. */
export async function unpacked(id) {
  const element = document.getElementById(id);
  const packed = new Blob([fromBase64(element.textContent)]);
  element.textContent = "";
  const stream = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
