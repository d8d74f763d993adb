"""The window. PyQt5 lives in this package and nowhere else."""
