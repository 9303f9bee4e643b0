"""The panels beside the face: opening, choosing, taking, closing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tui_vae.app.panels.gallery import MIN_LINES, arrange
from tui_vae.app.panels.strip import TraversalStrip
from tui_vae.app.widgets.bars import BarList


async def test_the_strip_shows_the_axis_and_takes_a_step_of_it() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("7", "l")
        await drive.type("e")
        assert drive.heading == "along PCA PC 1"
        assert not drive.screen.query_one(BarList).display
        await drive.type("end", "left", "enter")
        await drive.frame()
        assert drive.value == pytest.approx(2.0)
        await drive.type("escape")
        assert drive.screen.query_one(BarList).display and drive.screen.panel is None
        await drive.press("u")
        assert drive.value == pytest.approx(0.7)


async def test_keys_that_a_panel_does_not_use_reach_the_explorer() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("e")
        await drive.press("n")
        assert drive.state.point.index == 0
        gallery = drive.screen.query_one(TraversalStrip)
        assert gallery.chosen is not None
        await drive.type("tab")
        assert drive.heading.startswith("along raw")
        await drive.type("e")
        assert not drive.screen.query(TraversalStrip)


async def test_faces_are_drawn_where_they_belong() -> None:
    model = Cartoon()
    async with driving(model, (120, 40)) as drive:
        await drive.type("e")
        gallery = drive.screen.query_one(TraversalStrip)
        await drive.until(lambda: len(gallery._images) == 7)
        await drive.settle()
        layout = gallery._layout
        region = gallery.region
        expected = model.draw(gallery.exhibits()[0].point.z, (2 * layout.lines, layout.width))
        for line in range(layout.lines):
            cells = list(drive.strips()[region.y + line].crop(region.x, region.x + layout.width))
            seen = [style.bgcolor.get_truecolor() for text, style, _ in cells for _ in text]  # type: ignore[union-attr]
            np.testing.assert_array_equal(seen, expected[2 * line + 1])


@pytest.mark.parametrize("size", [(36, 20), (84, 58), (200, 8)])
@pytest.mark.parametrize("count", [1, 7, 49, 500])
def test_faces_fit_into_their_area(size: tuple[int, int], count: int) -> None:
    layout = arrange(size, count, (64, 64))
    assert layout.columns * (layout.width + 1) <= size[0]
    assert layout.rows * (layout.lines + 1) <= size[1]
    assert layout.visible >= count or layout.lines == MIN_LINES


def test_fixed_columns_are_kept_however_narrow() -> None:
    layout = arrange((36, 20), 25, (64, 64), columns=5)
    assert layout.columns == 5 and 5 * (layout.width + 1) <= 36
