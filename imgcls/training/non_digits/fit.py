"""Fit the network, or cross-validate it over writers: the characters of each writer are scored by networks that have
not seen that writer.

    IMGCLS_DATA=FOLDER python -m imgcls.training.non_digits.fit [--cross-validate | --check] [--output FILE]

Examples and fit have fixed random numbers, and the file stores a digest of its examples. `--check` fits again: with the
same examples on the same kind of processor, the result is equal bit for bit. Other processors round differently.
"""

import argparse
import hashlib
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from imgcls.datasets.preparing.pen_characters import LOOK_ALIKES, pen_characters
from imgcls.evaluation.metrics.percent import percent
from imgcls.inference.rejection import non_digits
from imgcls.training.non_digits import examples
from imgcls.training.non_digits.examples import OTHER, Examples

KINDS = ("image", "pen")
"""Networks that look at the image alone, and at the image and the path of the pen."""
UNITS = {"image": 160, "pen": 96}
EPOCHS = {"image": 8, "pen": 10}
MEMBERS = {"image": 3, "pen": 1}
"""Networks whose scores are averaged."""
REJECTED = {"image": 0.0045, "pen": 0.0035}
"""The fractions of the held-out digits that the thresholds reject; the other rules add to them."""
FOLDS = ((1, 2), (3, 4), (5, 6), (7,))

Network = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Weights and biases of the hidden and of the output layer, for features that are not standardised."""


def features(data: Examples, kind: str) -> np.ndarray:
    """What the network of this kind looks at."""
    seen = non_digits.image_features(data.images[..., None])
    return np.concatenate([seen, data.pens], axis=1) if kind == "pen" else seen


def trained(values: np.ndarray, labels: np.ndarray, kind: str, seed: int) -> Network:
    """A classifier of the ten digits and everything else, for these features."""
    mean, scale = values.mean(0), np.maximum(values.std(0), 0.05)
    model = MLPClassifier(
        UNITS[kind],
        alpha=1e-2,
        batch_size=128,
        learning_rate_init=2e-3,
        max_iter=EPOCHS[kind],
        n_iter_no_change=99,
        random_state=seed,
    )
    # Sums in another order would give other weights; and the number of epochs is fixed, converged or not.
    with threadpool_limits(1), warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        model.fit((values - mean) / scale, labels)
    hidden, output = model.coefs_
    hidden = hidden / scale[:, None]
    return hidden, model.intercepts_[0] - mean @ hidden, output, model.intercepts_[1]


def scores(networks: list[Network], values: np.ndarray) -> np.ndarray:
    """The log-odds that each example is no digit, as `non_digits.scores`, from its features."""
    found = []
    for hidden, hidden_bias, output, output_bias in networks:
        logits = np.maximum(values @ hidden + hidden_bias, 0) @ output + output_bias
        found.append(logits[:, OTHER] - np.logaddexp.reduce(logits[:, :OTHER], axis=1))
    return np.mean(found, axis=0)


def ensemble(values: np.ndarray, labels: np.ndarray, kind: str) -> list[Network]:
    """The networks of a kind, which differ by their random numbers."""
    return [trained(values, labels, kind, seed) for seed in range(MEMBERS[kind])]


def cross_validate(data: Examples) -> None:
    """Prints what is rejected at a threshold that rejects `REJECTED` of the held-out digits, by kind."""
    generator = np.random.default_rng(1)
    held_out = examples.held_out_digits(generator)
    characters = examples.as_written(pen_characters(), generator)
    for kind in KINDS:
        usable = data[data.has_pen] if kind == "pen" else data
        learnt, of_digits, of_characters = (features(part, kind) for part in (usable, held_out, characters))
        over = np.zeros(len(characters.labels))
        for fold in FOLDS:
            known = ~np.isin(usable.writers, fold)
            networks = ensemble(learnt[known], usable.labels[known], kind)
            rows = np.isin(characters.writers, fold)
            low = threshold(scores(networks, of_digits), held_out, kind)
            over[rows] = scores(networks, of_characters[rows]) - low
            print(f"writers {fold}, by {kind}: {summary(characters[rows], over[rows] > 0)}", flush=True)
        print(f"all writers, by {kind}: {summary(characters, over > 0)}")
        print("  often accepted:", often_accepted(characters, over > 0), flush=True)


def threshold(found: np.ndarray, held_out: Examples, kind: str) -> float:
    """The score that `REJECTED` of the held-out digits exceed: pen digits, and for images those of MNIST, if higher."""
    groups = [held_out.has_pen] if kind == "pen" else [held_out.has_pen, ~held_out.has_pen]
    return float(max(np.quantile(found[rows], 1 - REJECTED[kind]) for rows in groups))


def summary(characters: Examples, rejected: np.ndarray) -> str:
    """Which fraction of the letters that resemble no digit is rejected, and how many digits."""
    letters = (characters.labels == OTHER) & ~np.isin(characters.kinds, list(LOOK_ALIKES))
    digits = characters.labels != OTHER
    return (
        f"{percent(rejected[letters].mean())} of {letters.sum()} letters, "
        f"{rejected[digits].sum()} of {digits.sum()} digits"
    )


def often_accepted(characters: Examples, rejected: np.ndarray) -> dict[str, int]:
    """The letters of which more than a fifth is accepted, with how many."""
    found = {}
    for letter in sorted(set(characters.kinds[characters.labels == OTHER]) - LOOK_ALIKES):
        rows = characters.kinds == letter
        if (~rejected[rows]).mean() > 0.2:
            found[letter] = int((~rejected[rows]).sum())
    return found


def digest(data: Examples) -> np.ndarray:
    """A fingerprint of all images and labels, uint8 (32,)."""
    found = hashlib.sha256(data.images.tobytes() + data.labels.astype(np.uint8).tobytes())
    return np.frombuffer(found.digest(), np.uint8)


def save(data: Examples, path: Path) -> None:
    """Fits networks of both kinds, and writes them in half precision with their thresholds."""
    held_out = examples.held_out_digits(np.random.default_rng(1))
    arrays: dict[str, np.ndarray] = {"digest": digest(data)}
    for kind in KINDS:
        usable = data[data.has_pen] if kind == "pen" else data
        learnt = features(usable, kind)
        networks = ensemble(learnt, usable.labels, kind)
        arrays[f"members_{kind}"] = np.array(len(networks))
        for number, network in enumerate(networks):
            for name, values in zip(("hidden", "hidden_bias", "output", "output_bias"), network, strict=True):
                arrays[f"{number}/{kind}/{name}"] = values.astype(np.float16)
        low = threshold(scores(networks, features(held_out, kind)), held_out, kind)
        arrays[f"threshold_{kind}"] = np.array(low, np.float32)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def differences(one: Path, other: Path) -> list[str]:
    """In which arrays two files of weights differ, with the largest difference where the sizes are equal."""
    with np.load(one, allow_pickle=False) as a, np.load(other, allow_pickle=False) as b:
        found = sorted(set(a.files) ^ set(b.files))
        for name in sorted(set(a.files) & set(b.files)):
            if a[name].shape != b[name].shape:
                found.append(f"{name}: {a[name].shape}, {b[name].shape}")
            elif not np.array_equal(a[name], b[name]):
                found.append(f"{name}: up to {np.abs(a[name].astype(float) - b[name].astype(float)).max():.2g}")
    return found


def check(data: Examples, path: Path) -> None:
    """Exits with the differences between `path` and a newly fitted file, if there are any."""
    with tempfile.TemporaryDirectory() as folder:
        fitted = Path(folder) / path.name
        save(data, fitted)
        if found := differences(path, fitted):
            sys.exit(f"{path.name} differs from a new fit: " + "; ".join(found))
    print(f"{path.name} is equal to a new fit, bit for bit")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m imgcls.training.non_digits.fit")
    parser.add_argument("--cross-validate", action="store_true", help="score each writer without having seen them")
    parser.add_argument("--check", action="store_true", help="fit again and compare with the file")
    parser.add_argument("--output", type=Path, default=non_digits.FILE)
    arguments = parser.parse_args()
    data = examples.training(print)
    if arguments.cross_validate:
        cross_validate(data)
    else:
        (check if arguments.check else save)(data, arguments.output)


if __name__ == "__main__":
    main()
