"""Benchmarks of data import and evaluation."""
