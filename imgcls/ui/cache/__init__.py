"""Results kept in memory between reruns."""
