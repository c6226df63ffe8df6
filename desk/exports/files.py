"""The files that lists are written into: a spreadsheet, and comma-separated text.

No cell is ever a formula: what people typed stays text, whatever it begins with.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import Cell as SheetCell
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from desk.exports.columns import COLUMNS, Cell, Column, Content

# What a spreadsheet program reads as the beginning of a formula (OWASP, CSV injection).
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"


@dataclass(frozen=True)
class Form:
    """A form in which a list is kept."""

    content_type: str
    ending: str


XLSX = Form(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"
)
CSV = Form("text/csv; charset=utf-8", ".csv")
FORMS = {"xlsx": XLSX, "csv": CSV}


def write_file(form: str, rows: Sequence[Sequence[Cell]], *, is_rtl: bool) -> bytes:
    """The whole file; `is_rtl` lays the sheet out from right to left."""
    return _xlsx(rows, is_rtl=is_rtl) if form == "xlsx" else _csv(rows)


def _xlsx(rows: Iterable[Sequence[Cell]], *, is_rtl: bool) -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 (a new book has one)
    sheet.sheet_view.rightToLeft = is_rtl
    sheet.freeze_panes = "A2"
    sheet.append([_head(sheet, column) for column in COLUMNS])
    for place, column in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    for cells in rows:
        pairs = zip(COLUMNS, cells, strict=True)
        sheet.append([_cell(sheet, column, value) for column, value in pairs])
    sheet.auto_filter.ref = sheet.dimensions
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _head(sheet: Worksheet, column: Column) -> SheetCell:
    cell = _text(sheet, str(column.title))
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Worksheet, column: Column, value: Cell) -> SheetCell:
    if column.content == Content.TEXT or value in ("", None):
        return _text(sheet, str(value or ""))
    is_date = column.content == Content.DATE
    cell = WriteOnlyCell(
        sheet, dt.datetime.fromisoformat(str(value)) if is_date else value
    )
    cell.number_format = "yyyy-mm-dd" if is_date else "#,##0"
    return cell


def _text(sheet: Worksheet, value: str) -> SheetCell:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    # Never a formula, also after somebody edited it.
    cell.data_type = "s" if value else "n"
    cell.number_format = "@"
    cell.quotePrefix = value.startswith(FORMULA_SIGNS)
    return cell


def _csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    kept = io.StringIO()
    writer = csv.writer(kept)
    writer.writerow([str(column.title) for column in COLUMNS])
    for cells in rows:
        writer.writerow([_harmless(value) for value in cells])
    # The mark tells spreadsheet programs that it is UTF-8.
    return (BOM + kept.getvalue()).encode()


def _harmless(value: Cell) -> Cell:
    is_risky = isinstance(value, str) and value.startswith(FORMULA_SIGNS)
    return f"'{value}" if is_risky else value
