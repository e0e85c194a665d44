"""Backends, and runs in object storage."""
