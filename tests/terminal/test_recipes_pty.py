"""Recipes and tours on a real terminal: OSC 52 out, bracketed paste in, options at the start."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from tests.terminal.exploring import LOADED, SMALL, assert_restored, wait_for_face
from tests.terminal.pty_session import PtySession
from tui_vae.api import VAE
from tui_vae.latent import tokens
from tui_vae.latent.fingerprint import fingerprint
from tui_vae.latent.recipe import Draw, Item, Mix, Recipe, replay

_OSC_52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)")


def copied(session: PtySession) -> list[str]:
    """The texts that the program has put on the terminal's clipboard."""
    return [base64.b64decode(text).decode() for text in _OSC_52.findall(session.raw)]


def token_of(recipe: Recipe, vae: VAE) -> str:
    return tokens.write(recipe, tokens.tag(vae.name, fingerprint(vae.space, vae.preview)), vae.space)


def test_a_token_reaches_the_clipboard_and_comes_back_by_paste(
    command: list[str], environment: Mapping[str, str], vae: VAE
) -> None:
    with PtySession(command, environment, 24, 80) as session:
        before = session.modes()
        wait_for_face(session, vae, vae.space.mean, SMALL, "average", timeout=LOADED)
        session.send("7g5ly")
        session.wait_for(lambda text: "copied tiny:" in text)
        (token,) = copied(session)
        z = replay(Recipe(Item(7)).moved("PCA", 0, 0.5), vae.space)
        wait_for_face(session, vae, z, SMALL)
        assert token == token_of(Recipe(Item(7)).moved("PCA", 0, 0.5), vae)
        session.send("0")
        wait_for_face(session, vae, vae.space.mean, SMALL, "average")
        session.send(f"\x1b[200~{token}\x1b[201~")
        wait_for_face(session, vae, z, SMALL, "items/007.png edited")
        other = token_of(Recipe(Draw(3)), vae)
        session.send("Y")
        session.wait_for(lambda text: "Recipe:" in text)
        session.send(f"\x1b[200~{other}\x1b[201~\r")
        wait_for_face(session, vae, vae.space.sample(3), SMALL, "random 3")
        session.send("\x1b[200~q or something else\x1b[201~")
        session.wait_for(lambda text: "neither a recipe nor a file" in text)
        session.send("q")
        assert session.wait() == 0
        assert_restored(session, before)
        assert copied(session) == [token]


def test_a_recipe_and_a_tour_at_the_start(command: list[str], environment: Mapping[str, str], vae: VAE) -> None:
    made = Recipe(Mix(Recipe(Item(1)), Recipe(Draw(9)), 0.25, "slerp"))
    with PtySession([*command, "--recipe", token_of(made, vae), "--tour", "walk"], environment, 24, 80) as session:
        session.wait_for(lambda text: "stop 1 of 41" in text, LOADED)
        session.send(" ")  # or the first stop might be gone before it is looked at
        wait_for_face(session, vae, replay(made, vae.space), SMALL, "stop 1 of 41", "tour walk", timeout=LOADED)
        session.send(" >>>>")
        session.wait_for(lambda text: re.search(r"stop ([2-9]|\d\d) of 41", text) is not None)
        session.send("\x1b")
        session.wait_for(lambda text: "tour walk" not in text)
        session.send("u")
        wait_for_face(session, vae, replay(made, vae.space), SMALL, "mix 25%")
        session.send("q")
        assert session.wait() == 0


def test_a_damaged_token_ends_it_before_the_terminal_is_taken(
    command: list[str], environment: Mapping[str, str], vae: VAE
) -> None:
    token = token_of(Recipe(Draw(9)), vae)
    with PtySession([*command, "--recipe", token[:-1]], environment, 24, 80) as session:
        assert session.wait(LOADED) == 2
        assert b"--recipe: the token is damaged: a character is wrong or missing" in session.raw
        assert b"\x1b[?1049h" not in session.raw
