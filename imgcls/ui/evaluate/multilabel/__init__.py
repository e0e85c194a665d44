"""The Evaluate page of multi-label runs."""
