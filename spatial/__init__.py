"""Pure geometry and rasters: arrays in, arrays out; knows no file, no rule and no window."""
