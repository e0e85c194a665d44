"""What select boxes call the values of settings whose own names, those of the shell, are no plain words."""

NAMES: dict[str, dict[str, str]] = {
    "optimizer": {
        "adam": "Adam",
        "adamw": "AdamW",
        "sgd": "SGD",
        "rmsprop": "RMSprop",
        "nadam": "Nadam",
        "muon": "Muon",
    },
    "loss": {
        "categorical_crossentropy": "Cross-entropy",
        "sparse_categorical_crossentropy": "Cross-entropy, sparse labels",
    },
    "schedule": {
        "constant": "Constant",
        "plateau": "Plateau",
        "step": "Step",
        "cosine": "Cosine",
        "one_cycle": "One-cycle",
    },
}
"""Setting -> value -> name."""


def shown(setting: str, value: str) -> str:
    """The name of a value; the value itself if it has no other one."""
    return NAMES.get(setting, {}).get(value, value)


def read(setting: str, text: str) -> str:
    """The value with this name; the text itself if it is none."""
    return next((value for value, name in NAMES.get(setting, {}).items() if name == text), text)
