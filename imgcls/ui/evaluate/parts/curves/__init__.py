"""Charts over thresholds and confidences: ROC and precision-recall, calibration, abstention."""
