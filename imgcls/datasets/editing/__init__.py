"""Edits of a dataset: excluded and relabelled training images."""
