"""Opens a workbook with openpyxl, an independent reader, and prints what is in it as one JSON document.

Usage: openpyxl_cells.py WORKBOOK
For each sheet: its name, the cell that the view is frozen at, how many cells are formulas, and the cells that hold something as [row, column, kind, value].
"""
import datetime
import json
import sys

import openpyxl


def main():
    workbook = openpyxl.load_workbook(sys.argv[1])
    sheets = []
    for sheet in workbook.worksheets:
        cells, formulas = [], 0
        for row in sheet.iter_rows():
            for cell in row:
                value = cell.value
                if value is None:
                    continue
                formulas += cell.data_type == "f"
                if isinstance(value, datetime.datetime):
                    since = value - datetime.datetime(1970, 1, 1)
                    cells.append([cell.row, cell.column, "time", since.total_seconds()])
                elif isinstance(value, (int, float)) and not isinstance(value, bool):
                    cells.append([cell.row, cell.column, "number", float(value)])
                else:
                    cells.append([cell.row, cell.column, "text", str(value)])
        sheets.append({"name": sheet.title, "frozen": sheet.freeze_panes, "formulas": formulas, "cells": cells})
    print(json.dumps({"openpyxl": openpyxl.__version__, "sheets": sheets}))


main()
