"""Pictures a second of the live mirror, as it tells them itself, on a pseudo-terminal; with a face and without.

``python tests/bench/bench_camera.py``; it makes its videos of the bundled faces, 30 frames a second of 640x480.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import tui_vae
from tests.bench.bench_key import TimedSession
from tests.unit.test_photo_detect import placed

SECONDS, WARM_UP = 8, 2


def video(path: Path, with_face: bool) -> Path:
    """A face that goes round in front of coloured noise, or that alone; longer than it is looked at."""
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
    ground = np.asarray(cv2.resize(cv2.GaussianBlur(noise, (0, 0), 2), (640, 480)), np.uint8)
    face = tui_vae.load("faces").preview
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 30, (640, 480))
    round_trip = []
    for angle in np.linspace(0, 2 * np.pi, 90, endpoint=False):
        middle = 320 + 240j + 100 * np.exp(1j * angle)
        round_trip.append(placed(face, middle, 3.5, 8 * np.sin(angle), ground) if with_face else np.roll(ground, 1))
        ground = np.roll(ground, 3, axis=1)
    for number in range(40 * 30):
        writer.write(round_trip[number % len(round_trip)][..., ::-1])
    writer.release()
    return path


def bench(path: Path, rows: int, cols: int, wanted: str) -> None:
    """Read the rate off the screen, twice a second."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    command = [sys.executable, "-m", "tui_vae", "--checkpoint", "faces", "--camera", str(path)]
    with TimedSession(command, environment, rows, cols) as session:
        session.wait_for(lambda text: wanted in text and "loading" not in text, 90)
        session.is_emulating = False  # which takes longer than the program itself
        time.sleep(WARM_UP)
        before = len(session.raw)
        time.sleep(SECONDS)
        raw = session.raw[before:]
        session.terminate()
    rates = [int(rate) for rate in re.findall(rf"(\d+) fps · {wanted}".encode(), raw)]  # told when they change
    print(
        f"{cols}x{rows}, {wanted}: {np.median(rates):.0f} pictures/s in the median, {min(rates)} at least; "
        f"{len(raw) / SECONDS / 1000:.0f} KB/s; load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        for wanted, with_face in (("face found", True), ("no face found", False)):
            path = video(Path(folder, f"{with_face}.avi"), with_face)
            for rows, cols in ((24, 80), (60, 200)):
                bench(path, rows, cols, wanted)


if __name__ == "__main__":
    main()
