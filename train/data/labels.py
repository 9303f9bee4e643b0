"""What is known of the items beside their pixels: columns of boolean, numeric or categorical values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["boolean", "numeric", "categorical"]
Value = bool | float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One label of every item: ``values`` has one entry per image, ``None`` where it is not known."""

    name: str
    kind: Kind
    values: tuple[Value, ...]

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Column:
        """Read the form that manifests carry."""
        return cls(str(table["name"]), table["kind"], tuple(table["values"]))

    def to_dict(self) -> dict[str, Any]:
        """The plain form for manifests."""
        return asdict(self)


def join(parts: Sequence[tuple[Sequence[Column], int]]) -> tuple[Column, ...]:
    """Columns of several sets, each with its count of items, as columns of all items in that order.

    A column that a set does not have, or has as another kind, is unknown there.
    """
    kinds: dict[str, Kind] = {}
    for columns, _ in parts:
        for column in columns:
            kinds.setdefault(column.name, column.kind)
    joined = []
    for name, kind in kinds.items():
        values: list[Value] = []
        for columns, count in parts:
            mine = next((column for column in columns if (column.name, column.kind) == (name, kind)), None)
            values += mine.values if mine else [None] * count
        joined.append(Column(name, kind, tuple(values)))
    return tuple(joined)
