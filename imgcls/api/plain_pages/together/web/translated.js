/** Texts of the plain pages in the language of the visitor: the server sends those that are not English. */

import { content } from "imgcls/content.js";

/** The text in the visitor's language, with its names in braces filled in. */
export function translated(english, values = {}) {
  const text = content.texts?.[english] ?? english;
  return text.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);
}
