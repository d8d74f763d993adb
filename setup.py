"""Packaging: five flat packages, one distribution.

The packages are named one by one: ``find_packages`` would also take ``benchmarks`` or ``docs`` were they ever to
hold an ``__init__.py``, and names as plain as ``rules`` must be installed on purpose or not at all.
"""

import re
from pathlib import Path

from setuptools import find_namespace_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "([^"]+)"', (HERE / "sanxian" / "__init__.py").read_text(encoding="utf-8"))[1]
OURS = ("gui", "sanxian", "layers", "rules", "spatial")

setup(
    name="sanxian",
    version=VERSION,
    description="三线一单 desktop GIS: may this project stand here?",
    long_description=(HERE / "README.md").read_text(encoding="utf-8") if (HERE / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    license="GPL-3.0-or-later",
    python_requires=">=3.11",
    packages=[
        name for top in OURS for name in [top, *(f"{top}.{sub}" for sub in find_namespace_packages(HERE / top))]
        if "__pycache__" not in name
    ],
    package_data={
        "": ["*.toml", "*.json", "*.csv", "*.po", "*.svg", "*.css", "*.js", "*.html", "*.png", "*.ico"],
    },
    include_package_data=False,
    install_requires=[
        "geopandas>=1.0",
        "shapely>=2.1",  # maximum_inscribed_circle, coverage checks, and thread-safe STRtree queries
        "pyogrio>=0.10",
        "pyproj>=3.6",
        "numpy>=1.26",
        "pandas>=2.2",
        "rasterio>=1.4",
        "PyQt5>=5.15.10",  # no upper pin on PyQt5-Qt5: its newest Windows wheel is older than the Linux one
        "folium>=0.18",
        "openpyxl>=3.1",
        "python-docx>=1.1",
        "docxtpl>=0.19",  # Word reports after the customer's own template (LGPL-2.1)
        "Jinja2>=3.1.4",  # its templates, sandboxed
        "fpdf2>=2.8.3",  # PDF reports: embedded Chinese font, searchable text, Chinese line breaks (LGPL-3.0)
        "pyarrow>=15",  # GeoParquet in and out
        "Pillow>=10",  # shrinks the map pictures in reports
        "exactextract>=0.2",  # raster statistics with partial cells by the part covered
        "xlrd>=2.0.1",  # the old .xls workbooks that agencies still send
        "networkx>=3.2",  # outlets: the chain from source to reach
        "segno>=1.6",  # outlets: the QR code of the sign
        "matplotlib>=3.9",  # the small map picture inside reports; the window draws with QPainter
        "colorspacious>=1.1.2",  # map checks: how colours look to readers with weak colour vision, and how far apart they are
        "defusedxml>=0.7.1",  # style files of others: XML without entities
        "polib>=1.2",  # reads the .po catalogues as they are, so that no compiled file is needed at run time
        "platformdirs>=4",
        "pylopdf-fonts-zh-cn>=0.1.1",  # carries Noto Sans SC (OFL): the Chinese font, not committed here
        "XStatic-Leaflet>=1.9.3",  # carries Leaflet (BSD-2): web maps without a network
        "XStatic-jQuery>=3.7",  # folium popups need it (MIT)
    ],
    extras_require={
        "fast": ["numba>=0.60"],  # the edge-grid kernel for millions of sites; without it the same answers, slower
        "sign": ["cryptography>=42"],  # Ed25519 signatures of evidence bundles
        "postgis": ["SQLAlchemy>=2.0", "psycopg[binary]>=3.1", "GeoAlchemy2>=0.14"],  # layers from a PostGIS database
        "dask": ["distributed>=2024.8"],  # a batch on several machines: --scheduler
        "bench": ["rasterstats>=0.19"],  # the peer that raster statistics are compared with, in benchmarks only
        "test": [
            "numba>=0.60", "distributed>=2024.8", "SQLAlchemy>=2.0", "psycopg[binary]>=3.1", "GeoAlchemy2>=0.14",
            "cryptography>=42",
            "pytest>=8", "pytest-xdist>=3.6",  # all cores: half the time
            "pytest-rerunfailures>=14",  # a test of the window that a loaded machine of CI was too slow for, once more and by name
            "pytest-qt>=4.4", "hypothesis>=6.100", "pytest-timeout>=2.3",
            "pypdf>=5",  # reads the text of printed maps back
            "ruff>=0.6", "pyright>=1.1.380", "import-linter>=2.0",
        ],
    },
    entry_points={
        "console_scripts": ["sanxian = sanxian.cli:main"],
        "gui_scripts": ["sanxian-gui = gui.__main__:main"],
    },
)
