"""The same photo under another name: a CSV file that says which, so that both copies fall on one side of the split."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from tui_vae.errors import UserError


def read_identities(path: Path) -> dict[str, str]:
    """First column (the item's name) -> first later column whose name ends in ``_id``, where that is filled.

    Raises:
        UserError: the file cannot be read or has no such column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            columns = list(reader.fieldnames or [])
            ids = [column for column in columns[1:] if column.endswith("_id")]
            if not ids:
                raise UserError(f"{path}: no column after the first has a name that ends in _id")
            return {row[columns[0]]: row[ids[0]] for row in reader if row[ids[0]]}
    except OSError as error:
        raise UserError(f"{path}: cannot read identities: {error.strerror}") from error
    except (ValueError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV file in UTF-8: {error}") from error


def keys_of(names: Sequence[str], known: dict[str, str]) -> list[str]:
    """The split key of each item: its identity where known, else its file name without folders."""
    return [known.get(name, name.rsplit("/", 1)[-1]) for name in names]
