"""Browser tests: the real app in a real Chromium, with a real trainer and real clicks."""
