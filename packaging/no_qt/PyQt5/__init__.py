"""Stands in for PyQt5 in the headless check: whatever imports it there fails."""

raise ImportError("PyQt5 must not be imported here: Qt lives in gui/ only")
