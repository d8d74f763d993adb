"""Makes a bundle: everything that a screening stood on, what came of it, and a manifest of digests over all of it.

=====================  ==========================================================================================
member                 what it holds
=====================  ==========================================================================================
``manifest.json``      what is in the bundle: of each member its size and SHA-256, of each layer where it came from
``manifest.sha256``    SHA-256 of ``manifest.json``, as ``sha256sum -c`` reads it
``request.json``       day, parameters, overrides and options of the screening
``projects.json``      the projects as they were judged, every digit of their coordinates
``rasters.json``       what rasters said of each site, where there are any: for information, and not recomputed
``inputs/…``           the files that the projects were read from, byte for byte
``layers/….geojson``   of each layer the features that the screening looked at, in the layer's own CRS
``coverage/….geojson`` where layers claim to be complete
``rules/…``            the rule packs, byte for byte
``crs.json``           the coordinate operations that were used, and by which edition of PROJ
``result.json``        the record of the screening
``report/…``           the report as Word and as web page with its maps, and the sites as GeoJSON
=====================  ==========================================================================================
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyproj
import shapely

from layers import scratch
from layers.files import parts as files_of
from layers.workspace import Workspace
from rules.load import builtin_files, load_files, pack_files
from rules.ruleset import RuleSet
from sanxian import __version__
from sanxian.evidence import container, extract
from sanxian.evidence.errors import EvidenceError
from sanxian.i18n import N_
from sanxian.mapping.scene import Shown
from sanxian.request import Project
from sanxian.result import Screening
from sanxian.screen import PACKS_OFF, Screener

SCHEMA = "sanxian/evidence/1"
CONFIDENTIAL = ("refuse", "leave-out", "include")
MOST_INPUT_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class ProjectsSource:
    """Where the projects came from.

    Attributes:
        path: The file; ``None`` where they are a layer of the workspace or were drawn in the window.
        layer: Name of the workspace's layer.
        options: How the file was read: layer, crs, encoding, repair, close_lines, fields, values and leave_out.
    """

    path: Path | None = None
    layer: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def rule_files(workspace: Workspace | None, folders: Sequence[Path] = ()) -> list[tuple[str, Mapping[str, bytes]]]:
    """The packs that :func:`sanxian.screen.rule_set` puts together, as files by name.

    Raises:
        RuleError: A folder is missing or holds no rules.
    """
    found: list[tuple[str, Mapping[str, bytes]]] = [("builtin", builtin_files())]
    if workspace is not None:
        off = set(workspace.state(PACKS_OFF, []) or [])
        found += [(name, files) for name, files in sorted(workspace.packs().items()) if name not in off]
    return found + [(folder.name, pack_files(folder)) for folder in folders]


def write_bundle(
    path: Path | str,
    screening: Screening,
    projects: Sequence[Project],
    workspace: Workspace,
    *,
    folders: Sequence[Path] = (),
    parameters: Mapping[str, float] | None = None,
    source: ProjectsSource | None = None,
    confidential: str = "refuse",
    language: str = "zh",
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> str:
    """Write the bundle of a screening that was just made, once it is seen that it gives the same result again.

    Args:
        path: A ``.zip``; it is written as a whole or not at all.
        screening: What came of ``projects``.
        projects: The projects as they were judged.
        workspace: The layers that were screened, unchanged since.
        folders: The rule folders given beside the workspace's own packs.
        parameters: The distances given beside those that the workspace keeps.
        source: Where the projects came from.
        confidential: What to do with a layer that is marked confidential: ``refuse`` to write, ``leave-out`` its
            features (the bundle then needs the workspace to be recomputed), or ``include`` them.
        language: Of the report.
        progress: Called with steps done and in all; it may raise to stop.

    Returns:
        SHA-256 of the manifest: who knows it can tell any change of the bundle.

    Raises:
        EvidenceError: A layer is confidential, the bundle would be too large, or the result does not come out the
            same again.
        ReportError: The file or the report cannot be written.
    """
    from sanxian.evidence.verify import recompute
    from sanxian.reports import replace_whole

    path = Path(path)
    steps = 5
    progress(0, steps)
    packs = rule_files(workspace, folders)
    rules = RuleSet.of([load_files(name, files) for name, files in packs])
    if rules.sha256 != screening.rule_set_sha256:
        raise EvidenceError(N_("研判之后规则有改动，不能制作证据包；请重新研判。"))
    screener = Screener(workspace, rules, on=screening.on, parameters=parameters)
    result = screening.to_json().encode()
    wanted = json.loads(result)
    for whole in (False, True):
        extracts, coverages = extract.take(workspace, screener, projects, whole=whole)
        secret = [item for item in extracts if item.mark and item.rows]
        if secret and confidential == "refuse":
            raise EvidenceError(
                N_("图层“{name}”标有密级“{mark}”，证据包会带出其中的图形。可用 --confidential leave-out 不带出（复算时须有原工作区），"
                   "或经批准后用 --confidential include 带出。"), name=secret[0].record.name, mark=secret[0].mark)
        progress(1, steps)
        members = _inputs(screening, projects, workspace, parameters, extracts, coverages, packs)
        manifest: dict[str, Any] = {"rules": _rules(packs, rules, members)}
        manifest["layers"] = _layers(extracts, members)
        again = recompute(manifest, members, manifest["layers"])
        if again.to_dict() == wanted and again.to_json().encode() == result:
            break
    else:
        raise EvidenceError(N_("由证据包复算的结果与研判结果不一致，没有写出证据包；工作区可能在研判之后有改动，请重新研判。"))
    progress(2, steps)
    if confidential == "leave-out":
        for item in manifest["layers"]:
            if item["confidentiality"] and item["extract"]:
                del members[item["extract"]]
                item["withheld"] = True
    manifest["projects"] = _originals(source or ProjectsSource(), screening, members)
    members["result.json"] = result
    progress(3, steps)
    hidden = {item.record.name for item in extracts if item.mark and confidential == "leave-out"}
    shown = Shown(workspace, hidden) if hidden else workspace
    members |= _reports(screening, shown, rules, language, confidential == "include")
    progress(4, steps)
    text = _finish(manifest, members, screening, language)
    replace_whole(path, lambda target: target.write_bytes(text))
    progress(steps, steps)
    return hashlib.sha256(container.unpack(text)["manifest.json"].packed).hexdigest()


def _inputs(
    screening: Screening, projects: Sequence[Project], workspace: Workspace, parameters: Mapping[str, float] | None,
    extracts: Sequence[extract.Extract], coverages: Mapping[str, bytes], packs: Sequence[tuple[str, Mapping[str, bytes]]],
) -> dict[str, bytes]:
    """The members that a recomputation reads, but for the features of the layers."""
    ids = {item.id for item in projects}
    request = {
        "on": screening.on.isoformat(),
        "parameters": dict(sorted((parameters or {}).items())),
        "kept_parameters": workspace.state("parameters", {}) or {},
        "overrides": [item for item in workspace.state("overrides", []) or [] if item.get("project") in ids],
        "projects_sha256": screening.projects_sha256,
        **({"left_out": screening.to_dict()["left_out"]} if screening.left_out else {}),
    }
    crs = {
        "proj": pyproj.proj_version_str, "geos": shapely.geos_version_string,
        "operations": extract.operations(projects, [extract.record_out(item.record) for item in extracts if item.rows]),
    }
    members = {"request.json": _json(request), "projects.json": extract.projects_out(projects), "crs.json": _json(crs)}
    said = {item.id: [one.to_dict() for one in item.rasters] for item in screening.projects if item.rasters}
    if said:
        members["rasters.json"] = _json(said)
    for key, text in sorted(coverages.items()):
        members[f"coverage/{key[:16]}.geojson"] = text
    for number, (name, files) in enumerate(packs):
        for place, (file, content) in enumerate(sorted(files.items())):
            members[_rule_member(number, name, place, file)] = content
    return members


def _rule_member(number: int, pack: str, place: int, file: str) -> str:
    """A name that any system can unpack; the pack's own names stand in the manifest."""
    safe = f"rules/{number:02d}-{pack}/{file}"
    return safe if container.NAME.fullmatch(safe) and len(safe) <= container.LONGEST_NAME else f"rules/{number:02d}/{place:04d}.toml"


def _layers(extracts: Sequence[extract.Extract], members: dict[str, bytes]) -> list[dict[str, Any]]:
    """Put the features among the members; what the manifest says of the layers."""
    layers: list[dict[str, Any]] = []
    for number, item in enumerate(extracts, start=1):
        name = f"layers/{number:02d}-{_safe(item.record.role)}.geojson" if item.rows else None
        if name:
            members[name] = item.rows
        layers.append({
            **extract.record_out(item.record), "extract": name, "extracted": item.kept,
            "extract_sha256": hashlib.sha256(item.rows).hexdigest() if item.rows else None,
            "coverage_member": f"coverage/{item.coverage[:16]}.geojson" if item.coverage else None,
            "confidentiality": item.mark, "withheld": False,
        })
    return layers


def _safe(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "layer"


def _rules(packs: Sequence[tuple[str, Mapping[str, bytes]]], rules: RuleSet, members: Mapping[str, bytes]) -> dict[str, Any]:
    listed = []
    for number, (name, files) in enumerate(packs):
        listed.append({"pack": name, "files": {
            file: _rule_member(number, name, place, file) for place, file in enumerate(sorted(files))}})
    assert all(member in members for pack in listed for member in pack["files"].values())
    return {"sha256": rules.sha256, "packs": listed}


def _originals(source: ProjectsSource, screening: Screening, members: dict[str, bytes]) -> dict[str, Any]:
    """The files that the projects were read from, as members, and what is said of them."""
    found: dict[str, Any] = {
        "from": "file" if source.path is not None else "layer" if source.layer else "window",
        "name": source.path.name if source.path is not None else source.layer,
        "sha256": screening.projects_sha256,
        "options": {key: value for key, value in sorted(source.options.items()) if value},
        "files": {},
    }
    if source.path is None or source.path.is_dir():
        return found
    files = files_of(source.path)
    if sum(file.stat().st_size for file in files) > MOST_INPUT_BYTES:
        return found  # the projects themselves are there all the same
    for file in files:
        name = f"inputs/projects{_suffix(file)}"
        if name not in members:
            members[name] = file.read_bytes()
            found["files"][name] = file.name
    found["read"] = f"inputs/projects{_suffix(source.path)}"
    return found


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if re.fullmatch(r"\.[a-z0-9]{1,12}", suffix) else ".dat"


def _reports(screening: Screening, workspace: Any, rules: RuleSet, language: str, secret: bool) -> dict[str, bytes]:
    from sanxian.reports import write_report

    found: dict[str, bytes] = {}
    with scratch.temporary() as folder:
        for name in ("report.docx", "report.html", "sites.geojson"):
            target = Path(folder) / name
            write_report(screening, target, workspace=workspace, ruleset=rules, language=language, secret=secret)
            found[f"report/{name}"] = target.read_bytes()
    return found


def _finish(manifest: dict[str, Any], members: Mapping[str, bytes], screening: Screening, language: str) -> bytes:
    """The whole zip: the manifest first, its digest, then the members in the order of their names."""
    entries = {name: container.entry(name, members[name]) for name in sorted(members)}
    manifest = {
        "schema": SCHEMA, "program": __version__, "on": screening.on.isoformat(), "language": language,
        "projects": manifest["projects"], "rules": manifest["rules"], "layers": manifest["layers"],
        "members": [
            {"name": name, "size": item.size, "sha256": hashlib.sha256(members[name]).hexdigest(),
             "packed_size": len(item.packed), "packed_sha256": hashlib.sha256(item.packed).hexdigest()}
            for name, item in entries.items()
        ],
    }
    text = _json(manifest)
    digest = hashlib.sha256(text).hexdigest()
    return container.pack({
        "manifest.json": container.entry("manifest.json", text, stored=True),
        "manifest.sha256": container.entry("manifest.sha256", f"{digest}  manifest.json\n".encode(), stored=True),
        **entries,
    })


def _json(value: Any) -> bytes:
    return extract.whole_text(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def day_of(text: str) -> date:
    """A day of a bundle."""
    return date.fromisoformat(text)
