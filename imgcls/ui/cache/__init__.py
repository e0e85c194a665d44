"""Results cached in memory between reruns."""
