"""Finds the Chinese font, Leaflet and jQuery in the packages that carry them: none of them is copied into this one.

====================  ==========================  ========
what                  distribution                licence
====================  ==========================  ========
Noto Sans SC          ``pylopdf-fonts-zh-cn``     OFL 1.1
Leaflet               ``XStatic-Leaflet``         BSD-2
jQuery                ``XStatic-jQuery``          MIT
====================  ==========================  ========

The XStatic packages are found through their list of files and not by importing them: their namespace package makes
``pkg_resources`` complain.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import metadata, util
from pathlib import Path

from sanxian.errors import TellingError
from sanxian.i18n import N_

LEAFLET = "XStatic-Leaflet"
JQUERY = "XStatic-jQuery"
FONTS = "pylopdf-fonts-zh-cn"


class AssetError(TellingError):
    """A package that carries a font or a script is not installed, or is not as expected."""


def _file(distribution: str, ending: str) -> Path:
    """The file of ``distribution`` whose path ends with ``ending``."""
    try:
        files = metadata.files(distribution) or ()
    except metadata.PackageNotFoundError:
        files = ()
    for entry in files:
        if entry.as_posix().endswith(ending):
            path = Path(str(entry.locate()))
            if path.is_file():
                return path
    raise AssetError(
        N_("找不到 {file}。它由 Python 包 {package} 提供，请重新安装：pip install {package}"),
        file=ending.rsplit("/", 1)[-1], package=distribution,
    )


@cache
def chinese_font() -> Path:
    """The file of Noto Sans SC, regular, which covers GB 18030's common characters.

    Raises:
        AssetError: The package that carries it is not installed.
    """
    spec = util.find_spec("pylopdf_fonts_zh_cn")
    if spec is not None and spec.origin:
        path = Path(spec.origin).with_name("NotoSansSC-Regular.otf")
        if path.is_file():
            return path
    return _file(FONTS, "NotoSansSC-Regular.otf")


def leaflet_script() -> str:
    """Leaflet's program, with nothing in it that names a server to ask.

    Raises:
        AssetError: The package that carries it is not installed.
    """
    text = _file(LEAFLET, "leaflet/data/leaflet.js").read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+\s*$", "", text)
    return text.replace("https://leafletjs.com", "leafletjs.com")


def leaflet_style() -> str:
    """Leaflet's style sheet, its pictures written into it.

    Raises:
        AssetError: The package that carries it is not installed, or names a picture that it lacks.
    """
    text = _file(LEAFLET, "leaflet/data/leaflet.css").read_text(encoding="utf-8")

    def inline(match: re.Match[str]) -> str:
        name = match[1].strip("'\"")
        if name.startswith(("data:", "#")):
            return match[0]
        return f"url({leaflet_image(name.rsplit('/', 1)[-1])})"

    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"url\(([^)]*)\)", inline, text)


def leaflet_image(name: str) -> str:
    """One of Leaflet's pictures, such as ``marker-icon.png``, as a ``data:`` address.

    Raises:
        AssetError: There is none of that name.
    """
    content = _file(LEAFLET, f"leaflet/data/images/{name}").read_bytes()
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def jquery_script() -> str:
    """JQuery's program, which folium's popups ask for.

    Raises:
        AssetError: The package that carries it is not installed.
    """
    text = _file(JQUERY, "jquery/data/jquery.min.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S+\s*$", "", text)
