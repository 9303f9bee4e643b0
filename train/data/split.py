"""Which items are held out: a fixed rule on the item's name, repeatable by anyone with a SHA-256.

The first hexadecimal digit of ``sha256(key)`` decides: 0 is the test split (1/16, never trained on, never chosen on),
1 is the validation split (1/16, never trained on, used to compare recipes), the rest is for training. The key is the
item's identity where one is known (the same photo in two sets stays on one side), else its file name without folders.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def split_of(key: str) -> Split:
    """The split of one item."""
    # A file name that is not UTF-8 is hashed as the bytes that the file system holds.
    digit = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[0]
    return {"0": "test", "1": "validation"}.get(digit, "train")  # type: ignore[return-value]


def rows_of(keys: Sequence[str], split: Split) -> npt.NDArray[np.int64]:
    """Row numbers of the items in ``split``, ascending."""
    return np.array([row for row, key in enumerate(keys) if split_of(key) == split], np.int64)
