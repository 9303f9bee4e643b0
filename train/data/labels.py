"""What is known of the items beside their pixels: columns of boolean, numeric or categorical values.

Two forms of file are read. CSV: a line of column names, then one line per item, its name first; commas, semicolons or
tabs. CelebA's lists: a line with the count of items, a line with the names of all columns but the first, then one
line per item, split at blanks. What kind of column it is, its values tell (``typed``).
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tui_vae.errors import UserError

Kind = Literal["boolean", "numeric", "categorical"]
Value = bool | float | str | None

# (no, yes); lower case. The spellings of one column are never mixed.
BOOLEANS = (("0", "1"), ("-1", "1"), ("false", "true"), ("no", "yes"), ("0.0", "1.0"), ("-1.0", "1.0"))
UNKNOWN = frozenset(("", "nan"))
_COUNT = re.compile(r"\d{1,12}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


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


@dataclass(frozen=True, slots=True)
class Table:
    """A file of labels: item ``names``, all different, and columns of one value per name."""

    names: tuple[str, ...]
    columns: tuple[Column, ...]


def read_labels(path: Path) -> Table:
    """Read a CSV file or a list in CelebA's form.

    Raises:
        UserError: the file cannot be read, or is of neither form: path, line and what was expected.
    """
    try:
        return parse_labels(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"{path}: cannot read labels: {error.strerror}") from error


def parse_labels(content: bytes, where: str) -> Table:
    """The same from memory; ``where`` names the file in complaints."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(f"{where}:{line}: labels must be text in UTF-8") from error
    first = text.split("\n", 1)[0].strip()
    rows = _celeba_rows(text, where) if _COUNT.fullmatch(first) else _csv_rows(text, where)
    _, heads = next(rows)
    names: dict[str, int] = {}
    cells: list[list[str]] = []
    for line, (name, *values) in rows:
        if len(values) != len(heads):
            raise UserError(f"{where}:{line}: {len(values)} values after the name, but there are {len(heads)} columns")
        if not name:
            raise UserError(f"{where}:{line}: no item name in the first column")
        if name in names:
            raise UserError(f"{where}:{line}: {name!r} stands in line {names[name]} already")
        names[name] = line
        cells.append(values)
    if not cells:
        raise UserError(f"{where}: column names, but no line for any item")
    return Table(tuple(names), tuple(map(typed, heads, zip(*cells, strict=True))))


def typed(name: str, texts: Sequence[str]) -> Column:
    """A column of texts as what its values say it is; empty text and ``nan`` are unknown.

    Boolean where all are one of 0/1, -1/1, true/false, yes/no (in any case); else numeric where all are finite decimal
    numbers; else categorical, as written but for blanks around it. A column that knows nothing is categorical.
    """
    texts = [text.strip() for text in texts]
    found = {text.lower() for text in texts} - UNKNOWN
    for no, yes in BOOLEANS:
        if found and found <= {no, yes}:
            flags = {no: False, yes: True}
            return Column(name, "boolean", tuple(flags.get(text.lower()) for text in texts))
    if found and all(_NUMBER.fullmatch(text) and math.isfinite(float(text)) for text in found):
        return Column(name, "numeric", tuple(None if text.lower() in UNKNOWN else float(text) for text in texts))
    return Column(name, "categorical", tuple(None if text.lower() in UNKNOWN else text for text in texts))


def match(table: Table, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of the items ``names``, in that order; unknown where the table has no row for an item.

    An item's row is the one of its full name. Where there is none, it is the only one whose name ends the item's name
    or is ended by it, folder by folder ("celeba/000001.jpg" and "000001.jpg", but not "cats/1.png" and "dogs/1.png");
    and where there is none of these either, the same without the suffix (a set that was converted to another format).
    """
    rows = [row if row is not None else -1 for row in find(table, names)]
    return tuple(
        Column(column.name, column.kind, tuple(column.values[row] if row >= 0 else None for row in rows))
        for column in table.columns
    )


def find(table: Table, names: Sequence[str]) -> list[int | None]:
    """The table's row of every item, as told for ``match``; None where it has none."""
    lookups = (_Lookup(table.names), _Lookup([_without_suffix(name) for name in table.names]))

    def one(name: str) -> int | None:
        for lookup, form in zip(lookups, (name, _without_suffix(name)), strict=True):
            if rows := lookup.rows(form):
                return rows.pop() if len(rows) == 1 else None
        return None

    return [one(name) for name in names]


class _Lookup:
    """Rows of names by path: by the whole of it, by its end, and by that which it is the end of."""

    def __init__(self, names: Sequence[str]) -> None:
        self.whole: dict[str, set[int]] = {}
        self.ends: dict[str, set[int]] = {}
        for row, name in enumerate(names):
            self.whole.setdefault(name, set()).add(row)
            for end in _ends(name):
                self.ends.setdefault(end, set()).add(row)

    def rows(self, name: str) -> set[int]:
        if exact := self.whole.get(name):
            return set(exact)
        return self.ends.get(name, set()).union(*(self.whole.get(end, ()) for end in _ends(name)))


def _ends(path: str) -> list[str]:
    """``a/b/c`` -> ``b/c``, ``c``."""
    return [path[place + 1 :] for place, letter in enumerate(path) if letter == "/"]


def _without_suffix(path: str) -> str:
    stem, dot, suffix = path.rpartition(".")
    return stem if dot and stem and "/" not in suffix and not stem.endswith("/") else path


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


Rows = Iterator[tuple[int, list[str]]]


def _csv_rows(text: str, where: str) -> Rows:
    """(line, names of the columns after the first), then (line, [name, values...]) per item."""
    lines = text.splitlines()
    head = lines[0] if lines else ""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    try:
        heads = next(reader, [])[1:]
        if not heads:
            raise UserError(f"{where}:1: expected a line of column names (CSV), or a count of items (CelebA's form)")
        _check_heads([name.strip() for name in heads], where, 1, first=2)
        yield 1, [name.strip() for name in heads]
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise UserError(f"{where}:{reader.line_num}: not CSV: {error}") from error


def _celeba_rows(text: str, where: str) -> Rows:
    lines = text.splitlines()
    heads = lines[1].split() if len(lines) > 1 else []
    if not heads:
        raise UserError(f"{where}:2: expected a line of column names after the count")
    _check_heads(heads, where, 2, first=1)
    yield 2, heads
    count = 0
    for number, line in enumerate(lines[2:], start=3):
        if line.strip():
            count += 1
            yield number, line.split()
    if count != int(lines[0]):
        raise UserError(f"{where}:1: says {lines[0].strip()} items, but {count} follow; is the file cut?")


def _check_heads(heads: list[str], where: str, line: int, first: int) -> None:
    for place, name in enumerate(heads, start=first):
        if not name:
            raise UserError(f"{where}:{line}: column {place} has no name")
        if heads.index(name) != place - first:
            raise UserError(f"{where}:{line}: two columns are named {name!r}")
