"""Print sheets: what stands on them and where, as data. The painter is in ``gui.sheet``; nothing here knows Qt."""
