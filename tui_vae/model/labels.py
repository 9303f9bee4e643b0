"""What is known of the atlas's items beside their latents: columns of boolean, numeric or categorical values.

In a checkpoint's JSON header a column is a table ``{name, kind, values}``, kept short because an atlas has thousands of
items: boolean values are one text of "1", "0" and "?" (not known), numeric values a list of numbers and null,
categorical values a list of places in a further entry ``categories`` and null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

Kind = Literal["boolean", "numeric", "categorical"]
Value = bool | float | str | None

_MARKS: dict[Value, str] = {True: "1", False: "0", None: "?"}
_MEANING: dict[str, Value] = {mark: value for value, mark in _MARKS.items()}


@dataclass(frozen=True, slots=True)
class Label:
    """One column: ``values`` holds a bool, a finite float or a text per atlas item, ``None`` where it is not known."""

    name: str
    kind: Kind
    values: tuple[Value, ...]


def to_header(label: Label) -> dict[str, Any]:
    """The table that stands in the header. Numbers keep four significant digits."""
    table: dict[str, Any] = {"name": label.name, "kind": label.kind}
    if label.kind == "boolean":
        return table | {"values": "".join(_MARKS[value] for value in label.values)}
    if label.kind == "numeric":
        numbers = [None if value is None else float(f"{float(value):.4g}") for value in label.values]
        return table | {"values": numbers}
    categories = sorted({str(value) for value in label.values if value is not None})
    places = {category: place for place, category in enumerate(categories)}
    values = [None if value is None else places[str(value)] for value in label.values]
    return table | {"categories": categories, "values": values}


def from_header(table: Any, count: int, printable: Callable[[str], str]) -> Label:
    """Read one table of an atlas of ``count`` items; ``printable`` cleans every text.

    Raises:
        ValueError: what is wrong with it, in a few words.
    """
    if not isinstance(table, Mapping) or not isinstance(table.get("name"), str):
        raise ValueError("a label needs a name, a kind and values")
    name, kind, values = printable(table["name"]), table.get("kind"), table.get("values")
    if kind not in ("boolean", "numeric", "categorical"):
        raise ValueError(f"label {name!r} is of an unknown kind")
    if not isinstance(values, str if kind == "boolean" else list) or len(values) != count:
        raise ValueError(f"label {name!r} needs one value for each of the {count} atlas items")
    if isinstance(values, str):
        read = _booleans(values)
    elif kind == "numeric":
        read = _numbers(values)
    else:
        read = _categories(values, table.get("categories"), printable)
    if read is None:
        raise ValueError(f"label {name!r} holds a value that is not {kind}")
    return Label(name, cast(Kind, kind), read)


def _booleans(values: str) -> tuple[Value, ...] | None:
    return tuple(_MEANING[mark] for mark in values) if set(values) <= set(_MEANING) else None


def _numbers(values: Sequence[Any]) -> tuple[Value, ...] | None:
    read: list[Value] = []
    for value in values:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            return None
        try:
            read.append(None if value is None else float(value))
        except OverflowError:
            return None
        if isinstance(read[-1], float) and not math.isfinite(read[-1]):
            return None
    return tuple(read)


def _categories(values: Sequence[Any], names: Any, printable: Callable[[str], str]) -> tuple[Value, ...] | None:
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    clean = [printable(name) for name in names]
    for value in values:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(clean)):
            return None
    return tuple(None if value is None else clean[value] for value in values)
