"""The decode worker: a thread with a one-slot mailbox. The newest point wins; older ones are never decoded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tui_vae.app.model import Grid, LatentModel
from tui_vae.terminal.graphics import Picture


@dataclass(frozen=True)
class Request:
    """A point to decode: latent vector (L,), the picture's (height, width), the model (the worker's own if none),
    what is to be made of the picture besides, and whether it only shows what is shown already in more pixels."""

    z: npt.NDArray[np.float32]
    grid: Grid
    model: LatentModel | None = None
    paint: Callable[[npt.NDArray[np.uint8]], Picture] | None = None
    is_finer: bool = False


@dataclass(frozen=True)
class Frame:
    """A decoded point: the request, its uint8 picture (height, width, C), and how long it took.

    ``milliseconds`` is ``None`` where loading or compiling was part of the time. ``picture`` is what the request's
    ``paint`` has made of the image.
    """

    request: Request
    image: npt.NDArray[np.uint8]
    milliseconds: float | None
    picture: Picture | None = None


class DecodeWorker:
    """Decodes requests on a daemon thread and hands each frame to ``deliver``, which is called on that thread.

    ``fail`` gets the exception if the model raises; the worker then stops.
    """

    def __init__(
        self, model: LatentModel, deliver: Callable[[Frame], object], fail: Callable[[Exception], object]
    ) -> None:
        self._model, self._deliver, self._fail = model, deliver, fail
        self._slot: Request | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="decode", daemon=True)

    def start(self) -> None:
        """Begin. Whatever the model needs to load, it loads on the worker's thread."""
        self._thread.start()

    def ask(self, request: Request) -> None:
        """Put a request into the slot, in place of one that waits there. Never blocks."""
        with self._changed:
            self._slot = request
            self._changed.notify()

    @property
    def is_busy(self) -> bool:
        """Whether the thread has been started and has not ended."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop after the decode in progress; does not wait for it."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _work(self) -> None:
        compiled: set[Grid] = set()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._slot is not None)
                if self._closed or self._slot is None:
                    return
                request, self._slot = self._slot, None
            started = time.perf_counter()
            try:
                image = (request.model or self._model).decode(request.z[None], request.grid)[0]
            except Exception as error:  # whatever a model raises, the app must hear of it
                self._fail(error)
                return
            milliseconds = 1000 * (time.perf_counter() - started) if request.grid in compiled else None
            compiled.add(request.grid)
            picture = request.paint(image) if request.paint is not None else None
            if not self._closed:
                self._deliver(Frame(request, image, milliseconds, picture))
