"""Reads imported datasets back."""

from imgcls import datasets
from imgcls.images import loading
from imgcls.images import square as square_fit


def counts(name: str) -> dict[str, tuple[int, int]]:
    """Class -> training and test images, counted in the arrays."""
    data = datasets.open_dataset(name)
    return {
        label: (int((data.y_train == place).sum()), int((data.y_test == place).sum()))
        for place, label in enumerate(data.facts.classes)
    }


def images_of(data: bytes) -> bytes:
    return square_fit.framed(loading.open_image(data).pixels, 28, 3, "crop").tobytes()
