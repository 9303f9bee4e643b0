"""Asking for a dataset index."""

from __future__ import annotations

from functools import partial

from tui_vae.app.screens.prompt import PromptScreen


def parse_index(text: str, count: int) -> int:
    """A dataset index out of what was typed.

    Raises:
        ValueError: not a whole number from 0 to ``count - 1``; the message says so in a few words.
    """
    text = text.strip()
    if not text.removeprefix("-").isdecimal():
        raise ValueError(f"not a number: {text[:12]!r}" if text else "type a number")
    index = int(text[:12])
    if not 0 <= index < count:
        raise ValueError(f"{index} is outside: 0 to {count - 1}")
    return index


def ask_index(count: int) -> PromptScreen[int]:
    """The prompt for an index below ``count``."""
    return PromptScreen(f"Go to face (0–{count - 1}):", partial(parse_index, count=count))
