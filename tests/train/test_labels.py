"""Label files as people have them: what is recognised, how items are found in them, what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.data.labels import Column, Table, find, match, parse_labels, read_labels, typed
from tui_vae.errors import UserError

SHARED = Path(__file__).parents[3] / "shared" / "data"

CSV = b"""\xef\xbb\xbffile,smiling,age,hair,hat,glasses,left
faces/1.png,1,30.5,blond,yes,-1,False
faces/2.png,0,,,no,1,true
"faces/3, x.png",,-2e1,red,,,
"""
CELEBA = b"3\n Bald Smiling\n1.jpg -1  1\n2.jpg  1  1\n3.jpg -1 -1\n"


def test_csv_columns_are_what_their_values_say(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    table = read_labels(tmp_path / "a.csv")
    assert table.names == ("faces/1.png", "faces/2.png", "faces/3, x.png")
    assert table.columns == (
        Column("smiling", "boolean", (True, False, None)),
        Column("age", "numeric", (30.5, None, -20.0)),
        Column("hair", "categorical", ("blond", None, "red")),
        Column("hat", "boolean", (True, False, None)),
        Column("glasses", "boolean", (False, True, None)),
        Column("left", "boolean", (False, True, None)),
    )


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators(mark: str) -> None:
    assert parse_labels(f"file{mark}age\na{mark}1,5\n".encode(), "x").columns[0].values == ("1,5",)


def test_celebas_form() -> None:
    table = parse_labels(CELEBA, "list.txt")
    assert table.names == ("1.jpg", "2.jpg", "3.jpg")
    assert table.columns == (
        Column("Bald", "boolean", (False, True, False)),
        Column("Smiling", "boolean", (True, True, False)),
    )


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["0", "1", ""], "boolean"),
        (["1", "1"], "boolean"),
        (["-1", "0", "1"], "numeric"),
        (["yes", "1"], "categorical"),  # two spellings in one column are no yes and no
        (["1_000", "2"], "categorical"),
        (["1e999"], "categorical"),  # no finite number
        (["nan", "2"], "numeric"),
        (["", ""], "categorical"),
    ],
)
def test_kinds(texts: list[str], kind: str) -> None:
    assert typed("x", texts).kind == kind


@given(st.lists(st.text(max_size=6), max_size=8))
def test_every_column_of_texts_has_a_kind_and_fitting_values(texts: list[str]) -> None:
    column = typed("x", texts)
    types = {"boolean": bool, "numeric": float, "categorical": str}
    assert len(column.values) == len(texts)
    assert all(value is None or type(value) is types[column.kind] for value in column.values)


@given(
    st.lists(st.tuples(st.text('abc/.ä ,"\n', min_size=1, max_size=5), st.text(max_size=4)), unique_by=lambda r: r[0])
)
def test_what_a_csv_writer_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("file", "label"), *rows])
    try:
        table = parse_labels(stream.getvalue().encode("utf-8", "surrogatepass"), "x")
    except UserError:
        assert not rows or any("\ud800" <= letter <= "\udfff" for _, text in rows for letter in text)
    else:
        assert table.names == tuple(name for name, _ in rows)
        assert table.columns[0] == typed("label", [text for _, text in rows])


@given(st.binary(max_size=60))
def test_any_bytes_are_a_table_or_one_complaint(content: bytes) -> None:
    table, complaint = None, "x.csv:"
    try:
        table = parse_labels(content, "x.csv")
    except UserError as error:
        complaint = str(error)
    assert complaint.startswith("x.csv:")
    assert table is None or all(len(column.values) == len(table.names) for column in table.columns)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "x:1: expected a line of column names"),
        (b"file\na\n", "x:1: expected a line of column names"),
        (b"file,a\n", "no line for any item"),
        (b"file,a\nx,1\nx,2\n", "x:3: 'x' stands in line 2 already"),
        (b"file,a\nx,1,2\n", "x:2: 2 values after the name, but there are 1 columns"),
        (b"file,a\n,1\n", "x:2: no item name"),
        (b"file,a,a\nx,1,2\n", "x:1: two columns are named 'a'"),
        (b"file,a,\nx,1,2\n", "x:1: column 3 has no name"),
        (b'file,a\nx,"1\n', "not CSV"),
        (b"file,a\nx,\xff\n", "x:2: labels must be text in UTF-8"),
        (b"2\nBald\na 1\n", "x:1: says 2 items, but 1 follow"),
        (b"2\n", "x:2: expected a line of column names"),
        (b"1\nBald Male\na 1\n", "x:3: 1 values after the name, but there are 2 columns"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(content: bytes, complaint: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_labels(content, "x")
    assert complaint in str(caught.value) and "\n" not in str(caught.value)


def test_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read labels"):
        read_labels(tmp_path / "none.csv")


def rows(table: list[str], item: str) -> int | None:
    return find(Table(tuple(table), ()), [item])[0]


def test_items_are_found_by_full_name_by_end_and_without_suffix() -> None:
    assert rows(["a/1.png", "1.png"], "1.png") == 1  # the full name goes first
    assert rows(["000001.jpg"], "img_align_celeba/000001.jpg") == 0
    assert rows(["faces/1.png"], "1.png") == 0
    assert rows(["faces/1.png"], "set/faces/1.png") == 0
    assert rows(["000001.jpg"], "img/000001.png") == 0
    assert rows(["cats/1.png"], "dogs/1.png") is None
    assert rows(["a/1.png", "b/1.png"], "1.png") is None  # which one?
    assert rows(["1.png", "1.jpg"], "1.webp") is None
    assert rows(["11.png"], "1.png") is None
    assert rows([".a"], "x/.b") is None  # a leading dot is no suffix


def test_match_gives_unknown_where_there_is_no_row() -> None:
    table = Table(("1.png", "2.png"), (Column("smile", "boolean", (True, False)),))
    assert match(table, ["x/2.png", "3.png"]) == (Column("smile", "boolean", (False, None)),)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared image sets are not here")
def test_real_lists() -> None:
    faces = read_labels(SHARED / "faces-128.csv")
    assert len(faces.names) == 22_335 and faces.columns[0].kind == "numeric"
    celeba = read_labels(SHARED / "list_attr_celeba.txt")
    assert len(celeba.columns) == 40 and {column.kind for column in celeba.columns} == {"boolean"}
    assert {column.kind for column in read_labels(SHARED / "avatars-96.csv").columns} == {"categorical"}
