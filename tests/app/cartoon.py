"""A decoder without JAX: a flat cartoon face, the same to the last bit on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tui_vae.app.model import Grid
from tui_vae.latent.axes import attribute_axes, pca_axes, raw_axes
from tui_vae.latent.space import Atlas, LatentSpace

LATENTS, ITEMS = 24, 40


def cartoon_space(latents: int = LATENTS) -> LatentSpace:
    """Axes that are permutations of the latents: products with them are exact, whatever the order of additions."""
    places = np.arange(latents)
    scales = (0.25 + 2.0 / (1 + places)).astype(np.float32)
    mean = np.zeros(latents, np.float32)
    pca = pca_axes(mean, np.eye(latents, dtype=np.float32), scales)
    raw = raw_axes(mean, scales[::-1].copy(), ((places * 7 % latents) / 4).astype(np.float32))
    tilted = np.zeros((2, latents), np.float32)
    tilted[0, 1] = tilted[1, 2] = 1
    attributes = attribute_axes(pca, ("Smiling", "Wearing_Hat"), tilted, (0.953, 0.846))
    items = np.arange(ITEMS)[:, None]
    bars = ((items * (2 * places + 3) % 17) - 8) / 8
    atlas = Atlas((bars * scales).astype(np.float32), tuple(f"items/{index:03d}.png" for index in range(ITEMS)))
    return LatentSpace(atlas, (pca, raw, attributes))


class Cartoon:
    """A `LatentModel`: the first components move, colour and shape a drawn face. Counts its decodes."""

    name = "cartoon"
    encode = None

    def __init__(self, latents: int = LATENTS) -> None:
        self.space = cartoon_space(latents)
        self.decoded: list[npt.NDArray[np.float32]] = []
        self.preview = self.draw(self.space.mean, (64, 64))

    def decode(self, z: npt.NDArray[np.float32], grid: Grid | None = None) -> npt.NDArray[np.uint8]:
        self.decoded += list(z)
        return np.stack([self.draw(row, grid or (64, 64)) for row in z])

    def draw(self, z: npt.NDArray[np.float32], grid: Grid) -> npt.NDArray[np.uint8]:
        """One face of the latent vector (L,)."""
        turn, smile, hat, skin, eye, wide = self.space.pca.values(z)[:6].tolist()
        height, width = grid
        y, x = np.mgrid[0:height, 0:width]
        x = (2 * x + 1 - width) / width - 0.12 * turn
        y = (2 * y + 1 - height) / height
        image = np.empty((height, width, 3), np.uint8)
        image[:] = _colour(52 + 12 * turn, 66, 84 - 12 * turn)
        image[y > 0.85] = _colour(92, 70 + 10 * skin, 110)
        head = (x / (0.62 + 0.05 * wide)) ** 2 + (y / 0.85) ** 2 < 1
        image[head] = _colour(214 - 20 * skin, 168 - 24 * skin, 140 - 22 * skin)
        image[(abs(x) < 0.66) & (y < -0.5 + 0.08 * hat)] = _colour(84 + 16 * hat, 58, 40)
        for side in (-0.26, 0.26):
            open_eye = ((x - side) / (0.11 + 0.02 * eye)) ** 2 + ((y + 0.12) / 0.08) ** 2 < 1
            image[open_eye] = _colour(40, 48, 60 + 20 * eye)
        mouth = (abs(x) < 0.26 + 0.05 * smile) & (abs(y - 0.45 + 0.6 * smile * (x**2 - 0.03)) < 0.06)
        image[mouth] = _colour(160, 70, 74)
        return image


def _colour(*channels: float) -> tuple[int, ...]:
    return tuple(min(255, max(0, round(channel))) for channel in channels)
