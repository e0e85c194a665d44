"""The path of the pen as points at equal distances, and how it turns."""

import numpy as np


def resampled(line: np.ndarray, step: float) -> np.ndarray:
    """A line (points, 2) as points at equal distances along it, at least its two ends."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    marks = np.linspace(0, along[-1], max(2, int(along[-1] / step) + 1))
    return np.column_stack([np.interp(marks, along, line[:, axis]) for axis in range(2)])


def turned(line: np.ndarray) -> np.ndarray:
    """The angle in radians by which a line (points, 2) turns at each of its inner points, clockwise positive."""
    steps = np.diff(line, axis=0)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    return (np.diff(angles) + np.pi) % (2 * np.pi) - np.pi
