"""The panels beside the face: opening, choosing, taking, closing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tui_vae.app.panels import PANELS
from tui_vae.app.panels.gallery import ENOUGH, MIN_LINES, arrange
from tui_vae.app.panels.strip import TraversalStrip
from tui_vae.app.panels.tree import UndoTree
from tui_vae.app.widgets.bars import BarList
from tui_vae.latent.neighbours import Neighbourhood
from tui_vae.originals import Originals


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
    assert layout.visible >= min(count, ENOUGH) or layout.lines == MIN_LINES


def test_fixed_columns_are_kept_however_narrow() -> None:
    layout = arrange((36, 20), 25, (64, 64), columns=5)
    assert layout.columns == 5 and 5 * (layout.width + 1) <= 36


async def test_the_grid_moves_two_bars() -> None:
    async with driving(Cartoon(), (120, 40)) as drive:
        await drive.press("j")
        await drive.type("E")
        assert drive.heading == "→ PC 2  ↓ PC 3"
        await drive.type(".")
        assert drive.heading == "→ PC 2  ↓ PC 4"
        await drive.type(",", "home", "enter")
        await drive.frame()
        assert drive.state.values()[:4] == pytest.approx([0, -2, 2, 0], abs=1e-5)


async def test_the_way_needs_its_ends_and_leads_to_them() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("S")
        assert "mark two faces first" in drive.status and drive.screen.panel is None
        await drive.press("3", "g", "a", "9", "g", "b")
        await drive.type("S", "home", "enter")
        await drive.frame()
        assert drive.state.point.index == 3
        await drive.type("end", "enter")
        assert drive.state.point.index == 9


async def test_the_nearest_face_is_one_enter_away() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("7", "g")
        nearest = Neighbourhood(drive.state.space).nearest(drive.z, 2, exclude=7)
        await drive.type("N", "right", "enter")
        assert drive.state.point.index == nearest[1].index


async def test_a_model_without_clusters_says_so() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("c")
        assert "no clusters" in drive.status and drive.screen.panel is None


async def test_a_search_shows_what_it_finds_and_says_what_is_wrong() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("F", *"smilling", "enter")
        assert "did you mean" in "".join(drive.lines()[-4:])
        await drive.type(*"00", "asterisk", *" or 01", "asterisk", "enter")
        await drive.type("escape")
        await drive.type("F", *"*01*.png", "enter")
        await drive.until(lambda: drive.screen.panel is not None)
        assert "11 faces" in drive.heading
        await drive.type("end", "enter")
        assert drive.state.point.index == 19


async def test_a_bookmark_is_kept_renamed_and_forgotten() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("4", "g")
        await drive.type("d", *"her", "enter")
        await drive.press("0", "B")
        assert drive.heading == "1 bookmarks"
        await drive.type("enter")
        assert drive.state.point.index == 4
        await drive.type("R", *"him", "enter")
        assert list(drive.state.bookmarks) == ["him"]
        await drive.type("backspace")
        assert not drive.state.bookmarks and drive.heading.startswith("no bookmarks")


async def test_walking_on_the_map_moves_two_components_and_leaves_a_trail() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("5", "g")
        before = drive.state.values().copy()
        await drive.type("m", "right", "right", "up", "K")
        await drive.frame()
        after = drive.state.values()
        assert after[:2] - before[:2] == pytest.approx([0.2, 0.6], abs=1e-5)
        assert after[2:] == pytest.approx(before[2:], abs=1e-6)
        assert "".join(drive.lines()).count("◉") == 1
        for _ in range(4):  # one step, or on a busy machine up to four
            if drive.state.point.index != 5:
                await drive.type("u")
        assert drive.state.point.index == 5
        await drive.type("enter")
        assert drive.state.point.index is not None and drive.state.point.index != 5


async def test_the_undo_tree_leads_back_into_a_branch() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("3", "g", "u", "5", "g", "u")
        await drive.type("z")
        assert drive.heading == "undo tree  3 places, 2 branches"
        assert [line.strip() for line in drive.text(drive.screen.query_one(UndoTree).region)[:3]] == [
            "›● average",
            "○ items/003.png",
            "│ ○ items/005.png",
        ]
        await drive.type("down", "enter")
        assert drive.state.point.index == 3
        await drive.type("end", "enter")
        assert drive.state.point.index == 5


@pytest.mark.parametrize("panel", sorted(PANELS))
@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 60)], ids=str)
async def test_every_panel_opens_and_closes_at_every_size(panel: str, size: tuple[int, int]) -> None:
    async with driving(Cartoon(), size) as drive:
        await drive.press("a", "r", "b")
        await drive.screen.action_panel(panel)
        await drive.settle()
        assert (drive.screen.panel is not None) == (panel != "cluster")
        await drive.pilot.resize_terminal(60, 20)
        await drive.type("down", "right", "end", "pageup")
        if drive.screen.panel is not None:
            await drive.type("escape")
        assert drive.screen.panel is None and drive.screen.query_one(BarList).display


async def test_originals_are_laid_beside_their_reconstructions(tmp_path: Path) -> None:
    model = Cartoon()
    for index in (3, 5):
        image = model.decode(model.space.atlas[index][None])[0]
        noise = np.random.default_rng(index).integers(-20, 21, image.shape)
        path = tmp_path / "items" / f"{index:03d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(np.clip(image + noise, 0, 255).astype(np.uint8)).save(path)
    async with driving(model, (120, 40)) as drive:
        await drive.type("D")
        assert "--images" in drive.status and drive.screen.panel is None
        drive.screen.originals = Originals(str(tmp_path), {"size": 64, "channels": 3, "fit": "crop"})
        await drive.type("D")
        assert drive.heading.startswith("not a face of the dataset")
        await drive.press("3", "g")
        await drive.until(lambda: drive.heading.startswith("PSNR 2"))
        assert "original" in "".join(drive.lines()) and "difference ×4" in "".join(drive.lines())
        await drive.press("n")
        await drive.until(lambda: "items/004.png is not among these images" in drive.heading)
        await drive.type("D")
        assert drive.screen.panel is None


async def test_a_face_of_a_panel_has_a_short_recipe_and_keeps_locked_bars() -> None:
    async with driving(Cartoon(), (120, 40)) as drive:
        await drive.press("7", "g", "x", "j", "E", "home", "enter")
        point = drive.state.point
        assert point.recipe is not None and len(point.recipe.edits) == 2
        assert drive.state.values()[0] == pytest.approx(
            float(drive.state.space.pca.values(drive.state.space.atlas[7])[0])
        )
        await drive.press("escape", "k", "e")
        assert drive.heading == "PC 1 is locked" and drive.screen.query_one(TraversalStrip).chosen is None
