"""A latent space out of bare latents: what the explorer needs where no checkpoint says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tui_vae.errors import UserError, one_line
from tui_vae.latent.axes import Axes, Vector, attribute_axes, pca_axes, raw_axes
from tui_vae.latent.labels import Column, column
from tui_vae.latent.pca import LEAST_SCALE, principal_components, whitened
from tui_vae.latent.space import Atlas, LatentSpace

MAX_LATENT = 4096
PRIOR_ITEMS, PRIOR_SEED = 2000, 0
MIN_EXAMPLES = 10
HELD_OUT = 5
"""Every so many items, one is held out: directions are not fitted on it, their AUC is measured on it."""


def prior_space(size: int) -> LatentSpace:
    """The space of a prior N(0, I) over ``size`` latents: 2,000 seeded draws of it as the atlas.

    Its axes are those of the prior itself, not of the draws: the average is 0, no direction goes before another, and
    the principal components are the latent's own dimensions.

    Raises:
        UserError: fewer than 1 or more than 4,096 latents.
    """
    _check_size(size)
    draws = np.random.default_rng(PRIOR_SEED).standard_normal((PRIOR_ITEMS, size), np.float32)
    names = tuple(f"prior {index}" for index in range(PRIOR_ITEMS))
    mean, one = np.zeros(size, np.float32), np.ones(size, np.float32)
    pca = pca_axes(mean, np.eye(size, dtype=np.float32), one)
    return LatentSpace(Atlas(draws, names), (_told(pca, one), _raw(mean, one)))


def fitted_space(
    latents: npt.NDArray[Any], names: Sequence[str] | None = None, labels: Mapping[str, Sequence[Any]] | None = None
) -> LatentSpace:
    """The space of latents (N, L): atlas, PCA axes, raw dimensions by variance, directions of two-valued labels.

    Where all items are the same (as one item is), no spread can be told: a sigma is then 1 in every dimension.

    Args:
        latents: finite numbers.
        names: one per item; "item 0", "item 1", ... unless given.
        labels: columns of N values by name. Those of two values (False and True, 0 and 1, or -1 and 1; ``None`` and
            NaN where not known) with at least 10 of either get a direction.

    Raises:
        UserError: shapes that do not fit, or values that are not finite.
    """
    latents = _checked(latents)
    count, size = latents.shape
    if names is None:
        names = tuple(f"item {index}" for index in range(count))
    if len(names) != count:
        raise UserError(f"names: {len(names):,} of them for {count:,} latents; give one each")
    columns = [_column(str(name), values, count) for name, values in (labels or {}).items()]
    mean, vectors, scales = principal_components(latents)
    spread = latents.std(axis=0)
    if not scales.max() > 1e-6:
        vectors, scales, spread = np.eye(size, dtype=np.float32), np.ones(size, np.float32), np.ones(size, np.float32)
    # A bar that the data does not span still has a length: in units of a rounding error it would show just these.
    pca = pca_axes(mean, vectors, np.maximum(scales, LEAST_SCALE * scales.max()))
    kinds = [_told(pca, scales), _raw(mean, spread)]
    found = _directions(whitened(latents, mean, vectors, scales), columns)
    if found:
        kinds.append(
            attribute_axes(
                pca,
                tuple(name for name, _, _ in found),
                np.stack([vector for _, vector, _ in found]),
                tuple(auc for _, _, auc in found),
            )
        )
    return LatentSpace(Atlas(latents, tuple(map(str, names))), tuple(kinds), tuple(columns))


def area_under_curve(scores: npt.NDArray[Any], positive: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve of scores (N,): how often a positive outscores a negative, ties counting half.

    Hanley & McNeil 1982. Both kinds must be there.
    """
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    above = int(positive.sum())
    total = ranks[positive].sum() - above * (above + 1) / 2
    return float(total / (above * (len(scores) - above)))


def _directions(bars: Vector, columns: Sequence[Column]) -> list[tuple[str, Vector, float]]:
    """Name, unit direction (L,) and AUC of every boolean column that has enough of either value.

    The difference of the two means in whitened coordinates ``bars`` (N, L): what Fisher's discriminant is where the
    items' covariance is the identity. Fitted on four fifths of the items; the AUC is that of the last fifth.
    """
    held_out = np.random.default_rng(PRIOR_SEED).permutation(len(bars)) % HELD_OUT == 0
    found = []
    for each in columns:
        yes, no = each.values == 1, each.values == 0
        parts = [part & rows for part in (yes, no) for rows in (held_out, ~held_out)]
        if each.kind != "boolean" or min(yes.sum(), no.sum()) < MIN_EXAMPLES or not all(part.any() for part in parts):
            continue
        difference = bars[yes & ~held_out].mean(axis=0) - bars[no & ~held_out].mean(axis=0)
        length = float(np.linalg.norm(difference))
        if length > 0:
            direction = (difference / length).astype(np.float32)
            measured = held_out & (yes | no)
            found.append((each.name, direction, area_under_curve(bars[measured] @ direction, yes[measured])))
    return found


def _column(name: str, values: Sequence[Any], count: int) -> Column:
    """A column of labels. Numbers of two values are taken for False and True."""
    plain = np.asarray(values, object).tolist()
    if not isinstance(plain, list) or len(plain) != count:
        came = f"{len(plain):,}" if isinstance(plain, list) else "no"
        raise UserError(f"labels: {name!r} has {came} values for {count:,} latents; give one each")
    try:
        known = {value for value in plain if value is not None and value == value}
        if known and (known <= {0, 1} or known <= {-1, 1}):
            signs = [None if value is None or value != value else value == 1 for value in plain]
            return column(name, signs, "boolean")
        return column(name, plain)
    except (TypeError, ValueError) as error:
        raise UserError(f"labels: {name!r} must hold booleans, numbers or texts: {one_line(error)}") from error


def _raw(mean: Vector, spread: Vector) -> Axes:
    """The latent's own dimensions, most varied first: without an encoder nobody knows their KL."""
    variance = spread.astype(np.float64) ** 2
    order = np.argsort(-variance, kind="stable")
    least = np.maximum(spread, np.float32(LEAST_SCALE) * spread.max())
    return _told(raw_axes(mean, least, variance.astype(np.float32)), spread[order])


def _told(axes: Axes, scales: Vector) -> Axes:
    """The axes with each one's share of the variance as its note."""
    share = scales.astype(np.float64) ** 2
    share = share / max(share.sum(), 1e-12)
    notes = tuple(f"{100 * part:.1f}% of variance" for part in share)
    return replace(axes, notes=notes, dimmed=share < min(1e-4, 0.01 / len(share)))


def _checked(latents: npt.NDArray[Any]) -> Vector:
    if latents.ndim != 2 or latents.dtype.kind not in "fiu":
        raise UserError(f"latents: expected numbers of shape (N, L), got {latents.dtype} {latents.shape}")
    if not len(latents):
        raise UserError("latents: there are none; leave them out to explore the prior")
    _check_size(latents.shape[1])
    with np.errstate(over="ignore"):
        single = latents.astype(np.float32)
    bad = np.flatnonzero(~np.isfinite(single).all(axis=1))
    if len(bad):
        raise UserError(f"latents: {len(bad):,} of {len(single):,} rows hold NaN or infinity (first: row {bad[0]})")
    return single


def _check_size(size: int) -> None:
    if not 1 <= size <= MAX_LATENT:
        raise UserError(f"{size:,} latents: from 1 to {MAX_LATENT:,} are supported")
