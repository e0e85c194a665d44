"""Archives of multi-label images with their label tables."""

from imgcls.datasets.importing import ImportRequest
from tests.support.uploads import archive, csv, image

SETS = [("sky",), ("sea", "sky"), (), ("boat", "sea"), ("sky", "boat"), ("sea",)]


def some(count: int = 30, first: int = 0) -> list[tuple[str, tuple[str, ...]]]:
    """File names with their labels."""
    return [(f"{number:03}.png", SETS[number % len(SETS)]) for number in range(first, first + count)]


def listing(tmp_path, rows, name: str = "labels.csv", images=None) -> ImportRequest:
    """An archive of different images with these names and a table next to it, as a request to import both."""
    named = images or {row[0]: image(int(row[0][:3])) for row in rows if row[0][:3].isdigit()}
    order = archive(tmp_path / f"{name}.zip", named)
    (tmp_path / name).write_text(rows if isinstance(rows, str) else csv(rows))
    return ImportRequest("listing", order.path, order.name, str(tmp_path / name), name)


def with_semicolons(rows) -> list[list]:
    return [["file", "labels"], *([name, ";".join(labels)] for name, labels in rows)]
