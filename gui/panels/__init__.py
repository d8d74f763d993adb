"""The docked parts of the window."""
