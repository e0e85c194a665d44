"""What a file says about its input and itself, in texts that `carried` stores inside it."""

from imgcls.export.records import Record
from imgcls.runs.results import ModelCard


def of_file(card: ModelCard, record: Record) -> dict[str, str]:
    """What a file carries about itself: text by name."""
    height, width, channels = card.shape
    return {
        "labels.txt": "\n".join(card.classes) + "\n",
        "input.txt": f"uint8, {height} x {width} x {channels} (height, width, channels), values 0 to 255\n",
        "preprocessing.txt": preprocessing(card) + "\n",
        "verification.json": record.text(),
    }


def preprocessing(card: ModelCard) -> str:
    """How a file's pixels become the model's input, as a sentence."""
    if card.fit == "pad":
        return "Padded to a square in the median colour of the border, then resized (bicubic)."
    if card.fit == "crop":
        return "The centre square, resized (bicubic)."
    if card.is_ink:
        return "Only the ink, bright on black, scaled into the middle and centred by its mass, as in MNIST."
    if card.shape[2] == 1:
        return "Greyscale, the object bright on black, empty margins cropped, padded with black, resized (bicubic)."
    return "The centre in the proportions of the input, resized (bicubic)."
