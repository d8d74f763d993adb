"""Cut large shapes into small ones, so that a question about one place does not read a whole province."""

from __future__ import annotations

import numpy as np
import shapely


def subdivide(geoms: np.ndarray, most_vertices: int = 256) -> tuple[np.ndarray, np.ndarray]:
    """Polygons in tiles of few vertices, which together cover what they covered.

    Args:
        geoms: Valid polygons and multipolygons; empty ones and ``None`` give no tiles.
        most_vertices: Tiles with more are halved again, unless that no longer helps.

    Returns:
        The tiles, and the position of the polygon that each is part of, in ascending order.
    """
    tiles, owner = shapely.get_parts(geoms, return_index=True)
    owner = owner[~shapely.is_empty(tiles)]
    tiles = tiles[~shapely.is_empty(tiles)]
    done: list[np.ndarray] = []
    done_owner: list[np.ndarray] = []
    for _ in range(32):
        large = shapely.get_num_coordinates(tiles) > most_vertices
        done.append(tiles[~large])
        done_owner.append(owner[~large])
        tiles, owner = tiles[large], owner[large]
        if not len(tiles):
            break
        west, south, east, north = shapely.bounds(tiles).T
        flat = east - west >= north - south
        # Slightly off the middle: a line drawn along a round coordinate should not run along a seam.
        x, y = west + 0.4871 * (east - west), south + 0.4871 * (north - south)
        first = shapely.box(west - 1, south - 1, np.where(flat, x, east + 1), np.where(flat, north + 1, y))
        second = shapely.box(np.where(flat, x, west - 1), np.where(flat, south - 1, y), east + 1, north + 1)
        halves = shapely.intersection(np.concatenate([tiles, tiles]), np.concatenate([first, second]))
        parts, index = shapely.get_parts(halves, return_index=True)
        area = (shapely.get_dimensions(parts) == 2) & ~shapely.is_empty(parts)
        tiles, owner = parts[area], np.concatenate([owner, owner])[index[area]]
    done.append(tiles)
    done_owner.append(owner)
    every, whose = np.concatenate(done), np.concatenate(done_owner)
    order = np.argsort(whose, kind="stable")
    return every[order], whose[order]


def chunks(geoms: np.ndarray, edges: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Outlines, lines and points in short pieces, for a search tree in which every piece has a small box.

    Args:
        geoms: Valid shapes of any kind; empty ones and ``None`` give nothing.
        edges: At most so many edges a piece.

    Returns:
        The pieces, and the position of the shape that each is part of, in ascending order.
    """
    parts, owner = shapely.get_parts(geoms, return_index=True)
    while (shapely.get_type_id(parts) >= 4).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    kind = shapely.get_type_id(parts)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    lines = np.concatenate([rings, parts[np.isin(kind, (1, 2))]])
    line_owner = np.concatenate([owner[ring_part], owner[np.isin(kind, (1, 2))]])
    pieces: list[np.ndarray] = []
    whose: list[np.ndarray] = []
    xy, line = shapely.get_coordinates(lines, return_index=True)
    if len(xy):
        # Each line's vertices are dealt out in runs; a run also holds the first vertex of the next.
        counts = np.bincount(line, minlength=len(lines))
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        place = np.arange(len(xy)) - starts[line]
        joint = place % edges == 0
        end = place == counts[line] - 1
        opens = joint & ~end
        number = np.cumsum(opens) - 1
        own = np.flatnonzero(~(joint & end))  # a line that ends on a joint ends the run before it
        again = np.flatnonzero(joint & (place > 0))
        vertices, runs = np.concatenate([own, again]), np.concatenate([number[own], number[again - 1]])
        order = np.lexsort((vertices, runs))
        pieces.append(np.asarray(shapely.linestrings(xy[vertices[order]], indices=runs[order])))
        whose.append(line_owner[line[opens]])
    points = (kind == 0) & ~shapely.is_empty(parts)
    pieces.append(parts[points])
    whose.append(owner[points])
    every, owners = np.concatenate(pieces), np.concatenate(whose)
    order = np.argsort(owners, kind="stable")
    return every[order], owners[order]
