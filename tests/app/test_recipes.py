"""Tokens: copied, asked for, pasted."""

from __future__ import annotations

import numpy as np
from textual import events

from tests.app.cartoon import Cartoon
from tests.app.driving import Drive, driving, steady_app


async def paste(drive: Drive, text: str) -> None:
    drive.app.post_message(events.Paste(text))
    await drive.settle()


async def test_a_token_is_copied_and_leads_back() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        await drive.press("r", "5", "l", "j", "3", "h")
        z = drive.z
        await drive.type("y")
        token = drive.app.clipboard
        assert token.startswith("cartoon:") and "copied cartoon:" in drive.status and token[-6:] in drive.status
        await drive.press("0")
        await paste(drive, f"  {token}\n")
        await drive.frame()
        np.testing.assert_array_equal(drive.z, z)
        drive.assert_face(model)
        await drive.press("u")
        assert drive.title == "average"
        await drive.type("Y")
        await paste(drive, token)
        await drive.type("enter")
        await drive.frame()
        np.testing.assert_array_equal(drive.z, z)


async def test_what_is_wrong_with_a_token_is_said() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("r")
        here = drive.z
        await drive.type("y")
        token = drive.app.clipboard
        body = token.rpartition(":")[2]
        for text, problem in {
            "hello\nthere": "neither a recipe nor a file's path",
            "x" * 2_000_000: "neither a recipe nor a file's path",
            token[:-1]: "pasted: the token is damaged",
            f"faces:8266e8f7:{body}": "pasted: the token is damaged",
            "\x1b[31m": "neither a recipe",
        }.items():
            await paste(drive, text)
            assert problem in drive.status
        assert drive.z is here and len(drive.state.steps()) == 2
        await drive.type("Y")
        await paste(drive, token[:-2])
        await drive.type("enter")
        assert "the token is damaged" in "".join(drive.lines()[-4:])
        await drive.type("escape")
        assert drive.z is here


async def test_a_token_of_another_model_names_it() -> None:
    other = Cartoon(latents=12)
    async with driving(other) as drive:
        await drive.type("y")
        token = drive.app.clipboard
    async with driving(Cartoon()) as drive:
        await paste(drive, token)
        assert "the token was made with another training of cartoon" in drive.status


async def test_a_face_passed_by_on_a_tour_has_a_token() -> None:
    model = Cartoon()
    async with driving(model) as drive:
        drive.screen.start_tour("dataset")
        drive.screen._seek(3.5)
        await drive.type("space")
        z = drive.z
        await drive.type("y", "escape", "0")
        assert len(drive.app.clipboard) < 60
        await paste(drive, drive.app.clipboard)
        np.testing.assert_array_equal(drive.z, z)


async def test_pasting_beside_an_open_panel_opens_the_face() -> None:
    async with driving(Cartoon()) as drive:
        await drive.press("7", "g")
        await drive.type("y", "0", "N")
        await paste(drive, drive.app.clipboard)
        assert drive.state.point.index == 7


async def test_the_first_face_may_be_that_of_a_recipe() -> None:
    model = Cartoon()
    app = steady_app(model)
    async with driving(model) as drive:
        await drive.press("r")
        await drive.type("y")
        z, recipe = drive.z, drive.state.point.made
    app.explorer.first_recipe = recipe
    async with app.run_test(size=(80, 24)) as pilot:
        drive = Drive(app, pilot)
        await drive.until(lambda: drive.state.point.origin.startswith("random"))
        np.testing.assert_array_equal(drive.z, z)
