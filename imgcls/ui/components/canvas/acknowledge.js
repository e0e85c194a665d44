/** Tells a canvas or a camera that its message arrived, on pages without an answer that would do so. */

export default function ({ data }) {
  dispatchEvent(new CustomEvent("imgcls-answered", { detail: data }));
}
