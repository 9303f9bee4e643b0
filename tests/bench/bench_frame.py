"""CPU and bytes per 64x64 truecolour frame: our rows against stock rich-pixels, in one run."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

import numpy as np
from PIL import Image
from rich.console import Console
from rich_pixels import Pixels

from tui_vae.api import load
from tui_vae.terminal import halfblock
from tui_vae.terminal.colour import ColourDepth

FRAMES = 30


def stock(image: np.ndarray) -> str:
    """What a Static with rich-pixels sends."""
    console = Console(file=io.StringIO(), color_system="truecolor", width=80, force_terminal=True)
    console.print(Pixels.from_image(Image.fromarray(image)))
    return console.file.getvalue()  # type: ignore[attr-defined]


def ours(image: np.ndarray) -> str:
    """The same picture from our renderer."""
    return "\n".join(halfblock.rows(image, ColourDepth.TRUECOLOUR))


def cost(render: Callable[[np.ndarray], str], images: np.ndarray) -> tuple[float, float]:
    """Median CPU milliseconds and mean bytes per frame."""
    times, sizes = [], []
    for image in images:
        started = time.process_time()
        text = render(image)
        times.append(1000 * (time.process_time() - started))
        sizes.append(len(text.encode()))
    return float(np.median(times)), float(np.mean(sizes))


def main() -> None:
    """Print both and their ratios."""
    images = load("faces").sample(FRAMES, seed=1)
    ours(images[0])  # tables are built once
    (stock_ms, stock_bytes), (our_ms, our_bytes) = cost(stock, images), cost(ours, images)
    print(f"stock rich-pixels  {stock_ms:7.2f} ms CPU  {stock_bytes / 1000:6.1f} KB  per frame, {FRAMES} frames")
    print(f"tui_vae.terminal   {our_ms:7.2f} ms CPU  {our_bytes / 1000:6.1f} KB")
    print(f"ratios             {our_ms / stock_ms:7.3f}          {our_bytes / stock_bytes:6.3f}")


if __name__ == "__main__":
    main()
