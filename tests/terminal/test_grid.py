from __future__ import annotations

import pytest

from tui_vae.terminal.grid import fit_grid


@pytest.mark.parametrize(
    ("picture", "area", "grid"),
    [
        ((64, 64), (24, 8), (16, 16)),
        ((64, 64), (10, 50), (10, 10)),
        ((64, 64), (9, 50), (8, 9)),
        ((218, 178), (80, 24), (48, 39)),
        ((1, 500), (80, 24), (2, 80)),
        ((500, 1), (80, 24), (48, 1)),
        ((64, 64), (0, 24), (0, 0)),
    ],
)
def test_fit_grid(picture: tuple[int, int], area: tuple[int, int], grid: tuple[int, int]) -> None:
    assert fit_grid(*picture, *area) == grid
    if grid != (0, 0):
        assert fit_grid(*grid, *area) == grid
