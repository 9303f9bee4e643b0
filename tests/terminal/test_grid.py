from __future__ import annotations

import pytest

from tui_vae.terminal.grid import CellShape, fit_grid, whole_factors


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


@pytest.mark.parametrize("shape", CellShape)
def test_every_shape_fills_the_same_cells(shape: CellShape) -> None:
    for picture, area in (((64, 64), (24, 8)), ((218, 178), (80, 24)), ((64, 64), (9, 50)), ((500, 1), (80, 24))):
        height, width = fit_grid(*picture, *area)
        down, across = shape.pixels
        assert fit_grid(*picture, *area, shape) == (height // 2 * down, width * across)
    assert fit_grid(64, 64, 0, 9, shape) == (0, 0)


@pytest.mark.parametrize(
    ("picture", "area", "shape", "factors"),
    [
        ((64, 64), (64, 32), CellShape.HALF, (1, 1)),
        ((64, 64), (200, 100), CellShape.HALF, (3, 3)),
        ((64, 64), (200, 63), CellShape.HALF, (1, 1)),
        ((64, 64), (63, 100), CellShape.HALF, None),
        ((64, 64), (200, 100), CellShape.QUADRANT, (3, 6)),
        # A pixel of the model is square, and so are 3 lines of 4 sextant pixels, but no fewer.
        ((64, 64), (200, 100), CellShape.SEXTANT, (3, 4)),
        ((64, 64), (127, 100), CellShape.SEXTANT, None),
        ((64, 64), (200, 100), CellShape.ASCII, (1, 2)),
        # Odd heights have no half cell left over.
        ((33, 20), (100, 100), CellShape.HALF, (4, 4)),
        ((33, 20), (30, 100), CellShape.HALF, None),
        ((64, 64), (0, 0), CellShape.HALF, None),
    ],
)
def test_whole_factors(
    picture: tuple[int, int], area: tuple[int, int], shape: CellShape, factors: tuple[int, int] | None
) -> None:
    assert whole_factors(*picture, *area, shape) == factors
    if factors is not None:
        (height, width), (down, across) = picture, shape.pixels
        assert height * factors[0] % down == 0 and width * factors[1] % across == 0
        lines, columns = height * factors[0] // down, width * factors[1] // across
        assert lines <= area[1] and columns <= area[0] and 2 * lines * width == columns * height
