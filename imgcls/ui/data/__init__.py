"""The Data page: summary, import, analysis, edits."""
