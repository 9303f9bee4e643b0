"""Bytes per frame in thin-link mode and exactly, against stock rich-pixels; and the explorer on links of 200 and
50 KB/s with 30 keys a second. All in one run."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.console import Console
from rich_pixels import Pixels

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.terminal.exploring import grid_of
from tests.terminal.pty_session import CellRegion
from tests.terminal.slow_link import press, probed
from tui_vae.api import VAE, load
from tui_vae.latent.explorer import FINE_STEP, Explorer
from tui_vae.terminal import halfblock
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.thin import LEVELS, simplify

FRAMES, LEGS = 60, 3
SECONDS = 10.0
SIZE, FACE = (40, 100), CellRegion(3, 1, 31, 62)
"""The terminal, and where the face is in it."""

Images = npt.NDArray[np.uint8]


def psnr(image: Images, truth: Images) -> float:
    """In dB."""
    error = float(np.square(image.astype(float) - truth).mean())
    return float(10 * np.log10(255**2 / error)) if error else np.inf


def stock_bytes(image: Images) -> int:
    """What a Static with rich-pixels sends."""
    console = Console(file=io.StringIO(), color_system="truecolor", width=image.shape[1] + 1, force_terminal=True)
    console.print(Pixels.from_image(Image.fromarray(image)))
    return len(console.file.getvalue().encode())  # type: ignore[attr-defined]


def bench_bytes(vae: VAE) -> None:
    """A walk between random faces, row by row as the explorer would write it."""
    points = [vae.space.sample(seed) for seed in range(LEGS + 1)]
    steps = np.linspace(0, LEGS, FRAMES, endpoint=False)
    walk = np.stack([points[int(s)] + (s % 1) * (points[int(s) + 1] - points[int(s)]) for s in steps])
    images = vae.decode(walk.astype(np.float32))
    stock = np.mean([stock_bytes(image) for image in images])
    print(f"stock rich-pixels  {stock / 1000:6.1f} KB per frame, {FRAMES} frames of 64x64 between {LEGS + 1} faces")
    for level in range(len(LEVELS)):
        shown: Images | None = None
        sizes, quality, started = [], [], time.process_time()
        for image in images:
            now = simplify(image, shown, level)
            texts = halfblock.rows(now, ColourDepth.TRUECOLOUR, compact=True)
            rows = np.arange(len(texts))
            if shown is not None:
                rows = np.flatnonzero((now != shown).reshape(len(texts), -1).any(axis=1))
            sizes.append(sum(len(texts[row].encode()) for row in rows))
            quality.append(psnr(now, image))
            shown = now
        cpu = 1000 * (time.process_time() - started) / FRAMES
        print(
            f"thin level {level}       {np.mean(sizes) / 1000:6.1f} KB  ratio {np.mean(sizes) / stock:5.3f}"
            f"  PSNR mean {np.mean(quality):5.1f} least {min(quality):5.1f} dB  {cpu:4.1f} ms CPU"
        )


def bench_link(vae: VAE, rate: float, folder: Path) -> None:
    """Hold a key down at the far end of a link."""
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    with probed("faces", folder, environment, SIZE, rate) as (session, gaps):
        session.wait_for(lambda text: "marks" in text and "loading" not in text, 90)
        press(session, 2.0)
        memory, started = session.resident(), time.monotonic()
        ended = press(session, SECONDS)
        sent = session.bytes_since(started)
        state = Explorer(vae.space)
        for number in [*range(60), *range(int(30 * SECONDS))]:
            state.nudge(FINE_STEP if number // 25 % 2 == 0 else -FINE_STEP)
        truth = vae.decode(state.point.z[None], grid_of(FACE))[0]
        close = exact = None
        while exact is None and time.monotonic() < ended + 20:
            try:
                quality = psnr(session.pixels(FACE), truth)
            except ValueError:
                continue
            now = time.monotonic()
            close = now - ended if close is None and quality > 30 else close
            exact = now - ended if quality == np.inf else exact
            time.sleep(0.01)
        grown = session.resident() - memory
    during = [gap.seconds for gap in gaps if started < gap.end < ended]
    print(
        f"{rate / 1000:4.0f} KB/s, {SECONDS:.0f} s: {sent / SECONDS / 1000:5.1f} KB/s sent;"
        f" event loop gaps over 12 ms: {len(during)}, longest {1000 * max(during, default=0.0):.0f} ms;"
        f" last key's face at 30 dB after {close or np.nan:.2f} s, exact after {exact or np.nan:.2f} s;"
        f" memory {grown / 1e6:+.1f} MB"
    )


def main() -> None:
    """Print everything."""
    vae = load("faces")
    bench_bytes(vae)
    for rate in (200_000, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            bench_link(vae, rate, Path(folder))


if __name__ == "__main__":
    main()
