"""The training images that are nearest to given ones: does a model make faces or remember them?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

CHUNK = 2048


def nearest(
    queries: Floats, count: int, part: Callable[[slice], Floats], wanted: int
) -> tuple[npt.NDArray[np.int64], Floats]:
    """The ``wanted`` nearest of ``count`` vectors to each query (Q, D): their places and L2 distances (Q, wanted).

    ``part(slice)`` gives some of the vectors (n, D), so that not all of them need be in memory; nearest come first.
    """
    wanted = min(wanted, count)
    places: npt.NDArray[np.int64] = np.zeros((len(queries), 0), np.int64)
    squares: npt.NDArray[np.float64] = np.zeros((len(queries), 0), np.float64)
    lengths = np.square(queries, dtype=np.float64).sum(axis=1)[:, None]
    for start in range(0, count, CHUNK):
        vectors = part(slice(start, min(start + CHUNK, count)))
        found = lengths + np.square(vectors, dtype=np.float64).sum(axis=1) - 2 * (queries @ vectors.T)
        squares = np.concatenate([squares, found], axis=1)
        here = np.broadcast_to(start + np.arange(len(vectors)), found.shape)
        places = np.concatenate([places, here], axis=1)
        keep = np.argsort(squares, axis=1, kind="stable")[:, :wanted]
        squares, places = np.take_along_axis(squares, keep, axis=1), np.take_along_axis(places, keep, axis=1)
    return places, np.sqrt(np.maximum(squares, 0.0)).astype(np.float32)
