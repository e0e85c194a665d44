"""Handwriting separated from a photo with OpenCV, as tutorials do it: the alternative to `imgcls.images`.

A quadrilateral contour becomes the sheet; an adaptive threshold separates ink; an opening with long kernels removes
printed lines; the contour with the largest box and what is near it is the digit.
"""

import cv2
import numpy as np

LONGEST = 1000
NEAR = 0.3


def handwriting(grey: np.ndarray) -> np.ndarray | None:
    """Ink of an image (H x W, uint8) as uint8, 255 on 0, cropped to the digit; None without ink."""
    scale = LONGEST / max(grey.shape)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if max(grey.shape) < 240:
        return _of_small(grey)
    grey = _sheet(grey)
    smooth = cv2.GaussianBlur(grey, (5, 5), 0)
    edge = np.concatenate([smooth[0], smooth[-1], smooth[:, 0], smooth[:, -1]])
    if np.median(edge) < 100:
        smooth = 255 - smooth
    block = max(smooth.shape) // 15 | 1
    mask = cv2.adaptiveThreshold(smooth, 255, cv2.ADAPTIVE_THRESH_GAUSSIAN_C, cv2.THRESH_BINARY_INV, block, 12)
    for length, kernel in ((smooth.shape[1], (smooth.shape[1] // 2, 1)), (smooth.shape[0], (1, smooth.shape[0] // 2))):
        lines = cv2.morphologyEx(mask, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_RECT, kernel))
        runs = np.flatnonzero(lines.any(axis=0 if kernel[0] == 1 else 1))
        if len(runs) > length / 200:  # several lines: printed
            mask = cv2.subtract(mask, lines)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.boundingRect(contour) for contour in contours]
    height, width = mask.shape
    inside = [b for b in boxes if b[0] > 1 and b[1] > 1 and b[0] + b[2] < width - 1 and b[1] + b[3] < height - 1]
    if not inside:
        return None
    main = max(inside, key=lambda box: max(box[2:]))
    longest = max(main[2:])
    if longest < 0.03 * max(mask.shape):
        return None
    chosen = [b for b in inside if _gap(main, b) < NEAR * longest and max(b[2:]) > 0.1 * longest]
    left, top = min(b[0] for b in chosen), min(b[1] for b in chosen)
    right, bottom = max(b[0] + b[2] for b in chosen), max(b[1] + b[3] for b in chosen)
    return mask[top:bottom, left:right]


def _of_small(grey: np.ndarray) -> np.ndarray | None:
    """A small image: Otsu's threshold, the brightness of the border decides what is background."""
    if np.ptp(grey) < 24:
        return None
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    threshold, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    if np.mean(edge > threshold) > 0.5:
        grey = 255 - grey
    return cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX)


def _gap(one: tuple, other: tuple) -> int:
    return max(
        other[0] - one[0] - one[2],
        one[0] - other[0] - other[2],
        other[1] - one[1] - one[3],
        one[1] - other[1] - other[3],
    )


def _sheet(grey: np.ndarray) -> np.ndarray:
    """The photo, or the sheet in it straightened: a quadrilateral contour of at least a fifth of the area."""
    _, bright = cv2.threshold(cv2.GaussianBlur(grey, (9, 9), 0), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    area = grey.shape[0] * grey.shape[1]
    for contour in sorted(contours, key=cv2.contourArea, reverse=True)[:3]:
        corners = cv2.approxPolyDP(contour, 0.02 * cv2.arcLength(contour, True), True)
        if len(corners) == 4 and 0.2 * area < cv2.contourArea(contour) < 0.93 * area:
            points = corners.reshape(4, 2).astype(np.float32)
            total, difference = points.sum(1), np.diff(points, axis=1).ravel()
            order = [total.argmin(), difference.argmin(), total.argmax(), difference.argmax()]
            source = points[order]
            width, height = (int(np.linalg.norm(source[1] - source[0])), int(np.linalg.norm(source[3] - source[0])))
            target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
            flat = cv2.warpPerspective(grey, cv2.getPerspectiveTransform(source, target), (width, height))
            inset = max(flat.shape) // 60
            return flat[inset:-inset, inset:-inset]
    return grey
