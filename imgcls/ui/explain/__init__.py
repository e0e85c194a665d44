"""Explanations shown on both Evaluate and Predict."""
