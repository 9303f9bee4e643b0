"""The atlas: which training items a checkpoint carries, and what is known of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from train.data.labels import Column
from tui_vae.model.checkpoint import MAX_LABELS
from tui_vae.model.labels import Label, Value, to_header


def atlas_rows(keys: Sequence[str], training: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.int64]:
    """Up to ``size`` training rows, in an order fixed by a hash of their keys, which mixes sorted sets."""
    # A photo that stands in two sets has one key: the atlas holds it once.
    rows = np.array(sorted({keys[row]: row for row in map(int, np.flatnonzero(training))}.values()), np.int64)
    digests = [hashlib.sha256(b"atlas" + keys[row].encode("utf-8", "surrogateescape")).digest() for row in rows]
    return rows[sorted(range(len(rows)), key=lambda place: (digests[place], place))[:size]]


def atlas_labels(
    columns: Iterable[Column], rows: npt.NDArray[np.int64], first: Sequence[str], room: int
) -> tuple[tuple[Label, ...], list[str]]:
    """Labels of the atlas items ``rows`` that fit into ``room`` bytes of header, and the names of those that do not.

    Columns named in ``first`` come first, the rest in their own order; each is taken if it still fits. A column that
    knows nothing of these items is neither.
    """
    known = [column for column in columns if any(column.values[row] is not None for row in rows)]
    places = {name: place for place, name in enumerate(first)}
    labels: list[Label] = []
    left_out: list[str] = []
    for column in sorted(known, key=lambda column: places.get(column.name, len(places))):
        label = Label(column.name, column.kind, tuple(_plain(column, int(row)) for row in rows))
        size = len(json.dumps(to_header(label), separators=(",", ":"), ensure_ascii=False).encode())
        if size <= room and len(labels) < MAX_LABELS:
            labels.append(label)
            room -= size
        else:
            left_out.append(column.name)
    return tuple(labels), left_out


def _plain(column: Column, row: int) -> Value:
    value = column.values[row]
    if value is None:
        return None
    if column.kind == "categorical":
        return str(value)
    return bool(value) if column.kind == "boolean" else float(value)
