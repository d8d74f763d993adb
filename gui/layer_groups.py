"""Which kind of layer stands in which group of the tree, top of the map first."""

from __future__ import annotations

from sanxian.i18n import N_

GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("monitoring", N_("排污与监测"), ("discharge_outlet", "pollution_source", "monitoring_section", "receptor", "sewer")),
    ("protected", N_("生态保护红线与保护地"), (
        "ecological_redline", "protected_area", "water_source", "germplasm_reserve", "wetland", "scenic_area")),
    ("water", N_("水域与岸线"), (
        "river_bank", "bank_zone", "river_management", "flood_detention", "water_body", "water_function_zone",
        "groundwater_zone")),
    ("land", N_("土地与城镇"), (
        "permanent_farmland", "contaminated_land", "industrial_park", "urban_boundary", "built_up_area",
        "farmland_class")),
    ("air", N_("大气、噪声与养殖管控"), (
        "fuel_ban_zone", "machinery_ban_zone", "heating_network", "noise_sensitive", "noise_zone",
        "breeding_ban_zone")),
    ("control", N_("生态环境管控分区"), ("control_unit", "element_zone")),
    ("other", N_("行政区与参考"), ("admin", "reference", "raster")),
)
# Layers that cover nearly everything: with all of them drawn at once nothing can be seen, so a workspace that is opened
# for the first time begins with them hidden. They are screened with all the same.
QUIET = frozenset({
    "element_zone", "noise_zone", "fuel_ban_zone", "machinery_ban_zone", "breeding_ban_zone", "heating_network",
    "farmland_class", "water_function_zone", "flood_detention", "pollution_source", "receptor", "raster",
})
TITLES = {key: title for key, title, _roles in GROUPS}
OWN = "own:"  # before the number of a group that a person made
_OF_ROLE = {role: key for key, _title, roles in GROUPS for role in roles}
_ORDER = {role: place for place, role in enumerate(role for _key, _title, roles in GROUPS for role in roles)}


def group_of(role: str) -> str:
    """The group that a layer of this role starts in."""
    return _OF_ROLE.get(role, "other")


def place_of(role: str) -> int:
    """Where a layer of this role starts, counted from the top of the map."""
    return _ORDER.get(role, len(_ORDER))
