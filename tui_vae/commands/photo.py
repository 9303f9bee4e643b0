"""``--photo``: a face of the user's own as a latent."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tui_vae.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tui_vae.app.model import LatentModel


@dataclass(frozen=True)
class Encoded:
    """A photo's part as the model takes it, uint8 (H, W, C), and its latent (L,)."""

    original: npt.NDArray[np.uint8]
    z: npt.NDArray[np.float32]


def add_options(which: argparse._MutuallyExclusiveGroup, command: argparse._ArgumentGroup) -> None:
    """``--photo`` among the ways to choose a face, and what belongs to it."""
    which.add_argument("--photo", type=Path, metavar="FILE", help="the face in a photo (needs tui-vae[photo])")
    command.add_argument("--face", type=int, metavar="N", help="which face of --photo, the largest is 1 (default: 1)")
    command.add_argument("--centre", action="store_true", help="take the middle of --photo instead of a face")
    command.add_argument("--fit", type=int, metavar="N", help="fit the latent to --photo in N steps")
    command.add_argument("--compare", action="store_true", help="original, reconstruction, nearest face of the dataset")


def check(options: argparse.Namespace) -> None:
    """Refuse what does not go together, before anything is loaded.

    Raises:
        UserError: it does not.
    """
    if options.photo is None:
        for name, given in (
            ("--face", options.face is not None), ("--centre", options.centre), ("--fit", options.fit is not None),
            ("--compare", options.compare),
        ):  # fmt: skip
            if given:
                raise UserError(f"{name} needs --photo FILE")
        return
    if options.centre and options.face is not None:
        raise UserError("--centre takes no face: leave --face out")
    if options.face is not None and options.face < 1:
        raise UserError(f"--face {options.face}: faces are counted from 1")
    if options.fit is not None and not 1 <= options.fit <= 10_000:
        raise UserError(f"--fit {options.fit}: from 1 to 10000 steps are supported")
    if options.compare and any(
        getattr(options, take) is not None for take in ("to", "tour", "traverse", "grid", "sheet")
    ):
        raise UserError("--compare: one picture of one face; leave the other faces out")
    if options.compare and (options.output is None or options.output.suffix.lower() != ".png"):
        raise UserError("--compare needs --output FILE.png")
    from tui_vae import photo

    photo.require()


def check_file(path: Path) -> None:
    """Refuse to open what is no file, before the terminal is taken over.

    Raises:
        UserError: it is none, or there is no OpenCV.
    """
    from tui_vae import photo

    photo.require()
    if not path.is_file():
        raise UserError(f"--photo {path}: no such file")


def check_camera(text: str) -> int | Path:
    """The camera or video file that is meant, once it has been opened and let go again.

    Raises:
        UserError: there is none, or it cannot be read, or there is no OpenCV.
    """
    from tui_vae import photo

    photo.require()
    from tui_vae.photo import camera

    source = camera.parse_source(text)
    camera.check(source)
    return source


def encoded_by(model: LatentModel, path: Path) -> npt.NDArray[np.float32]:
    """The latent (L,) of a photo's largest face, for a model of any kind.

    Raises:
        UserError: the photo cannot be read, or has no face, or the model no encoder.
    """
    from tui_vae.model.frame import Frame
    from tui_vae.photo.choosing import open_photo

    if model.encode is None:
        raise UserError(f"--photo {path}: this model has no encoder: it cannot take photos")
    photo = open_photo(path)
    if not photo.faces:
        raise UserError(f"{path}: no face found; tui-vae render --photo FILE --centre takes the middle of the picture")
    height, width, channels = model.preview.shape
    part = photo.part(0, getattr(model, "frame", Frame()), (height, width, channels))
    z: npt.NDArray[np.float32] = model.encode(part[None])[0]
    return z


def encoded(vae: LatentModel, options: argparse.Namespace) -> Encoded:
    """Read, align and encode the photo; fit the latent to it where that was asked for.

    Raises:
        UserError: it cannot be read, or has no such face.
    """
    from tui_vae.api import VAE
    from tui_vae.photo.choosing import open_photo

    if not isinstance(vae, VAE):
        raise UserError(f"--photo {options.photo}: only a checkpoint knows where eyes are in its images")
    photo = open_photo(options.photo)
    if not photo.faces and not options.centre:
        raise UserError(f"{options.photo}: no face found; --centre takes the middle of the picture")
    number = options.face or 1
    if not options.centre and number > len(photo.faces):
        raise UserError(f"--face {number}: faces in {options.photo}: {len(photo.faces)}")
    original = photo.part(None if options.centre else number - 1, vae.frame, vae.architecture.input)
    z = vae.encode(original[None])[0]
    if options.fit is not None:
        from tui_vae.progress import Progress

        with Progress("steps", options.fit) as progress:
            for fitted in vae.fit(original, z, options.fit):
                z = fitted.z
                progress.advance(fitted.step and 1, f"error {fitted.error:.1f} of 255")
    return Encoded(original, z)


def comparison(vae: LatentModel, shown: Encoded, size: int | None) -> npt.NDArray[np.uint8]:
    """Original, reconstruction and the decoded nearest item of the dataset, side by side: uint8 (H, 3 W, C)."""
    import cv2
    import numpy as np

    from tui_vae.latent.neighbours import Neighbourhood

    height, width, channels = vae.preview.shape
    grid = (size, max(1, round(size * width / height))) if size else (height, width)
    nearest = Neighbourhood(vae.space).nearest(shown.z, 1)[0]
    decoded = vae.decode(np.stack([shown.z, vae.space.atlas[nearest.index]]), grid)
    original = shown.original
    if size:
        smooth = cv2.INTER_AREA if size < height else cv2.INTER_CUBIC
        original = np.asarray(cv2.resize(original, grid[::-1], interpolation=smooth), np.uint8).reshape(*grid, channels)
    return np.concatenate([original, *decoded], axis=1)
