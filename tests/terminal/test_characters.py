"""Locales without UTF-8: ASCII cells, and ASCII everywhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminal.exploring import LOADED
from tests.terminal.pty_session import PtySession
from tui_vae.terminal.characters import NOTICE, cell_shape, lacks_utf8, to_ascii
from tui_vae.terminal.grid import CellShape


@pytest.mark.parametrize(
    ("environ", "lacks"),
    [
        ({}, False),
        ({"LANG": ""}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LC_CTYPE": "UTF-8", "LANG": "C"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "POSIX"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, True),
        ({"LANG": "en_US"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LC_CTYPE": "C", "LANG": "C"}, False),
        ({"LC_MESSAGES": "C", "LANG": "en_US.UTF-8"}, False),
    ],
)
def test_what_a_locale_says(environ: dict[str, str], lacks: bool) -> None:
    assert lacks_utf8(environ) is lacks
    assert cell_shape("auto", environ) is (CellShape.ASCII if lacks else CellShape.HALF)
    for shape in CellShape:
        assert cell_shape(shape.value, environ) is shape


@given(st.text())
def test_ascii_has_one_character_for_each(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii() and len(plain) == len(text)
    assert all(new == old for new, old in zip(plain, text, strict=True) if old.isascii())


def test_lines_and_blocks_have_stand_ins() -> None:
    assert to_ascii("╭─ σ0.5 █▌ ›") == "+- s0.5 ## >"


def test_python_does_not_hide_the_c_locale() -> None:
    code = "from tui_vae.terminal.characters import *; print(lacks_utf8(first_environment()))"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    for language, lacks in (("C", "True"), ("C.UTF-8", "False")):
        run = subprocess.run([sys.executable, "-c", code], env=plain | {"LANG": language}, capture_output=True)
        assert run.stdout.decode().strip() == lacks, run.stderr


@pytest.mark.parametrize("options", [[], ["--cells", "half"]])
def test_a_face_is_printed_in_ascii(command: list[str], environment: Mapping[str, str], options: list[str]) -> None:
    run = subprocess.run([*command, *options], env={**environment, "LC_ALL": "C"}, capture_output=True, check=True)
    assert run.stdout.isascii() is (not options)


def test_the_explorer_writes_ascii_and_says_so(command: list[str], environment: Mapping[str, str]) -> None:
    with PtySession(command, {**environment, "LC_ALL": "C"}) as session:
        session.wait_for(lambda text: NOTICE[:30] in text, LOADED)
        session.wait_for(lambda text: "marks" in text and "loading" not in text, LOADED)
        session.send("3g9lj")
        session.wait_for(lambda text: " 2/8 " in text and "index" not in text and "+-" in text)
        session.send("q")
        assert session.wait() == 0
        assert session.raw.isascii()
        assert re.search(rb"\x1b\[48;2;[0-9;]+m ", session.raw)


def test_half_blocks_on_request(command: list[str], environment: Mapping[str, str]) -> None:
    with PtySession([*command, "--cells", "half"], {**environment, "LC_ALL": "C"}) as session:
        session.wait_for(lambda text: "marks" in text and "▀" in text, LOADED)
        assert NOTICE[:10] not in "".join(session.text())
