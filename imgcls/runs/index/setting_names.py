"""What settings and the runs that were trained with them are called where several are compared."""

import itertools
import re
from collections.abc import Sequence

from imgcls.config import Config, differences
from imgcls.errors import UserError
from imgcls.runs.run import Run
from imgcls.runs.store import default_label

MOST_NAMED = 3
"""Settings in a name."""
COMMON = re.compile(r"[\W_]*(?:seeds?|runs?|repeat|no)?[\W_]*$", re.IGNORECASE)
"""What may be left at the end of the common part of names: "cnn base, seed "."""


def of_settings(configs: Sequence[Config], common: Sequence[str] = ()) -> list[str]:
    """A name for each setting, no two alike: "wide (filters 32)", or without a name of its own "Convolutional network
    on Small digits, filters 32".

    Args:
        common: What its runs are called in common, "" if nothing.
    """
    labels = [default_label(config) for config in configs]
    names: list[str] = []
    for label, config, own_name in zip(labels, configs, common or [""] * len(configs), strict=True):
        peers = [other for other, same in zip(configs, labels, strict=True) if same == label]
        changed = differences([config, *peers])
        own = [
            f"{setting.replace('_', ' ')} {values[0]:g}"
            if isinstance(values[0], float)
            else f"{setting.replace('_', ' ')} {values[0]}"
            for setting, values in changed.items()
            if setting not in ("data", "model", "seed") and values[0] != ""
        ][:MOST_NAMED]
        name = ", ".join([label, *own])
        if own_name and not own_name.startswith(label):
            name = f"{own_name} ({', '.join(own)})" if own else own_name
        before = sum(other == name or other.startswith(f"{name} (") for other in names)
        names.append(f"{name} ({before + 1})" if before else name)
    return names


def of_groups(groups: Sequence[Sequence[Run]]) -> list[str]:
    """A name for each group of runs that differ only in the seed, no two alike."""
    return of_settings([group[0].config for group in groups], [common_name(group) for group in groups])


def common_name(group: Sequence[Run]) -> str:
    """For example "cnn base" of "cnn base, seed 1" and "cnn base, seed 2"; "" if there is no such part, or if they have
    no names of their own."""
    return common_part([run.label for run in group]) if all(map(_has_own_name, group)) else ""


def common_part(labels: Sequence[str]) -> str:
    """The beginning that several names have in common, without the word that counts them; "" of a single one."""
    if len(labels) < 2:
        return ""
    parts = [re.findall(r"\d+|[^\W\d_]+|[\W_]", label) for label in labels]
    common = [same[0] for same in itertools.takewhile(lambda one: len(set(one)) == 1, zip(*parts, strict=False))]
    return COMMON.sub("", "".join(common))


def _has_own_name(run: Run) -> bool:
    """A run that nobody has named is called after its settings, with a number if there are several."""
    try:
        return run.label != run.id and not run.label.startswith(default_label(run.config))
    except UserError:
        return False


def distinct_labels(found: Sequence[Run]) -> list[str]:
    """The names of runs; those that share one also say by which settings they differ."""
    labels = [run.label for run in found]
    for label in {one for one in labels if labels.count(one) > 1}:
        places = [at for at, one in enumerate(labels) if one == label]
        changed = differences([found[at].config for at in places])
        for number, at in enumerate(places):
            own = [f"{setting.replace('_', ' ')} {values[number]}" for setting, values in changed.items()]
            labels[at] = ", ".join([label, *own[:MOST_NAMED]])
    return labels
