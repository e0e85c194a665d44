"""Links between views of a page that keep the session; an ordinary link would reload the app.

A link whose address starts with "?" only changes the URL parameters. The script updates the address and notifies
Streamlit the way the browser's Back button does, so the same session shows the new view. In another tab, or with a
modifier key held, the link works as usual.
"""

import streamlit as st

SCRIPT = """<script>
if (!window.imgclsInnerLinks) {
  window.imgclsInnerLinks = true;
  document.addEventListener('click', event => {
    const link = event.target.closest && event.target.closest('.stHtml a[href^="?"]');
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    history.pushState(null, '', link.getAttribute('href'));
    dispatchEvent(new PopStateEvent('popstate'));
  });
}
</script>"""


def enable() -> None:
    """Installs the script; call it once per page."""
    st.html(SCRIPT, unsafe_allow_javascript=True)
