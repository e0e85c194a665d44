"""Pages of the app's server that are not Streamlit's.

leaving    "Not you?": the browser forgets who it is
sheets     the teacher's sheet of a lesson
together/  a class or an audience draws on phones, and a projector shows what a model makes of it
"""
