"""Any function from latents to images, as a model that the explorer can open.

The function is somebody's own, in JAX, PyTorch or NumPy. What it gives is checked and brought into the one form that
the explorer knows: uint8 (N, H, W, C). What is wrong with it is said in one line.
"""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tui_vae.errors import UserError, one_line
from tui_vae.files import whole_file
from tui_vae.latent.fitted import fitted_space, prior_space
from tui_vae.latent.space import LatentSpace
from tui_vae.model.checkpoint import printable

Function = Callable[[npt.NDArray[np.float32]], Any]
Images = npt.NDArray[np.uint8]

MAX_SIDE = 4096
OVERSHOOT = 0.5
"""How far beyond 0..1 the first images may go: a network without a sigmoid overshoots, one of range -1..1 does more."""


@dataclass(frozen=True)
class Form:
    """How a decoder gives its images: (height, width) in pixels, ``channels`` 1 or 3, the order of the dimensions
    ("NHWC", "NCHW" or "NHW"), and whether as uint8 (0..255) or float (0..1)."""

    size: tuple[int, int]
    channels: int
    order: str
    is_uint8: bool

    def floats(self, images: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Images of this form -> float32 (N, H, W, C) in 0..1."""
        array = images.astype(np.float32) / 255 if self.is_uint8 else images.astype(np.float32)
        if self.order == "NCHW":
            array = array.transpose(0, 2, 3, 1)
        return np.clip(array.reshape(len(array), *self.size, self.channels), 0, 1)

    def back(self, images: Images) -> npt.NDArray[Any]:
        """uint8 (N, H, W, C) -> images of this form: what an encoder gets."""
        array = images if self.is_uint8 else images.astype(np.float32) / 255
        if self.order == "NCHW":
            array = array.transpose(0, 3, 1, 2)
        return np.ascontiguousarray(array[..., 0] if self.order == "NHW" else array)


class FunctionModel:
    """A decoder function, and perhaps an encoder, as the explorer's `LatentModel`.

    ``decode`` is tried on two latents at once. Whatever it raises then or later becomes a `UserError` of one line, and
    the full traceback goes into ``log``, or into the error where ``log`` is ``None``.

    Args:
        decode: float32 (N, L) -> images: float 0..1 or uint8, (N, H, W, C), (N, C, H, W) or (N, H, W), C 1 or 3.
        space: atlas and axes.
        encode: images, as ``decode`` gives them, -> latents (N, L).
        name: what to call it.
        log: the file for tracebacks.

    Raises:
        UserError: the function fails, or gives something else than images.
    """

    def __init__(
        self, decode: Function, space: LatentSpace, encode: Function | None, name: str, log: Path | None
    ) -> None:
        self.name, self.space = name, space
        self._function, self._encoder, self._log = decode, encode, log
        probes = np.stack([space.mean, space.atlas[0]])
        images = self._call(decode, probes, "the decoder")
        self._form = _form(images)
        _check_values(images)
        self.preview = _rounded(self._floats(images, len(probes))[0])
        self.encode = self._encode if encode is not None else None

    def decode(self, z: npt.NDArray[np.float32], grid: tuple[int, int] | None = None) -> Images:
        """Latents (N, L) -> uint8 images (N, height, width, C) at ``grid``, or at the function's own size."""
        z = np.array(z, np.float32, ndmin=2)  # a copy: the function may write into it
        images = self._floats(self._call(self._function, z, "the decoder"), len(z))
        if grid is not None and grid != self._form.size:
            return np.stack([_rounded(resized(image, grid)) for image in images])
        return _rounded(images)

    def _encode(self, images: Images) -> npt.NDArray[np.float32]:
        """uint8 images (N, H, W, C) of the decoder's own size -> latents (N, L)."""
        assert self._encoder is not None
        latents = self._call(self._encoder, self._form.back(images), "the encoder")
        wanted = (len(images), len(self.space.mean))
        if latents.shape != wanted or latents.dtype.kind not in "fiu" or not np.isfinite(latents).all():
            raise UserError(
                f"the encoder gave {latents.dtype} {latents.shape}; expected {wanted[0]} x {wanted[1]} finite numbers"
            )
        return latents.astype(np.float32)

    def _floats(self, images: npt.NDArray[Any], count: int) -> npt.NDArray[np.float32]:
        form = self._form
        height, width = form.size
        shapes = {"NHWC": (height, width, form.channels), "NCHW": (form.channels, height, width), "NHW": form.size}
        wanted = (count, *shapes[form.order])
        if images.shape != wanted:
            raise UserError(f"the decoder gave images of shape {images.shape} for {count} latents; expected {wanted}")
        if (images.dtype == np.uint8) is not form.is_uint8 or images.dtype.kind not in "fu":
            raise UserError(f"the decoder gave {images.dtype}; expected {'uint8' if form.is_uint8 else 'float'} again")
        if not form.is_uint8 and not np.isfinite(images).all():
            raise UserError("the decoder gave pixels that are NaN or infinite; expected 0 to 1")
        return form.floats(images)

    def _call(self, function: Function, argument: npt.NDArray[Any], who: str) -> npt.NDArray[Any]:
        try:
            return to_numpy(function(argument))
        except Exception as error:  # somebody's own code raises what it likes
            raise failure(error, who, self._log) from error


def open_function(
    decode: Function,
    latents: Any = None,
    latent_dim: int | None = None,
    encode: Function | None = None,
    names: Sequence[str] | None = None,
    labels: Mapping[str, Sequence[Any]] | None = None,
    *,
    name: str | None = None,
    log: Path | None = None,
) -> FunctionModel:
    """A function as a model: see :func:`tui_vae.explore`.

    Raises:
        UserError: what the arguments or the function's images are, and what was expected.
    """
    if not callable(decode):
        raise UserError(f"the decoder is no function but a {type(decode).__name__}")
    if encode is not None and not callable(encode):
        raise UserError(f"the encoder is no function but a {type(encode).__name__}")
    if latents is None:
        if latent_dim is None:
            raise UserError(
                "how many latents does the decoder take? Give latent_dim, or latents of shape (N, latent_dim)"
            )
        if names is not None or labels is not None:
            raise UserError("names and labels are of latents: give these too")
        space = prior_space(latent_dim)
    else:
        array = to_numpy(latents)
        if latent_dim is not None and array.shape[1:] != (latent_dim,):
            raise UserError(f"latents of shape {array.shape} do not have latent_dim = {latent_dim} numbers each")
        clean = None if names is None else [printable(str(each)) for each in names]
        space = fitted_space(array, clean, {printable(str(key)): column for key, column in (labels or {}).items()})
    own = getattr(decode, "__name__", "")
    return FunctionModel(decode, space, encode, printable(name or (own if own.isidentifier() else "decoder")), log)


def to_numpy(value: Any) -> npt.NDArray[Any]:
    """A NumPy array of a NumPy, JAX or PyTorch array, wherever that lies and whatever gradients it has."""
    if hasattr(value, "detach"):  # PyTorch
        value = value.detach().cpu()
        if str(value.dtype) == "torch.bfloat16":  # which NumPy does not know
            value = value.float()
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def resized(image: npt.NDArray[np.float32], grid: tuple[int, int]) -> npt.NDArray[np.float32]:
    """float32 (H, W, C) -> (*grid, C): cubic (Keys 1981, a = -0.5), antialiased down, as `model.engine` does it."""
    height, width = grid
    channels = [
        np.asarray(Image.fromarray(np.ascontiguousarray(channel)).resize((width, height), Image.Resampling.BICUBIC))
        for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack(channels, axis=-1)


def failure(error: BaseException, who: str, log: Path | None) -> UserError:
    """An exception of somebody's code in one line: type, message, and the innermost place outside of libraries."""
    text = printable(f"{who} raised {type(error).__name__}: {one_line(error)}{_place(error)}")
    full = "".join(traceback.format_exception(error))
    if log is None:
        return UserError(f"{text}\n{full.rstrip()}")
    try:
        with whole_file(log, make_folder=True) as scratch:
            scratch.write_text(full, encoding="utf-8", errors="replace")
    except UserError:  # a full disk must not hide what happened
        return UserError(text)
    return UserError(f"{text}; traceback: {log}")


def _place(error: BaseException) -> str:
    others = (str(Path(__file__).parent), sysconfig.get_path("stdlib"), "<")
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(others) and "site-packages" not in frame.filename
    ]
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""


def _form(images: npt.NDArray[Any]) -> Form:
    """What two latents became.

    Raises:
        UserError: no images, or images whose channels could be in either place.
    """
    shape, came = images.shape, f"the decoder gave {images.dtype} {images.shape} for 2 latents"
    expected = "expected (2, H, W, C), (2, C, H, W) or (2, H, W), C 1 or 3"
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise UserError(f"{came}; expected float (0 to 1) or uint8")
    if len(shape) not in (3, 4) or shape[0] != 2 or not 0 < min(shape) <= max(shape) <= MAX_SIDE:
        raise UserError(f"{came}; {expected}")
    is_uint8 = images.dtype == np.uint8
    if len(shape) == 3:
        return Form((shape[1], shape[2]), 1, "NHW", is_uint8)
    last, first = shape[3] in (1, 3), shape[1] in (1, 3)
    if last and first:
        raise UserError(f"{came}: the channels could be the second or the last dimension; give (2, H, W)")
    if last:
        return Form((shape[1], shape[2]), shape[3], "NHWC", is_uint8)
    if first:
        return Form((shape[2], shape[3]), shape[1], "NCHW", is_uint8)
    raise UserError(f"{came}; {expected}")


def _check_values(images: npt.NDArray[Any]) -> None:
    if images.dtype == np.uint8 or not np.isfinite(images).all():  # the latter is told of every frame
        return
    low, high = float(images.min()), float(images.max())
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        raise UserError(f"the decoder gave values from {low:.3g} to {high:.3g}; expected 0 to 1 (or uint8)")


def _rounded(images: npt.NDArray[np.float32]) -> Images:
    return np.round(np.clip(images, 0, 1) * 255).astype(np.uint8)
