"""Benchmarks by the names that they had before; each runs the one that took its place."""
