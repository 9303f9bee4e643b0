"""CPU and bytes per face of 320x320 real pixels: kitty and sixel at every level, against half blocks, in one run.

With textual-image installed its sixel encoder is measured beside ours, on the same reduced picture.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from tui_vae.api import load
from tui_vae.terminal import halfblock, sixel
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.graphics import REDUCTIONS, Graphics, fit_area, picture

FRAMES = 10


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
    """Print all of them and their ratios to half blocks."""
    area = fit_area(64, 64, 40, 20, (16, 8))
    assert area is not None
    vae = load("faces")
    points = np.stack([vae.space.sample(seed) for seed in range(FRAMES)])
    images, small = vae.decode(points, area.grid), vae.decode(points, (40, 40))

    def cells(image: np.ndarray) -> str:
        return "\n".join(halfblock.rows(image, ColourDepth.TRUECOLOUR))

    cells(small[0])
    base = cost(cells, small)

    def tell(name: str, found: tuple[float, float]) -> None:
        ratios = f"{found[0] / base[0]:6.1f} x CPU {found[1] / base[1]:6.2f} x bytes"
        print(f"{name:32} {found[0]:7.2f} ms CPU {found[1] / 1000:7.1f} KB  {ratios}")

    tell("half blocks, 40x40", base)
    for graphics in Graphics:
        for level, reduction in enumerate(REDUCTIONS):

            def paint(image: np.ndarray, graphics: Graphics = graphics, level: int = level) -> str:
                return picture(image, graphics, area, level).data

            tell(f"{graphics.value}, sides / {reduction}", cost(paint, images))
    try:
        from textual_image._sixel import image_to_sixels
    except ImportError:
        print("textual-image is not installed: not compared")
        return
    tell("sixel without grain", cost(lambda image: sixel.encode(image, *area.grid), images))

    def theirs(image: np.ndarray) -> str:
        return str(image_to_sixels(Image.fromarray(image).quantize(256, Image.Quantize.FASTOCTREE)))

    tell("the same by textual-image", cost(theirs, images))


if __name__ == "__main__":
    main()
