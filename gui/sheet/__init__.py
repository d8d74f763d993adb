"""Print sheets: the painter, and the files it writes. What stands on a sheet is decided in ``sanxian.mapping.sheets``."""
