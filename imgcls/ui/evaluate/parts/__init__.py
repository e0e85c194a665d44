"""Pieces that sections of the Evaluate page are made of."""
