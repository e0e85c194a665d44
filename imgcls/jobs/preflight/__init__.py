"""Checks and the learning-rate finder that run before training: start them, watch them, read their verdicts."""
