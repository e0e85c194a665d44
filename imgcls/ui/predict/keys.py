"""Alt+1 to Alt+5 choose the input mode. The canvas has its own keys (canvas.js).

No letters or digits alone: who controls a computer by voice would press them by accident (WCAG 2.1.4).
"""

import streamlit as st

SCRIPT = """<script>
if (!window.imgclsModeKeys) {
  window.imgclsModeKeys = true;
  document.addEventListener('keydown', event => {
    const number = event.altKey && !event.ctrlKey && !event.metaKey && /^Digit([1-9])$/.exec(event.code);
    const modes = document.querySelectorAll('.st-key-mode button');
    if (!number || number[1] > modes.length) return;
    event.preventDefault();
    modes[number[1] - 1].click();
  });
}
</script>"""


def enable() -> None:
    """Installs the script; call it once per page."""
    st.html(SCRIPT, unsafe_allow_javascript=True)
