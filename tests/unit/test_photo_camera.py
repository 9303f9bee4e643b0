"""A camera's frames, from a video file made here: the face is followed, the newest frame is at hand."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import tui_vae
from tests.unit.test_photo_detect import eyes_of, placed
from tui_vae.errors import UserError
from tui_vae.photo import Face, find_faces
from tui_vae.photo import camera as camera_module
from tui_vae.photo.camera import Camera, Search, Shot, Tracker, check, parse_source, smoothed

FRAMES = 12


def place(number: int) -> tuple[complex, float, float]:
    """Where the face is in a frame: it wanders to the right and tilts."""
    return 110 + 6 * number + 120j, 2.5, -6 + float(number)


def written(path: Path, frames: list[np.ndarray], fps: float = 100) -> Path:
    """A video file of pictures (240, 320, 3)."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (320, 240))
    assert writer.isOpened()
    for frame in frames:
        writer.write(frame[..., ::-1])
    writer.release()
    return path


@pytest.fixture(scope="module")
def frames() -> list[np.ndarray]:
    face = tui_vae.load("faces").preview
    canvas = np.full((240, 320, 3), 150, np.uint8)
    return [placed(face, *place(number), canvas=canvas) for number in range(FRAMES)]


@pytest.fixture(scope="module")
def video(frames: list[np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("video") / "face.avi", frames)


def test_a_moving_face_is_followed(frames: list[np.ndarray]) -> None:
    tracker = Tracker()
    for number, frame in enumerate(frames):
        eyes = tracker.follow(frame)
        assert eyes is not None
        truth = eyes_of(64, *place(number))
        distance = abs(truth[1] - truth[0])
        assert max(abs(a - b) for a, b in zip(eyes, truth, strict=True)) < 0.2 * distance


def test_a_face_that_goes_is_lost_and_one_that_comes_is_found(frames: list[np.ndarray]) -> None:
    tracker = Tracker()
    wall = np.full_like(frames[0], 150)
    assert tracker.follow(frames[0]) is not None
    assert [tracker.follow(wall) for _ in range(2)] == [None, None]
    assert any(tracker.follow(frames[0]) is not None for _ in range(4))


def test_a_large_frame_gives_its_own_pixels(frames: list[np.ndarray]) -> None:
    large = cv2.resize(frames[0], (960, 720))
    small, eyes = Tracker().follow(frames[0]), Tracker().follow(large)
    assert small is not None and eyes is not None
    for a, b in zip(small, eyes, strict=True):
        assert abs(3 * a - b) < 6


def test_noise_is_smoothed_and_movement_is_followed() -> None:
    before = (0j, 100 + 0j)
    assert abs(smoothed(before, (1 + 0j, 101 + 0j))[0]) < 0.2
    assert smoothed(before, (40 + 0j, 140 + 0j)) == (40 + 0j, 140 + 0j)


def test_a_video_is_read_to_its_end(video: Path) -> None:
    arrived = threading.Semaphore(0)
    with Camera(video, arrived.release) as camera:
        for _ in range(FRAMES + 1):  # one more when it has ended
            assert arrived.acquire(timeout=20)
        assert camera.has_ended
        shot = camera.latest()
    assert shot is not None and shot.number == FRAMES - 1
    assert shot.image.shape == (240, 320, 3) and shot.eyes is not None
    assert abs(shot.image[0, 0].astype(int) - 150).max() < 6  # and not blue for red
    truth = eyes_of(64, *place(FRAMES - 1))
    assert abs(shot.eyes[0] - truth[0]) < 0.2 * abs(truth[1] - truth[0])


def test_a_search_keeps_no_frame_back(
    frames: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may take as long as it likes: all frames come meanwhile, and what it finds is followed afterwards."""
    go_on, arrived = threading.Event(), threading.Semaphore(0)

    def slow(*arguments: Any) -> list[Face]:
        assert go_on.wait(20)
        return find_faces(*arguments)

    monkeypatch.setattr(camera_module, "find_faces", slow)
    try:
        with Camera(written(tmp_path / "a.avi", frames), arrived.release) as camera:
            for _ in range(FRAMES):
                assert arrived.acquire(timeout=20)
            shot = camera.latest()
            assert shot is not None and shot.number == FRAMES - 1 and shot.eyes is None
            go_on.set()
            assert arrived.acquire(timeout=20)
            shot = camera.latest()
            assert shot is not None and shot.eyes is not None
    finally:
        go_on.set()


def test_tilted_heads_are_searched_in_turn(frames: list[np.ndarray]) -> None:
    wall = np.full((240, 320, 3), 150, np.uint8)
    face = tui_vae.load("faces").preview
    search = Search()
    try:
        for picture in (frames[0], placed(face, 150 + 120j, 2.5, 60, wall)):
            deadline = time.monotonic() + 20
            while (eyes := search(picture)) is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert 10 < abs(eyes[1] - eyes[0]) < 100
            while search(wall) is not None:  # what is found of the picture before
                time.sleep(0.01)
    finally:
        search.close()


def test_a_smaller_picture_has_the_same_colours(frames: list[np.ndarray]) -> None:
    small = Shot(0, frames[0], None).reduced(24, 32)
    assert small.shape == (24, 32, 3) and small.dtype == np.uint8
    np.testing.assert_array_equal(small[0, 0], frames[0][0, 0])


def test_closing_ends_the_thread_in_the_middle(video: Path) -> None:
    camera = Camera(video)
    camera.close()
    camera.close()
    assert camera.has_ended
    assert not {"camera", "face search"} & {thread.name for thread in threading.enumerate()}


def test_a_camera_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    for ask in (Camera, check):
        with pytest.raises(UserError, match="camera 97: not there"):
            ask(97)
    assert capfd.readouterr() == ("", "")  # OpenCV's warnings would lie over the screen


def test_a_file_that_is_no_video(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video" * 100)
    with pytest.raises(UserError, match="not a video"):
        Camera(path)
    assert capfd.readouterr().err == ""


def test_sources_as_they_are_typed(video: Path) -> None:
    assert parse_source("0") == 0
    assert parse_source(str(video)) == video
    check(video)
    for text in ("-1", "nothing.mp4", ""):
        with pytest.raises(UserError, match="neither a camera's number"):
            parse_source(text)
