"""Pages of the app's server that are not Streamlit's.

leaving    "Not you?": the browser forgets who it is
together/  a class or an audience draws on phones, and a projector shows what a model makes of it
"""
