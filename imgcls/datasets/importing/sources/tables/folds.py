"""Several tables, of which each holds one part of the images, one fold, or other labels of the same images.

train.csv, test.csv                                              two parts
train_fold0.csv, val_fold0.csv, train_fold1.csv, val_fold1.csv   two folds
manufacturer_train.txt, variant_train.txt                        two kinds of labels
"""

import re
from collections.abc import Sequence

from imgcls.datasets.importing.findings import Findings, Option
from imgcls.datasets.importing.sources.tables.column_names import part_in, part_of
from imgcls.datasets.importing.sources.tables.columns import meaning
from imgcls.datasets.importing.sources.tables.matching import FileIndex
from imgcls.datasets.importing.sources.tables.reading import Table

QUESTION = "fold"


def parts(tables: Sequence[Table]) -> list[str]:
    """The part that the name or folder of each table says, if together they divide the images; otherwise nothing."""
    found = [part_in(table.folder) or part_in(table.name) for table in tables]
    return found if "train" in found and len(set(found)) > 1 and "" not in found else []


def of_one_kind(
    listing: Sequence[tuple[str, Table]], index: FileIndex
) -> dict[tuple[str, ...], list[tuple[str, Table]]]:
    """The tables of several parts or classes together, with their paths: those with the same header.

    Tables of the same images, such as `manufacturer_train.txt` and `variant_train.txt`, stay apart.
    """
    by_header: dict[tuple[str, ...], list[tuple[str, Table]]] = {}
    for path, table in listing:
        by_header.setdefault(tuple(table.header), []).append((path, table))
    found: dict[tuple[str, ...], list[tuple[str, Table]]] = {}
    for header, group in by_header.items():
        by_name: dict[tuple[str, ...], list[tuple[str, Table]]] = {}
        images: dict[tuple[str, ...], set[str]] = {}
        for path, table in group:
            name = tuple(word for word in re.findall(r"[^\W\d_]+", path.casefold()) if not part_of(word))
            by_name.setdefault(name, []).append((path, table))
            images.setdefault(name, set()).update(meaning.file_column(table, index)[1])
        first = next(iter(images.values()))
        if len(by_name) > 1 and all(2 * len(there & first) > len(first) for there in images.values()):
            found |= {(*header, *name): tables for name, tables in by_name.items()}
        else:
            found[header] = group
    return found


def of_one_fold(tables: list[Table], findings: Findings) -> list[Table]:
    """The tables of one fold, which the user chooses, if each fold has a table of training and one of test images.

    Together they would list every image several times, for training and for testing.
    """
    by_name: dict[str, list[Table]] = {}
    for table in tables:
        words = re.findall(r"[^\W\d_]+|\d+", f"{table.folder}/{table.name}")
        by_name.setdefault(" ".join(word for word in words if not part_of(word)), []).append(table)
    named = [dict(zip(parts(of_fold), of_fold, strict=False)) for of_fold in by_name.values()]
    if len(by_name) < 2 or any(len(found) < 2 for found in named):
        return tables
    learned: set[str] = set()
    tested: set[str] = set()
    for found in named:
        for part, table in found.items():
            (learned if part == "train" else tested).update("\t".join(row) for _, row in table.rows)
    if not learned & tested:
        return tables
    options = [
        Option(
            str(number),
            ", ".join(table.name.strip("'") for table in of_fold)[:100],
            f"{sum(len(table.rows) for table in of_fold):,} rows",
        )
        for number, of_fold in enumerate(by_name.values(), 1)
    ]
    text = "Each fold has its own training and test images. Which one do you want?"
    answer = findings.ask(QUESTION, text, options)
    return list(by_name.values())[int(answer) - 1]
