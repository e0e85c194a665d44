"""Checks and the learning-rate finder, run in a process of their own (needs Keras)."""
