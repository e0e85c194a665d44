"""Links from one view of a page to another that keep the visit: without this, the browser would load the app anew.

A link whose address begins with "?" only changes the parameters. The script writes them into the address and tells
Streamlit as the browser's Back button would, so that the same session shows what they ask for. Without scripts, in
another tab, or with a key held, the link is an ordinary one.
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


def make() -> None:
    """Makes the links of this page work so; once a page."""
    st.html(SCRIPT, unsafe_allow_javascript=True)
