"""Image files made for tests."""

import io

import numpy as np
from PIL import Image


def scene(height=24, width=32):
    """Smooth colours without symmetry, so that rotated and mirrored copies differ."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 3], axis=-1).clip(0, 255).astype(np.uint8)


def file_of(pil_image, kind="PNG", **options):
    if isinstance(pil_image, np.ndarray):
        pil_image = Image.fromarray(pil_image)
    file = io.BytesIO()
    pil_image.save(file, kind, **options)
    return file.getvalue()
