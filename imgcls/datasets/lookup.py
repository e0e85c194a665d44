"""All datasets by name: the built-in ones and the custom ones."""

from imgcls.datasets import custom
from imgcls.datasets.info import DatasetInfo, catalog_info, catalog_names
from imgcls.errors import DatasetError


def names() -> list[str]:
    """All datasets: the default first, then by source, number of classes and size; custom ones last."""
    return [*catalog_names(), *custom.names()]


def facts(name: str) -> DatasetInfo:
    """What is known about a dataset without loading an image.

    Raises:
        DatasetError: there is no such dataset; the message lists the choices.
    """
    if custom.is_custom(name):
        return custom.facts(name)
    if name not in catalog_names():
        raise DatasetError(f"No dataset is called {name!r}. Available: {', '.join(names())}.")
    return catalog_info(name)


def titles(but: str = "") -> set[str]:
    """The titles in use, without that of the dataset `but`."""
    return {facts(name).title for name in names() if name != but}


def checked_title(title: str, but: str = "") -> str:
    """The title as it will be stored. Raises DatasetError if it is empty, or if another dataset than `but` has it."""
    return custom.checked_title(title, titles(but))


def describe_custom(name: str, title: str, note: str) -> None:
    """Sets title and note of a custom dataset. Raises DatasetError if the title is empty or already in use."""
    custom.describe(name, title, note, titles(but=name))
