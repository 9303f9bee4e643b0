"""Products of matrix and vector whose bits are the same on every machine.

A matrix product goes to BLAS, which adds in an order that depends on the processor. A face that is rebuilt from a seed
must not: here every product is rounded by itself and the sums are NumPy's own, in an order that is part of its code.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Number = TypeVar("Number", np.float32, np.float64)


def combine(weights: npt.NDArray[Number], rows: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """``weights @ rows``: (K,) and (K, L) -> (L,), the rows added one after another."""
    result: npt.NDArray[Number] = np.add.reduce(weights[:, None] * np.ascontiguousarray(rows), axis=0)
    return result


def project(rows: npt.NDArray[Number], vector: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """``rows @ vector``: (K, L) and (L,) -> (K,), each row added pairwise."""
    result: npt.NDArray[Number] = np.add.reduce(np.ascontiguousarray(rows) * vector, axis=1)
    return result
