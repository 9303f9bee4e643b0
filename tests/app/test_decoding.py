from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from tests.app.cartoon import cartoon_space
from tui_vae.app.decoding import DecodeWorker, Frame, Request
from tui_vae.app.model import Grid

SECONDS = 10.0


class Gated:
    """A model that decodes only while its gate is open: an image full of the latent's first number."""

    name = "gated"
    encode = None
    preview = np.zeros((4, 4, 3), np.uint8)

    def __init__(self) -> None:
        self.space = cartoon_space(6)
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.decoded: list[int] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        self.threads.add(threading.current_thread().name)
        self.entered.set()
        assert self.gate.wait(SECONDS)
        if self.error is not None:
            raise self.error
        self.decoded.append(int(z[0, 0]))
        return np.full((len(z), *(grid or (4, 4)), 3), int(z[0, 0]), np.uint8)


class Running:
    """A worker and what it has delivered."""

    def __init__(self, model: Gated) -> None:
        self.frames: list[Frame] = []
        self.errors: list[Exception] = []
        self.worker = DecodeWorker(model, self.frames.append, self.errors.append)

    def ask(self, number: int, grid: Grid = (4, 6)) -> Request:
        request = Request(np.array([number, 0], np.float32), grid)
        self.worker.ask(request)
        return request


def wait_until(predicate: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not predicate():
        assert time.monotonic() < deadline
        time.sleep(0.002)


@pytest.fixture
def model() -> Gated:
    return Gated()


@pytest.fixture
def running(model: Gated) -> Running:
    return Running(model)


def test_the_newest_request_wins_and_the_ones_between_are_never_decoded(model: Gated, running: Running) -> None:
    running.worker.start()
    first = running.ask(1)
    assert model.entered.wait(SECONDS)
    for number in range(2, 100):
        last = running.ask(number)
    assert not running.frames
    model.gate.set()
    wait_until(lambda: len(running.frames) == 2)
    assert [frame.request for frame in running.frames] == [first, last]
    assert model.decoded == [1, 99]
    assert running.frames[1].image.shape == (4, 6, 3) and (running.frames[1].image == 99).all()
    assert model.threads == {"decode"}
    running.worker.close()
    wait_until(lambda: not running.worker.is_busy)
    assert len(running.frames) == 2 and not running.errors


def test_a_request_before_the_start_is_kept(model: Gated, running: Running) -> None:
    model.gate.set()
    assert not running.worker.is_busy
    running.ask(1)
    request = running.ask(2)
    running.worker.start()
    wait_until(lambda: bool(running.frames))
    assert running.frames[0].request is request and model.decoded == [2]
    running.worker.close()


def test_asking_does_not_wait_for_the_decoder(model: Gated, running: Running) -> None:
    running.worker.start()
    running.ask(1)
    assert model.entered.wait(SECONDS)
    started = time.monotonic()
    for number in range(1000):
        running.ask(number)
    assert time.monotonic() - started < 1
    model.gate.set()
    running.worker.close()


def test_only_the_first_frame_of_a_size_has_no_time(model: Gated, running: Running) -> None:
    model.gate.set()
    running.worker.start()
    for count, (number, grid) in enumerate([(1, (4, 4)), (2, (4, 4)), (3, (8, 8)), (4, (4, 4)), (5, (8, 8))], 1):
        running.ask(number, grid)
        wait_until(lambda count=count: len(running.frames) == count)  # type: ignore[misc]
    assert [frame.milliseconds is None for frame in running.frames] == [True, False, True, False, False]
    assert all(frame.milliseconds is None or frame.milliseconds >= 0 for frame in running.frames)
    running.worker.close()


def test_an_error_of_the_model_is_told_once_and_ends_the_thread(model: Gated, running: Running) -> None:
    model.error = RuntimeError("out of memory")
    model.gate.set()
    running.ask(1)
    running.worker.start()
    wait_until(lambda: not running.worker.is_busy)
    assert running.errors == [model.error] and not running.frames
    running.ask(2)  # nobody listens, and that is no error


def test_closing_while_it_waits_ends_the_thread(running: Running) -> None:
    running.worker.start()
    assert running.worker.is_busy
    running.worker.close()
    wait_until(lambda: not running.worker.is_busy)


def test_closing_during_a_decode_delivers_nothing_more(model: Gated, running: Running) -> None:
    running.worker.start()
    running.ask(1)
    assert model.entered.wait(SECONDS)
    running.ask(2)
    running.worker.close()
    model.gate.set()
    wait_until(lambda: not running.worker.is_busy)
    assert model.decoded == [1] and not running.frames and not running.errors
