"""Which reconstruction terms there are, and the texts that mix them: ``"pyramid"``, ``"0.8 * ms_ssim + 0.2 * l1"``."""

from __future__ import annotations

import math

from tui_vae.errors import UserError

TERMS = ("gaussian", "laplace", "pyramid", "mse", "l1", "bce", "ms_ssim", "contrast", "gradients")

Mixture = tuple[tuple[float, str], ...]


def parse(text: str) -> Mixture:
    """(weight, term) pairs of a sum such as ``0.8 * ms_ssim + 0.2 * l1``; a term alone has weight 1.

    Raises:
        UserError: an unknown term, or a weight that is no positive number.
    """
    mixture = []
    for part in text.split("+"):
        before, star, name = part.rpartition("*")
        name = name.strip()
        if name not in TERMS:
            raise UserError(f"config: reconstruction {text!r} has no known term {name!r}; known are {', '.join(TERMS)}")
        try:
            weight = float(before) if star else 1.0
        except ValueError:
            weight = math.nan
        if not 0 < weight < math.inf:
            raise UserError(f"config: reconstruction {text!r}: the weight of {name} must be a positive number")
        mixture.append((weight, name))
    return tuple(mixture)
