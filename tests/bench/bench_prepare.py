"""prepare: images per second, and whether its memory grows with the set. Each measurement is a process of its own.

``bench_prepare.py [ZIP]``: an archive of images to take instead of generated ones (WebP, 128 px).
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from PIL import Image

COUNT, SIZE = 5000, 64
SHARED = Path(__file__).parents[3] / "shared" / "data" / "faces-128.zip"
CHILD = """
import json, resource, sys, time
from pathlib import Path
from train.data.pixels import Preprocessing
from train.data.prepare import prepare
started, spent = time.perf_counter(), time.process_time()
made = prepare(sys.argv[1], Path(sys.argv[2]), Preprocessing(int(sys.argv[3])))
seconds, cpu = time.perf_counter() - started, time.process_time() - spent
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"images": len(made.names), "seconds": seconds, "cpu": cpu, "peak": peak}))
"""


def generated(count: int) -> list[bytes]:
    """Smooth colourful pictures of 128 px, about as hard to decode as photographs."""
    rng = np.random.default_rng(0)
    files = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (16, 16, 3)).astype(np.uint8))
        stream = io.BytesIO()
        coarse.resize((128, 128), Image.Resampling.BICUBIC).save(stream, "WEBP", quality=85)
        files.append(stream.getvalue())
    return files


def pack(path: Path, files: list[bytes], count: int) -> Path:
    """An archive of ``count`` images: the files, again and again."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, data in enumerate(islice(cycle(files), count)):
            archive.writestr(f"{number % 50:02d}/{number:06d}.webp", data)
    return path


def measure(source: Path, output: Path) -> dict[str, float]:
    """Prepare in a new process -> images, seconds and CPU seconds (without the start of Python), peak (bytes)."""
    child = [sys.executable, "-c", CHILD, str(source), str(output), str(SIZE)]
    done = subprocess.run(child, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print images per second, and the peak memory of four times as many images over that of as many."""
    real = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if real.is_file():
            with zipfile.ZipFile(real) as archive:
                files = [archive.read(item) for item in islice(archive.namelist(), COUNT)]
        else:
            files = generated(500)
        small = measure(pack(folder / "small.zip", files, COUNT), folder / "small")
        large = measure(pack(folder / "large.zip", files, 4 * COUNT), folder / "large")
    what = real.name if real.is_file() else "generated WebP"
    for figures in (small, large):
        rate = figures["images"] / figures["seconds"]
        print(f"{figures['images']:7,.0f} images ({what}) -> {SIZE} px  {rate:7,.0f} images/s", end="")
        print(f"  {1e3 * figures['cpu'] / figures['images']:.2f} ms of CPU each", end="")
        print(f"  peak {figures['peak'] / 1e6:.0f} MB  ({os.cpu_count()} cores)")
    print(f"peak memory, four times the images: {large['peak'] / small['peak']:.2f} x")


if __name__ == "__main__":
    main()
