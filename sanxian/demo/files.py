"""Files with the same bytes for the same content: spreadsheets and vector files without the hour they were made."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pyogrio

STAMP = "2000-01-01T00:00:00Z"


def save_workbook(book: openpyxl.Workbook, path: Path) -> None:
    """Write a workbook without the time of writing in it.

    Raises:
        OSError: The file cannot be written.
    """
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as packed, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in sorted(packed.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            content = packed.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", STAMP.encode(), content)
            out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


@contextmanager
def without_clock() -> Iterator[None]:
    """GeoPackages written inside carry a fixed time of change."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
