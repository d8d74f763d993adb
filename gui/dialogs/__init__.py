"""Questions that the window asks."""

from __future__ import annotations

from PyQt5.QtWidgets import QApplication, QWidget

FRAME = 16, 48  # what a desktop's frame and title take


def sized(window: QWidget, width: int, height: int) -> None:
    """Give a window the size it would like, less where the screen has no such room: large text makes screens small."""
    screen = window.screen() or QApplication.primaryScreen()
    room = screen.availableSize()
    window.resize(min(width, room.width() - FRAME[0]), min(height, room.height() - FRAME[1]))
