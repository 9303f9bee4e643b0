"""The one exception that a user may see: what is wrong, where, and what to do, in one line."""

from __future__ import annotations


class UserError(Exception):
    """Bad input from outside the program. The commands print its message and exit with status 2."""


def one_line(error: BaseException) -> str:
    """The first line of what an exception says, or its type where it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]
