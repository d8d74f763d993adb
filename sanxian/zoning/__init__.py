"""Zoning statistics: areas, shares, changes and overlaps of zones, as planners publish them."""
