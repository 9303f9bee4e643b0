"""Frames of a camera or a video file with the face in them followed: the newest is always at hand."""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from tui_vae.errors import UserError
from tui_vae.photo.align import Eyes, Pixels, as_channels
from tui_vae.photo.detect import TILTS, find_faces, settled

# FFmpeg in OpenCV writes onto the terminal too. It reads this when the first file is opened.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

TRACKED_SIDE = 320
# Of the eye distance: what moves less is noise and smoothed away, what moves more is followed at once.
STILL, MOVING = 0.02, 0.15
LEAST_FOLLOWED = 0.15
FILE_FPS = 25.0


@dataclass(frozen=True)
class Shot:
    """One frame: its ``number``, the uint8 picture (H, W, 3), and the eyes of the face in it, if there is one."""

    number: int
    image: Pixels
    eyes: Eyes | None

    def reduced(self, height: int, width: int) -> Pixels:
        """The picture at another size, by areas: uint8 (height, width, 3)."""
        return np.asarray(cv2.resize(self.image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


class Search:
    """Looks for a face in the newest picture on a thread of its own: it takes longer than a frame lasts.

    Upright heads every other time, for tilted ones it takes several times as long.
    """

    def __init__(self) -> None:
        self._picture: Pixels | None = None
        self._found: Eyes | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="face search", daemon=True)
        self._thread.start()

    def __call__(self, small: Pixels) -> Eyes | None:
        """Look in this picture when the one before is done; the eyes found since the last call, or ``None``."""
        with self._changed:
            self._picture = small
            self._changed.notify()
            found, self._found = self._found, None
            return found

    def close(self) -> None:
        """Stop after the search in progress."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        turns = itertools.cycle((TILTS[0], tilts) for tilts in TILTS[1:])
        for tilts in itertools.chain.from_iterable(turns):
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._picture is not None)
                if self._closed or self._picture is None:
                    return
                small, self._picture = self._picture, None
            found = _first_eyes(small, (tilts,))
            with self._changed:
                self._found = found


def _first_eyes(small: Pixels, tilts: Sequence[Sequence[float]] = TILTS) -> Eyes | None:
    faces = find_faces(small, tilts)
    return faces[0].eyes if faces else None


class Tracker:
    """Follows one face from frame to frame: from where it was, without a search, as long as it holds still there.

    ``search`` tells where eyes may be in a reduced picture, or in one not long before it; by default it looks for them
    there and then.
    """

    def __init__(self, search: Callable[[Pixels], Eyes | None] = _first_eyes) -> None:
        self._search = search
        self._eyes: Eyes | None = None

    def follow(self, image: Pixels) -> Eyes | None:
        """The eyes in the next frame, uint8 (H, W, 3), in its pixels; ``None`` where no face is found."""
        scale = min(1.0, TRACKED_SIDE / max(image.shape[:2]))
        size = tuple(max(1, round(length * scale)) for length in image.shape[1::-1])
        small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        grey = as_channels(small, 1)
        face = settled(grey, self._eyes) if self._eyes is not None else None
        if face is None:
            self._eyes = None
            guess = self._search(small)
            face = settled(grey, guess) if guess is not None else None
        if face is None:
            return None
        self._eyes = face.eyes if self._eyes is None else smoothed(self._eyes, face.eyes)
        left, right = (
            complex(eye.real * image.shape[1] / size[0], eye.imag * image.shape[0] / size[1]) for eye in self._eyes
        )
        return left, right


def smoothed(before: Eyes, now: Eyes) -> Eyes:
    """Between the last eyes and the new ones: the further they moved, the nearer to the new ones.

    An exponential filter whose weight grows with speed, as that of the 1-euro filter (Casiez et al., CHI 2012).
    """
    moved = max(abs(a - b) for a, b in zip(before, now, strict=True)) / max(abs(now[1] - now[0]), 1e-9)
    weight = min(1.0, max(LEAST_FOLLOWED, (moved - STILL) / (MOVING - STILL)))
    return before[0] + weight * (now[0] - before[0]), before[1] + weight * (now[1] - before[1])


class Camera:
    """Reads and follows on a thread of its own. ``with`` ends it.

    ``source`` is a camera's index, or a video file, which is played once at its own speed and then stays at its end.
    Pictures of a camera are mirrored. ``arrived`` is called on the thread after each frame.

    Raises:
        UserError: there is no such camera or file, or OpenCV cannot read it.
    """

    def __init__(self, source: int | Path, arrived: Callable[[], object] = lambda: None) -> None:
        self._source, self._arrived = source, arrived
        self._capture = _opened(source)
        self._newest: Shot | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._thread.start()

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def has_ended(self) -> bool:
        """Whether there will be no further frame: the file is at its end, or the camera was unplugged."""
        return self._ended.is_set()

    def latest(self) -> Shot | None:
        """The newest frame; ``None`` before the first."""
        with self._lock:
            return self._newest

    def close(self) -> None:
        """Stop, and let the camera go."""
        self._closing.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5)

    def _put(self, shot: Shot) -> None:
        with self._lock:
            self._newest = shot

    def _read(self) -> None:
        search = Search()
        tracker = Tracker(search)
        mirrored = isinstance(self._source, int)
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        pause = 0.0 if mirrored else 1 / (fps if math.isfinite(fps) and 1 <= fps <= 240 else FILE_FPS)
        number, due = 0, time.monotonic()
        try:
            while not self._closing.is_set():
                good, frame = self._capture.read()
                if not good:
                    break
                image = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
                if mirrored:
                    image = np.ascontiguousarray(image[:, ::-1])
                self._put(Shot(number, image, tracker.follow(image)))
                number += 1
                self._arrived()
                due = max(due + pause, time.monotonic() - pause)
                self._closing.wait(max(0.0, due - time.monotonic()))
            last = self.latest()
            if last is not None and last.eyes is None and not self._closing.is_set():
                self._put(replace(last, eyes=Tracker().follow(last.image)))  # it stays: there is time for a search
        finally:
            self._capture.release()
            search.close()
            self._ended.set()
            if not self._closing.is_set():
                self._arrived()


def parse_source(text: str) -> int | Path:
    """``0`` is the first camera, anything but a number a video file.

    Raises:
        UserError: neither.
    """
    if text.isdecimal():
        return int(text[:9])
    if not Path(text).is_file():
        raise UserError(f"camera {text}: neither a camera's number (0 is the first) nor a video file")
    return Path(text)


def check(source: int | Path) -> None:
    """Open it and let it go again.

    Raises:
        UserError: there is no such camera, or no video in the file.
    """
    _opened(source).release()


def _opened(source: int | Path) -> cv2.VideoCapture:
    with _Quiet():
        capture = cv2.VideoCapture(source if isinstance(source, int) else str(source))
    if not capture.isOpened():
        capture.release()
        if isinstance(source, int):
            raise UserError(f"camera {source}: not there, or used by another program (0 is the first)")
        raise UserError(f"{source}: not a video that OpenCV can read")
    if isinstance(source, int):
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # what waits in a buffer is old
    return capture


class _Quiet:
    """OpenCV writes warnings onto the terminal that the screen is drawn on."""

    def __enter__(self) -> None:
        self._level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    def __exit__(self, *_: object) -> None:
        cv2.utils.logging.setLogLevel(self._level)
