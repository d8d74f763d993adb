"""The application around the window: fonts, language, crash reports."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFont, QFontDatabase
from PyQt5.QtWidgets import QApplication

from gui import theme
from gui.resources.fusion import Fusion


def make_application(argv: Sequence[str], appearance: str = "light") -> QApplication:
    """The one ``QApplication``, ready to show Chinese on any screen."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    QApplication.setAttribute(Qt.AA_EnableHighDpiScaling, True)
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps, True)
    app = QApplication(["sanxian", *argv])
    # What Qt asks of us it asks call by call, and each waits this long for a thread that is busy in Python.
    sys.setswitchinterval(0.001)
    dress(app, appearance)
    return app


def dress(app: QApplication, appearance: str = "light") -> None:
    """Name, style, colours (``gui.theme``) and font of the application."""
    app.setApplicationName("sanxian")
    app.setOrganizationName("Sanxian")
    app.setStyle(Fusion())
    theme.apply(app, appearance)
    give_chinese_font(app)


def give_chinese_font(app: QApplication) -> str:
    """Use the system's font if it can write Chinese, else the one that comes with the program.

    Returns:
        The family in use.
    """
    base = QFontDatabase.systemFont(QFontDatabase.GeneralFont)
    families = QFontDatabase().families(QFontDatabase.SimplifiedChinese)
    # A font for all of China writes simplified Chinese too, with the commas and forms of Taiwan or Hong Kong.
    plain = [one for one in families if any(word in one for word in ("Sans", "YaHei", "Hei"))]
    family = next((one for one in plain if any(word in one for word in (" SC", " CN", "YaHei", "SimHei"))), "")
    family = family or next(iter(plain), "")
    if not family and families:
        family = families[0]
    if not family:
        family = _shipped_font()
    if family:
        font = QFont(family)
        font.setPointSizeF(max(9.0, base.pointSizeF()))
        app.setFont(font)
    return family


def _shipped_font() -> str:
    from sanxian.assets import AssetError, chinese_font

    try:
        number = QFontDatabase.addApplicationFont(str(chinese_font()))
    except AssetError as error:
        print(error, file=sys.stderr)  # noqa: T201 - without it nothing can be read in the window
        return ""
    families = QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return families[0] if families else ""


def run(path: Path | None = None, language: str | None = None) -> int:
    """Open the window, on a workspace if one is given, and stay until it is closed.

    A language that is given holds for this time; otherwise the one chosen in the window, or the system's.
    """
    from gui import crash
    from gui.settings import Settings, default_settings
    from layers import scratch

    # What a window that was killed has left, up to gigabytes: nobody waits for that.
    threading.Thread(target=scratch.sweep, name="sweep", daemon=True).start()
    settings = Settings(default_settings())
    with contextlib.suppress(OSError):  # a read-only home: the window works all the same
        crash.start_faulthandler(settings.folder)
    app = make_application(sys.argv[:0], settings.theme)
    from gui.dialogs.message import tell_crash
    from gui.main_window import MainWindow
    from sanxian.i18n import from_environment, set_language

    set_language(language or settings.language or from_environment())
    window = MainWindow(settings, open_path=path, spoken=language or "")
    restore = crash.install(settings.folder, lambda error, report: tell_crash(window, error, report))
    window.show()
    try:
        return int(app.exec_())
    finally:
        restore()
