"""What the program itself remembers, in the state folder: the theme that was chosen, the hint that was seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tui_vae import paths
from tui_vae.files import whole_file

MAX_BYTES = 100_000


class Remembered:
    """A small file of facts. What cannot be read is as if it had never been written: nothing of value is in it.

    Args:
        path: The file; the user's own unless told.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or paths.remembered()

    def theme(self, setting: str) -> str | None:
        """The theme that was chosen in the program since the settings last said another one than ``setting``."""
        facts = self._read()
        theme = facts.get("theme")
        return theme if isinstance(theme, str) and facts.get("theme_setting") == setting else None

    def keep_theme(self, theme: str, setting: str) -> None:
        """Remember the theme that was chosen while the settings said ``setting``.

        Raises:
            UserError: it cannot be written.
        """
        self._write({"theme": theme, "theme_setting": setting})

    @property
    def is_first_time(self) -> bool:
        """Whether the first hint has never been seen."""
        return self._read().get("hint_seen") is not True

    def keep_hint_seen(self) -> None:
        """Remember that the first hint has been seen.

        Raises:
            UserError: it cannot be written.
        """
        self._write({"hint_seen": True})

    def _read(self) -> dict[str, Any]:
        try:
            with self._path.open("rb") as file:
                facts = json.loads(file.read(MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        return facts if isinstance(facts, dict) else {}

    def _write(self, facts: dict[str, Any]) -> None:
        with whole_file(self._path, make_folder=True) as scratch:
            scratch.write_text(json.dumps({**self._read(), **facts}), encoding="utf-8")
