"""The one exception that a user may see: what is wrong, where, and what to do, in one line."""

from __future__ import annotations


class UserError(Exception):
    """Bad input from outside the program. The commands print its message and exit with status 2."""
