"""The atlas: which training items a checkpoint carries, the axes of their latents, and what is known of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from train.data.labels import Column
from tui_vae.model.checkpoint import MAX_LABELS, Floats
from tui_vae.model.labels import Label, Value, to_header

# A component whose standard deviation is below this share of the first one's carries rounding, not data.
LEAST_SCALE = 1e-4


def atlas_rows(keys: Sequence[str], training: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.int64]:
    """Up to ``size`` training rows, in an order fixed by a hash of their keys, which mixes sorted sets."""
    # A photo that stands in two sets has one key: the atlas holds it once.
    rows = np.array(sorted({keys[row]: row for row in map(int, np.flatnonzero(training))}.values()), np.int64)
    digests = [hashlib.sha256(b"atlas" + keys[row].encode("utf-8", "surrogateescape")).digest() for row in rows]
    return rows[sorted(range(len(rows)), key=lambda place: (digests[place], place))[:size]]


def principal_components(latents: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean (L,), orthonormal components (L, L) by falling variance, and standard deviations (L,) of latents (N, L).

    N may be smaller than L: the components beyond the data's rank complete the basis, with a deviation of (nearly) 0.
    Each component's sign is the one in which its largest entry is positive, so that the same data gives the same axes.
    """
    mean = latents.mean(axis=0, dtype=np.float64)
    centred = latents - mean
    variances, columns = np.linalg.eigh(centred.T @ centred / max(1, len(latents) - 1))
    vectors = columns.T[::-1]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    vectors = vectors * np.sign(largest)
    scales = np.sqrt(np.maximum(variances[::-1], 0.0))
    return mean.astype(np.float32), vectors.astype(np.float32), scales.astype(np.float32)


def whitened(latents: Floats, mean: Floats, vectors: Floats, scales: Floats) -> Floats:
    """PCA coordinates (N, L) in standard deviations; 0 along components that the data does not span."""
    spanned = scales > max(LEAST_SCALE * float(scales.max(initial=0.0)), 1e-6)
    inverse = np.where(spanned, 1.0 / np.where(spanned, scales, 1.0), 0.0)
    return ((latents - mean) @ vectors.T * inverse).astype(np.float32)


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
