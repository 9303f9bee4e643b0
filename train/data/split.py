"""Which items are held out: a fixed rule on the item's name, repeatable by anyone with a SHA-256.

The first eight hexadecimal digits of ``sha256(key)``, read as a fraction of 2^32, decide: below ``test`` it is the test
split (never trained on, never chosen on), in the next ``validation`` the validation split (never trained on, used to
compare), the rest is for training. At the usual sixteenth each that is the first digit alone: 0 test, 1 validation.
The key is the item's identity where one is known (the same photo in two sets stays on one side), else its file name
without folders.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Which share of the items is never trained on: fractions in [0, 1]."""

    test: float = 1 / 16
    validation: float = 1 / 16

    def split_of(self, key: str) -> Split:
        """The split of one item."""
        # A file name that is not UTF-8 is hashed as the bytes that the file system holds.
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        place = int(digest[:8], 16) / 2**32
        if place < self.test:
            return "test"
        return "validation" if place < self.test + self.validation else "train"
