"""How the app looks: the style sheet of all pages. docs/explanation/design.md describes it.

style.css      the sizes and colours that Streamlit's theme (.streamlit/config.toml) has no option for
stylesheet.py  puts it into the page before anything is painted
"""
