/* Tells a canvas that its message was heard, on pages where no answer stands that would tell it. */

export default function ({data}) {
  dispatchEvent(new CustomEvent("imgcls-answered", {detail: data}));
}
