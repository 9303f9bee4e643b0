"""Held-out faces pasted, turned and scaled, into larger pictures: how many are found, how far their eyes are off, and
what that costs the reconstruction. ``python tests/bench/bench_photo.py [COUNT]``; it needs the face set."""

from __future__ import annotations

import cmath
import csv
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

import tui_vae
from train.data.pixels import Preprocessing, read_image
from train.data.sources import open_source
from train.data.sources.listing import Content
from train.data.split import HeldOut
from train.evaluation.metrics import psnr
from tui_vae.api import VAE
from tui_vae.model.frame import Frame
from tui_vae.photo.align import Eyes, aligned, warped
from tui_vae.photo.camera import Tracker
from tui_vae.photo.detect import find_faces
from tui_vae.progress import Progress

FACES = Path(__file__).resolve().parents[3] / "shared" / "data" / "faces-128.zip"
SIDE, HEIGHT, WIDTH = 128, 480, 640
Pixels = npt.NDArray[np.uint8]


def held_out(count: int) -> list[Content]:
    """Pictures of the test split. Those that stand in the other set too may have been trained on there: left out."""
    with FACES.with_suffix(".csv").open(encoding="utf-8", newline="") as table:
        twice = {row["file"] for row in csv.DictReader(table) if row["celeba_id"]}
    source = open_source(FACES)
    rule = HeldOut()
    names = [name for name in source.listing().names if name not in twice and rule.split_of(Path(name).name) == "test"]
    chosen = sorted(np.random.default_rng(0).permutation(len(names))[:count].tolist())
    return [load() for _, load in source.stream([names[place] for place in chosen])]


def photo_of(face: Pixels, rng: np.random.Generator) -> tuple[Pixels, Eyes]:
    """The face somewhere in a 640x480 picture of its own blurred colours, turned by up to 30 degrees, at 0.6 to 2 times
    its size; and where its eyes are then."""
    turn = cmath.rect(np.exp(rng.uniform(np.log(0.6), np.log(2))), np.radians(rng.uniform(-30, 30)))
    shift = complex(rng.uniform(200, 440), rng.uniform(180, 300)) - turn * complex(SIDE, SIDE) / 2
    source = (0j, complex(SIDE))
    target = (shift, turn * SIDE + shift)
    ground = cv2.resize(cv2.GaussianBlur(face, (0, 0), 30), (WIDTH, HEIGHT))
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    back = (x + 1j * y - shift) / turn
    inside = (np.minimum(back.real, back.imag) > 0) & (np.maximum(back.real, back.imag) < SIDE)
    picture = np.where(inside[..., None], warped(face, source, target, (HEIGHT, WIDTH)), ground).astype(np.uint8)
    left, right = (turn * eye + shift for eye in Frame().eyes(SIDE, SIDE))
    return picture, (left, right)


def accuracy(vae: VAE, pictures: list[Content]) -> list[Pixels]:
    """Print the shares and errors; returns the photos whose face was found."""
    rng = np.random.default_rng(1)
    side = vae.architecture.input[0]
    photos, originals, found, off, extra = [], [], [], [], 0
    with Progress("photos", len(pictures)) as progress:
        for content in pictures:
            photo, truth = photo_of(read_image(content, Preprocessing(SIDE)), rng)
            distance = abs(truth[1] - truth[0])
            faces = find_faces(photo)
            right = [face for face in faces if abs(face.middle - sum(truth) / 2) < distance / 2]
            extra += len(faces) - len(right)
            if right:
                off += [abs(a - b) / distance for a, b in zip(right[0].eyes, truth, strict=True)]
                photos.append(photo)
                originals.append(read_image(content, Preprocessing(side)))
                found.append(aligned(photo, right[0].eyes, vae.frame, (side, side)))
            progress.advance(1)
    direct, ours = np.stack(originals), np.stack(found)
    pixel = vae.frame.eye_distance * side
    print(f"faces found: {len(found)} of {len(pictures)} ({len(found) / len(pictures):.1%}); others reported: {extra}")
    print(
        f"eyes off: mean {np.mean(off) * pixel:.2f}, median {np.median(off) * pixel:.2f}, "
        f"95% below {np.quantile(off, 0.95) * pixel:.2f} pixels of {side} (eyes are {pixel:.1f} apart)"
    )
    again = vae.reconstruct(ours)
    print(f"PSNR of the reconstruction: straight from the set {psnr(direct, vae.reconstruct(direct)).mean():.2f} dB")
    print(f"  from the photo, to what was aligned {psnr(ours, again).mean():.2f} dB, "
          f"to the set's own crop {psnr(direct, again).mean():.2f} dB")  # fmt: skip
    return photos


def speed(vae: VAE, photos: list[Pixels]) -> None:
    """Faces a second when each frame is tracked, aligned, encoded and decoded."""
    photo = photos[0]
    shape = vae.architecture.input
    tracker = Tracker()
    vae.reconstruct(np.zeros((1, *shape), np.uint8))
    tracker.follow(photo)
    spent = np.zeros(3)
    for number in range(60):
        moved = np.roll(photo, number % 7, axis=1)
        times = [time.perf_counter()]
        eyes = tracker.follow(moved)
        times.append(time.perf_counter())
        face = aligned(moved, eyes, vae.frame, shape[:2]) if eyes else np.zeros(shape, np.uint8)
        times.append(time.perf_counter())
        vae.decode(vae.encode(face[None]))
        times.append(time.perf_counter())
        spent += np.diff(times)
    tracking, aligning, coding = 1000 * spent / 60
    print(
        f"camera, 640x480: {60 / spent.sum():.0f} frames/s "
        f"(track {tracking:.1f} ms, align {aligning:.1f}, encode and decode {coding:.1f})"
    )


def main() -> None:
    if not FACES.exists():
        print(f"skipped: {FACES.name} is not there")
        return
    vae = tui_vae.load("faces")
    speed(vae, accuracy(vae, held_out(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))


if __name__ == "__main__":
    main()
