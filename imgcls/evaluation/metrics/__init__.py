"""Metrics: classification, multi-label, ROC and PR, calibration, confidence intervals, significance."""
