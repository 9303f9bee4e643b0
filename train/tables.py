"""Plain tables into frozen dataclasses, strictly, and tables into TOML text."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from typing import Any, get_args, get_origin, get_type_hints

from tui_vae.errors import UserError


def read_section(name: str, kind: type[Any], table: Any) -> Any:
    """An instance of the dataclass ``kind`` from a table; ``name`` is what errors call it.

    Raises:
        UserError: an unknown field, or a value of another type than the field's.
    """
    if not isinstance(table, Mapping):
        raise UserError(f"config: [{name}] must be a table")
    hints = get_type_hints(kind)
    values = {}
    for key, value in table.items():
        if key not in hints:
            raise UserError(f"config: [{name}] has no {key!r}; known are {', '.join(hints)}")
        values[key] = _typed(f"{name}.{key}", hints[key], value)
    return kind(**values)


def toml_lines(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """One TOML table each of numbers, texts, booleans and lists of these."""
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {_toml(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)


def _typed(where: str, hint: Any, value: Any) -> Any:
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple):
            raise UserError(f"config: {where} must be a list, not {value!r}")
        return tuple(_typed(f"{where}[{index}]", get_args(hint)[0], item) for index, item in enumerate(value))
    choices = get_args(hint)
    if choices and not isinstance(hint, types.UnionType):
        if value not in choices:
            raise UserError(f"config: {where} is {value!r}; known are {', '.join(map(str, choices))}")
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise UserError(f"config: {where} must be {hint.__name__}, not {value!r}")
    return value


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    # JSON's escapes are TOML's, but for the one control character that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F") if isinstance(value, str) else repr(value)
