/** Binary data of the page, fetched from this server. In place of the offline page's, which has it in elements. */

const FILES = new URL("../", import.meta.url);

/** The content of the file of this name. */
export async function unpacked(id) {
  const answer = await fetch(new URL(`${id}.bin`, FILES));
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}
