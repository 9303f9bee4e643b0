"""Small pictures of many points: a thread that decodes them a few at a time, the newest request first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.app.model import Grid, LatentModel

BATCH = 8
"""Points per decode: every call has this shape, so that a model compiles once for each size of picture."""


@dataclass(frozen=True)
class Batch:
    """Points to decode, ``z`` (N, L), at one picture size (height, width), with one model."""

    z: npt.NDArray[np.float32]
    grid: Grid
    model: LatentModel


class BatchWorker:
    """Decodes batches on a daemon thread. A newer batch ends the older one after the decode in progress.

    ``deliver`` gets the batch, the place of the first picture in it, and some pictures (n, height, width, C), on that
    thread; ``fail`` gets the exception if the model raises, and the worker then stops.
    """

    def __init__(
        self,
        deliver: Callable[[Batch, int, npt.NDArray[np.uint8]], object],
        fail: Callable[[Exception], object],
    ) -> None:
        self._deliver, self._fail = deliver, fail
        self._slot: Batch | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ask(self, batch: Batch) -> None:
        """Decode this batch now, and forget any other. Never blocks."""
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="batches", daemon=True)
                self._thread.start()
            self._slot = batch
            self._changed.notify()

    def close(self) -> None:
        """Stop after the decode in progress; does not wait for it."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._slot is not None)
                if self._closed or self._slot is None:
                    return
                batch, self._slot = self._slot, None
            for start in range(0, len(batch.z), BATCH):
                some = batch.z[start : start + BATCH]
                padded = np.concatenate([some, some[-1:].repeat(BATCH - len(some), axis=0)])
                try:
                    images = batch.model.decode(padded, batch.grid)[: len(some)]
                except Exception as error:  # whatever a model raises, the app must hear of it
                    self._fail(error)
                    return
                if self._closed or self._slot is not None:
                    break
                self._deliver(batch, start, images)
