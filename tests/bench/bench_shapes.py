"""How close every cell shape comes to the decoded face, beside chafa at the same cells, symbols and colours.

Faces are decoded far finer than the cells, at FINE pixels per cell. We get them averaged down to a shape's pixels;
chafa gets them whole. What either shows is painted at that fine size again and compared. Two figures per line, in dB:
PSNR of the sRGB values as they are, and PSNR after a small blur of the light (Gaussian, sigma one half-block pixel), as
the eye blurs that sees the picture and not its cells: what a dither aims at.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tui_vae.api import load
from tui_vae.terminal import cells
from tui_vae.terminal.colour import PALETTE_16, PALETTE_256, ColourDepth
from tui_vae.terminal.grid import CellShape
from tui_vae.terminal.writing import GLYPHS

FACES = 6
GRIDS = [(12, 24), (21, 42)]
"""(lines, columns); the second is the face of the explorer at 80x24."""
FINE = (24, 8)
SIGMA = 8.0
"""Of the blur, in fine columns: the width of a cell. Up and down it is half the height of one."""
DEPTHS = {ColourDepth.TRUECOLOUR: "full", ColourDepth.ANSI_256: "256", ColourDepth.ANSI_16: "16"}
CHAFAS_16 = np.array(
    [
        *[(0, 0, 0), (128, 0, 0), (0, 112, 0), (112, 112, 0), (0, 0, 112), (112, 0, 112), (0, 112, 112)],
        *[(192, 192, 192), (64, 64, 64), (255, 0, 0), (0, 255, 0), (255, 255, 0), (0, 0, 255), (255, 0, 255)],
        *[(0, 255, 255), (255, 255, 255)],
    ],
    np.uint8,
)
"""What chafa takes the first 16 colours for. Either program is painted in the colours that it believes in."""
SYMBOLS = {
    CellShape.HALF: "vhalf+space+solid",
    CellShape.QUADRANT: "quad+half+space+solid",
    CellShape.SEXTANT: "sextant+space+solid",
    CellShape.ASCII: "space",
}


def light(image: np.ndarray) -> np.ndarray:
    """sRGB 0..255 -> linear 0..1."""
    values = image / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def seen(image: np.ndarray) -> np.ndarray:
    """sRGB values 0..255 after the blur."""
    result = light(image.astype(np.float64))
    for axis, sigma in ((0, SIGMA * FINE[0] / FINE[1] / 2), (1, SIGMA)):
        reach = int(3 * sigma)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        pad = [(reach, reach) if each == axis else (0, 0) for each in range(3)]
        padded = np.pad(result, pad, mode="edge")
        size = result.shape[axis]
        weighted = ((kernel / kernel.sum())[i] * padded.take(np.arange(i, i + size), axis) for i in range(len(kernel)))
        result = sum(weighted, np.zeros_like(result))
    return 255 * np.where(result <= 0.0031308, 12.92 * result, 1.055 * result ** (1 / 2.4) - 0.055)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """In dB, of values 0..255."""
    return float(10 * np.log10(255**2 / np.square(one.astype(np.float64) - other).mean()))


def enlarged(image: np.ndarray, shape: CellShape) -> np.ndarray:
    """Pixels of cells at the fine size."""
    down, across = shape.pixels
    return image.repeat(FINE[0] // down, axis=0).repeat(FINE[1] // across, axis=1)


def averaged(fine: np.ndarray, shape: CellShape) -> np.ndarray:
    """The fine picture at a shape's pixels."""
    down, across = FINE[0] // shape.pixels[0], FINE[1] // shape.pixels[1]
    height, width, _ = fine.shape
    boxes = fine.reshape(height // down, down, width // across, across, 3)
    return np.rint(boxes.mean(axis=(1, 3))).astype(np.uint8)


def _masks() -> dict[str, np.ndarray]:
    """Where every known character is in front, at the fine size of one cell."""
    result = {"▌": np.arange(FINE[1]) < FINE[1] // 2, "▐": np.arange(FINE[1]) >= FINE[1] // 2}
    result = {glyph: np.broadcast_to(mask, FINE) for glyph, mask in result.items()}
    for shape in (CellShape.HALF, CellShape.QUADRANT, CellShape.SEXTANT):
        down, across = shape.pixels
        for pattern, glyph in enumerate(GLYPHS[shape]):
            bits = (pattern >> np.arange(down * across) & 1).reshape(down, across).astype(bool)
            result[glyph] = bits.repeat(FINE[0] // down, axis=0).repeat(FINE[1] // across, axis=1)
    return result


def painted(text: str, lines: int, columns: int, first_16: np.ndarray = PALETTE_16) -> np.ndarray:
    """The picture that ANSI text of these cells shows, at the fine size; every cell must have colours of its own."""
    masks, default = _masks(), np.zeros(3, np.uint8)
    palette = np.concatenate([first_16, PALETTE_256[16:]])
    result = np.empty((lines, FINE[0], columns, FINE[1], 3), np.uint8)
    for y, line in enumerate(text.rstrip("\n").split("\n")):
        front, back, inverse, x = default, default, False, 0
        for code, final, glyph in re.findall(r"\x1b\[([?0-9;]*)([a-zA-Z])|([^\x1b\r])", line):
            if glyph:
                over, under = (back, front) if inverse else (front, back)
                result[y, :, x] = np.where(masks[glyph][..., None], over, under)
                x += 1
            if final != "m":
                continue
            numbers = iter([int(number or 0) for number in code.split(";")])
            for number in numbers:
                if number in (0, 7):
                    inverse = number == 7
                    if not number:
                        front = back = default
                    continue
                if number in (38, 48):
                    rgb = _extended(numbers, palette)
                else:
                    rgb = palette[number % 10 + (8 if number >= 90 else 0)]
                if number // 10 in (3, 9):  # 38, 30 to 37 and 90 to 97
                    front = rgb
                else:
                    back = rgb
        if x and x != columns:
            raise ValueError(f"line {y} has {x} cells, not {columns}")
    return result.reshape(lines * FINE[0], columns * FINE[1], 3)


def _extended(numbers: Iterator[int], palette: np.ndarray) -> np.ndarray:
    if next(numbers) == 2:
        return np.array([next(numbers) for _ in range(3)], np.uint8)
    return palette[next(numbers)]


def chafa(path: Path, lines: int, columns: int, shape: CellShape, depth: ColourDepth, dither: str) -> np.ndarray:
    """What chafa shows."""
    options = f"--format symbols --symbols {SYMBOLS[shape]} --colors {DEPTHS[depth]} --dither {dither} --stretch"
    size = ["--size", f"{columns}x{lines}", "--work", "9", "--polite", "on", "--animate", "off"]
    command = ["chafa", *options.split(), *size, "--preprocess", "off", str(path)]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    return painted(text, lines, columns, CHAFAS_16)


def main() -> None:
    """Print a table, and the time that a frame takes."""
    has_chafa = shutil.which("chafa") is not None
    if not has_chafa:
        print("chafa is not installed: our figures only (Debian: apt-get install chafa)")
    vae = load("faces")
    points = np.stack([vae.space.sample(seed) for seed in range(1, FACES + 1)])
    print(f"PSNR in dB over {FACES} faces: as it is / after a blur; the last column is ms per picture")
    with tempfile.TemporaryDirectory() as folder:
        for lines, columns in GRIDS:
            fine = vae.decode(points, (lines * FINE[0], columns * FINE[1]))
            blurred = [seen(face) for face in fine]
            paths = [Path(folder) / f"{lines}-{number}.png" for number in range(FACES)]
            for face, path in zip(fine, paths, strict=True):
                Image.fromarray(face).save(path)

            def score(pictures: list[np.ndarray], fine: np.ndarray = fine, blurred: list[np.ndarray] = blurred) -> str:
                plain = np.mean([psnr(each, face) for each, face in zip(pictures, fine, strict=True)])
                soft = np.mean([psnr(seen(each), face) for each, face in zip(pictures, blurred, strict=True)])
                return f"{plain:6.2f} / {soft:5.2f}"

            for depth, shape in itertools.product(DEPTHS, CellShape):
                own = [averaged(face, shape) for face in fine]
                cells.rows(own[0], depth, shape)
                started = time.process_time()
                texts = [cells.rows(each, depth, shape) for each in own]
                spent = 1000 * (time.process_time() - started) / FACES
                shown = [enlarged(cells.quantise(each, depth, shape), shape) for each in own]
                for text, picture in zip(texts, shown, strict=True):
                    if not np.array_equal(painted("\n".join(text), lines, columns), picture):
                        sys.exit(f"{shape.value} at {depth.value} writes another picture than `quantise` says")
                line = f"{columns}x{lines} {depth.value:>9} {shape.value:8}  ours {score(shown)}"
                dithers = () if not has_chafa else ("none",) if depth is ColourDepth.TRUECOLOUR else ("none", "ordered")
                for dither in dithers:
                    theirs = [chafa(path, lines, columns, shape, depth, dither) for path in paths]
                    line += f"   chafa {dither} {score(theirs)}"
                print(f"{line}   {spent:5.1f}", flush=True)


if __name__ == "__main__":
    main()
