"""Any two faces: the prompt, the slider, the way, the strip."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.cartoon import Cartoon
from tests.app.driving import driving
from tui_vae.app.panels.strip import WAY_STEPS, WayStrip
from tui_vae.latent.journey import slerp
from tui_vae.latent.recipe import replay


async def test_any_two_faces_are_typed_and_gone_between() -> None:
    model = Cartoon()
    atlas = model.space.atlas
    async with driving(model) as drive:
        await drive.press("5", "g")
        await drive.type("d", *"anna", "enter", "I", *"12 too", "enter")
        assert "two faces are needed, such as A to 12" in "".join(drive.lines()[-4:])
        await drive.type(*"12 to bookmark:anna", "enter")
        await drive.press("2", "5", "l")
        assert drive.z == pytest.approx((atlas[12] + atlas[5]) / 2, abs=1e-6)
        assert drive.title == "items/012.png to items/005.png 50%"
        assert "lerp  ·  cartoon" in drive.status
        line = drive.text(drive.slider.region)[0]
        assert line.startswith("├ ━") and line.rstrip().endswith("┤  50%")
        drive.assert_face(model)
        await drive.press("W")
        assert "around the average face (slerp)" in drive.status
        np.testing.assert_array_equal(drive.z, slerp(atlas[12], atlas[5], 0.5, model.space.pca))
        await drive.press("escape", "0", "t")  # the same two again
        assert drive.state.point.index is None and drive.title.endswith("0%")
        np.testing.assert_array_equal(drive.z, atlas[12])


async def test_the_way_is_said_where_it_is_not_the_usual_one() -> None:
    async with driving(Cartoon()) as drive:
        assert "lerp" not in drive.status
        await drive.press("W", "W")
        assert "straight (lerp)" in drive.status
        await drive.press("W")
        assert "slerp  ·  cartoon" in drive.status


async def test_the_strip_follows_the_chosen_faces_and_the_way() -> None:
    async with driving(Cartoon(), (120, 40)) as drive:
        await drive.press("a", "3", "g", "b")
        await drive.type("I", *"7 to 9", "enter", "escape", "W", "S")
        assert drive.heading == "items/007.png to items/009.png"
        strip = drive.screen.query_one(WayStrip)
        exhibits = strip.exhibits()
        assert [exhibits[0].point.index, exhibits[-1].point.index] == [7, 9] and len(exhibits) == WAY_STEPS
        assert (exhibits[0].caption, exhibits[-1].caption) == ("0%", "100%")
        for exhibit in exhibits:
            assert replay(exhibit.point.made, drive.state.space).tobytes() == exhibit.point.z.tobytes()
        await drive.press("right", "enter")
        assert drive.state.point.origin == "items/007.png to items/009.png 9%"
        await drive.press("a")  # marks A and B again
        assert drive.state.ends == (drive.state.point, drive.state.marks["b"])
        assert drive.heading.startswith("items/007.png to items/009.png 9% to")


async def test_playing_goes_to_and_fro_between_the_chosen_faces() -> None:
    async with driving(Cartoon()) as drive:
        await drive.type("I", *"7 to 9", "enter", "space")
        await drive.until(lambda: (drive.state.mix or 0) > 0.02)
        await drive.type("space")
        stopped = drive.state.mix
        await drive.settle()
        assert drive.state.mix == stopped and drive.screen._play is None


async def test_random_faces_by_seed_source_range_and_truncation() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.type("R")
        assert "atlas range 1 trunc off" in "".join(drive.lines()[-3:])
        await drive.type(*"seed 7 prior trunc 2 range 1.5", "enter")
        await drive.frame()
        np.testing.assert_array_equal(drive.z, model.space.sample(7, 1.5, "prior", 2.0))
        assert drive.title == "random 7"
        assert "range 1.5  ·  prior  ·  trunc 2" in drive.status
        await drive.type("R", *"range far", "enter")
        assert "a range is a number, not 'far'" in "".join(drive.lines()[-4:])
        await drive.type(*"trunc off atlas", "enter")
        assert "range 1.5  ·  marks" in drive.status and drive.title.startswith("random ")
        await drive.press("]")
        assert drive.state.spread == 2.0
