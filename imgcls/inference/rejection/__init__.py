"""Reasons to reject an input instead of classifying it."""
