"""Names that people give to things."""

from __future__ import annotations

import unicodedata

MAX_NAME = 60
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # a name must not speak to the terminal


def checked_name(text: str) -> str:
    """The name without spaces around it.

    Raises:
        ValueError: it is empty, longer than 60 characters, or holds characters that cannot be printed.
    """
    name = text.strip()
    if not name:
        raise ValueError("a name is needed")
    if len(name) > MAX_NAME:
        raise ValueError(f"the name is too long: {len(name)} characters, at most {MAX_NAME}")
    if {unicodedata.category(character) for character in name} & _UNPRINTABLE:
        raise ValueError("the name holds characters that cannot be printed")
    return name
