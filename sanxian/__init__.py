"""The jobs: screening, reports, outlets, the command line."""

__version__ = "0.1.0"
