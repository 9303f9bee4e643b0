"""Pictures that cost few bytes: near enough, and exact again when asked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tui_vae.terminal import halfblock
from tui_vae.terminal.colour import ColourDepth
from tui_vae.terminal.thin import LEVELS, refined, simplify

Pixels = npt.NDArray[np.uint8]
sides = st.integers(1, 9)
pictures = st.tuples(sides, sides).flatmap(lambda side: arrays(np.uint8, (*side, 3)))


def bytes_to_change(image: Pixels, shown: Pixels | None) -> int:
    """What the rows cost that differ from what is shown."""
    texts = halfblock.rows(image, ColourDepth.TRUECOLOUR, compact=True)
    return sum(
        len(text.encode())
        for row, text in enumerate(texts)
        if shown is None or (image[2 * row : 2 * row + 2] != shown[2 * row : 2 * row + 2]).any()
    )


def psnr(image: Pixels, truth: Pixels) -> float:
    return float(10 * np.log10(255**2 / np.square(image.astype(float) - truth).mean()))


def smooth(seed: int, size: int = 64) -> Pixels:
    """Soft shapes with a little grain, as a decoder makes them."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    waves = [
        sum(a * np.sin(6 * (b * x + c * y) + d) for a, b, c, d in generator.uniform(-1, 1, (4, 4))) for _ in range(3)
    ]
    return np.clip(127 + 50 * np.stack(waves, -1) + generator.normal(0, 1.5, (size, size, 3)), 0, 255).astype(np.uint8)


@given(pictures)
def test_level_0_is_the_picture_itself(image: Pixels) -> None:
    assert simplify(image, None, 0) is image


@given(pictures, st.sampled_from([1, 2]))
def test_a_run_strays_no_further_than_its_level_says(image: Pixels, level: int) -> None:
    thin = simplify(image, None, level)
    assert thin.shape == image.shape and thin.dtype == np.uint8
    # The mean of colours within 2 x spread is never further than that from any of them.
    assert np.abs(thin.astype(int) - image).max() <= 2 * LEVELS[level].spread


@given(pictures, st.integers(1, 3), st.integers(1, 3), st.data())
def test_rows_are_kept_whole_and_only_where_they_are_near(
    image: Pixels, level: int, cell: int, data: st.DataObject
) -> None:
    shown = data.draw(arrays(np.uint8, image.shape))
    before = image.copy(), shown.copy()
    fresh, thin = simplify(image, None, level, cell=cell), simplify(image, shown, level, cell=cell)
    for top in range(0, len(image), cell):
        row = slice(top, top + cell)
        kept = np.array_equal(thin[row], shown[row])
        assert kept or np.array_equal(thin[row], fresh[row])
        if LEVELS[level].block == 1 and not np.array_equal(fresh[row], shown[row]):
            error = np.sqrt(np.square(shown[row].astype(float) - image[row]).mean())
            assert kept == (error <= LEVELS[level].stale + 1e-9)
    assert np.array_equal(image, before[0]) and np.array_equal(shown, before[1])


@given(pictures, st.integers(1, 3), st.data())
@settings(max_examples=50)
def test_refining_ends_at_the_exact_picture(image: Pixels, rows: int, data: st.DataObject) -> None:
    shown = data.draw(arrays(np.uint8, image.shape))
    for _ in range(len(image)):
        better = refined(image, shown, rows)
        changed = np.unique(np.flatnonzero((better != shown).any(axis=(1, 2))) // 2)
        assert len(changed) <= rows
        assert len(changed) == rows or np.array_equal(better, image)
        shown = better
    assert np.array_equal(shown, image)


def test_a_picture_that_hardly_changes_is_not_written() -> None:
    image = smooth(1)
    shown = simplify(image, None, 2)
    nudged = np.clip(image.astype(int) + 2, 0, 255).astype(np.uint8)
    assert np.array_equal(simplify(nudged, shown, 2), shown)


@pytest.mark.parametrize("seed", range(3))
def test_each_level_costs_less_than_the_one_before(seed: int) -> None:
    image = smooth(seed)
    costs = [bytes_to_change(simplify(image, None, level), None) for level in range(4)]
    assert costs == sorted(costs, reverse=True)
    assert costs[2] < 0.6 * costs[0] and costs[3] < 0.6 * costs[2]
    assert psnr(simplify(image, None, 1), image) > 40
    assert psnr(simplify(image, None, 2), image) > 34


def test_bad_arguments_are_refused() -> None:
    image = smooth(0)
    with pytest.raises(ValueError, match="levels run from 0 to 3"):
        simplify(image, None, 4)
    with pytest.raises(ValueError, match="shape"):
        simplify(image[..., 0], None, 1)
    with pytest.raises(ValueError, match="cannot refine"):
        refined(image, image[1:], 1)
    with pytest.raises(ValueError, match="by 0 rows"):
        refined(image, image, 0)
