"""A playground to train, understand and try image classifiers.

The folder says which process a module belongs to: `training` is the only one that imports Keras, `ui` (with the
pages) the only one that imports Streamlit; everything else is light and is used by both.
"""
