"""Does the screening of a bundle again, from the bundle alone, and names every file that differs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyproj
from shapely.geometry import shape

from layers import scratch
from layers.issues import Issue
from layers.workspace import Workspace
from rules.load import load_files
from rules.ruleset import RuleSet
from sanxian import __version__
from sanxian.evidence import container, extract
from sanxian.evidence.bundle import SCHEMA, day_of
from sanxian.evidence.container import ContainerDamaged, Entry
from sanxian.evidence.errors import EvidenceError
from sanxian.i18n import N_, _
from sanxian.messages import words
from sanxian.request import Project, load_projects
from sanxian.result import Screening
from sanxian.screen import screen

# What can be wrong, in words; ``{file}`` is the member.
WORDS: Mapping[str, str] = {
    "frame": N_("压缩包的结构被改动：第 {offset} 字节起，在“{file}”处"),
    "frame-end": N_("压缩包的结构被改动：第 {offset} 字节起，在文件末尾"),
    "manifest": N_("“{file}”与清单摘要 manifest.sha256 不符"),
    "manifest-unreadable": N_("“{file}”不是可读的清单"),
    "member": N_("“{file}”被改动：与清单所记的摘要不符"),
    "missing": N_("缺少“{file}”"),
    "added": N_("多出“{file}”，清单中没有"),
    "order": N_("文件的次序被改动，在“{file}”处"),
    "unreadable": N_("“{file}”不能读作证据：{detail}"),
    "result": N_("“{file}”与复算结果不一致：{detail}"),
    "sites": N_("“{file}”与复算结果不一致"),
    "inputs": N_("由“{file}”重新读入的项目与 projects.json 不一致：{detail}"),
    "crs": N_("“{file}”与复算所用的坐标转换不一致"),
    "withheld": N_("“{file}”因密级没有带出，未能复算；请用 --workspace 给出原工作区"),
    "withheld-differs": N_("“{file}”：所给工作区中的图层与研判时不同"),
    "signature": N_("签名与证据包不符，或公钥不是签名人的"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    Attributes:
        code: A key of :data:`WORDS`.
        file: The member.
    """

    code: str
    file: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def words(self) -> str:
        """In a sentence."""
        return _(WORDS[self.code]).format(file=self.file, **self.values)


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a verification.

    Attributes:
        recomputed: Whether the screening was done again; only then can a bundle be whole.
        program: The version that made the bundle.
        proj: The edition of PROJ that it was made with.
        projects: How many were screened.
    """

    differences: tuple[Difference, ...]
    recomputed: bool
    manifest_sha256: str = ""
    program: str = ""
    proj: str = ""
    projects: int = 0

    @property
    def whole(self) -> bool:
        """Nothing differs, and everything was compared."""
        return self.recomputed and not self.differences

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "whole": self.whole, "recomputed": self.recomputed, "manifest_sha256": self.manifest_sha256,
            "program": self.program, "verified_with": __version__, "proj": self.proj,
            "verified_with_proj": pyproj.proj_version_str, "projects": self.projects,
            "differences": [{"code": item.code, "file": item.file, "message": item.words(), **item.values}
                            for item in self.differences],
        }  # fmt: skip


def verify_bundle(
    path: Path | str, *, workspace: Workspace | None = None, progress: Callable[[int, int], bool] = lambda done, total: True
) -> Verification:
    """Compare a bundle with its own digests and with what a new screening of its inputs gives.

    Args:
        path: The bundle.
        workspace: Where the features of confidential layers are that the bundle left out.
        progress: As for :func:`sanxian.screen.screen`.

    Raises:
        EvidenceError: The file is no bundle at all, states to hold far too much, or cannot be read.
    """
    path = Path(path)
    data = _read(path)
    try:
        entries = container.unpack(data)
    except ContainerDamaged as error:
        if SCHEMA.encode() not in data:
            raise EvidenceError(N_("“{file}”不是三线的证据包。"), file=path.name) from error
        code = "frame" if error.member else "frame-end"
        return Verification((Difference(code, error.member, {"offset": error.offset}),), False)
    found: list[Difference] = []
    manifest, digest = _manifest(entries, path, found)
    if manifest is None:
        return Verification(tuple(found), False, digest)
    found += _members(entries, manifest)
    about = (digest, str(manifest.get("program", "")))
    if found:
        return Verification(tuple(found), False, *about)
    try:
        return _recomputed(entries, manifest, workspace, progress, about)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        detail = words(error) if hasattr(error, "template") else type(error).__name__
        return Verification((Difference("unreadable", "manifest.json", {"detail": detail}),), False, *about)


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise EvidenceError(N_("找不到“{path}”；请检查路径"), path=path)
        if path.stat().st_size > container.MOST_PACKED:
            raise EvidenceError(N_("文件声称解开后超过 {megabytes} MB，没有解开。"), megabytes=container.MOST_PACKED >> 20)
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(N_("不能读取“{file}”：{problem}"), file=path.name, problem=error.strerror or str(error)) from error


def _manifest(entries: Mapping[str, Entry], path: Path, found: list[Difference]) -> tuple[dict[str, Any] | None, str]:
    entry, note = entries.get("manifest.json"), entries.get("manifest.sha256")
    if entry is None and note is None:
        raise EvidenceError(N_("“{file}”不是三线的证据包。"), file=path.name)
    for name, item in (("manifest.json", entry), ("manifest.sha256", note)):
        if item is None:
            found.append(Difference("missing", name))
        elif item.method != container.STORED or not item.checked():
            found.append(Difference("member", name))
    if found or entry is None or note is None:
        return None, ""
    text = entry.content()
    digest = hashlib.sha256(text).hexdigest()
    if note.content() != f"{digest}  manifest.json\n".encode():
        found.append(Difference("manifest", "manifest.json"))
        return None, digest
    try:
        manifest = json.loads(text)
        if manifest["schema"] != SCHEMA:
            raise ValueError
        [(item["name"], item["size"], item["sha256"], item["packed_size"], item["packed_sha256"]) for item in manifest["members"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        found.append(Difference("manifest-unreadable", "manifest.json"))
        return None, digest
    return manifest, digest


def _members(entries: Mapping[str, Entry], manifest: Mapping[str, Any]) -> Iterator[Difference]:
    """Compare every member with its digests."""
    listed = {item["name"]: item for item in manifest["members"]}
    for name in listed:
        if name not in entries:
            yield Difference("missing", str(name))
    for name, entry in entries.items():
        if name in ("manifest.json", "manifest.sha256"):
            continue
        about = listed.get(name)
        if about is None:
            yield Difference("added", name)
        elif not _same(entry, about):
            yield Difference("member", name)
    wanted = ["manifest.json", "manifest.sha256", *listed]
    for name, other in zip(entries, wanted, strict=False):
        if name != other and set(entries) == set(wanted):
            yield Difference("order", name)
            break


def _same(entry: Entry, about: Mapping[str, Any]) -> bool:
    if (len(entry.packed), entry.size) != (about["packed_size"], about["size"]):
        return False
    if hashlib.sha256(entry.packed).hexdigest() != about["packed_sha256"]:
        return False
    digest = hashlib.sha256()
    try:
        for piece in entry.chunks():
            digest.update(piece)
        return digest.hexdigest() == about["sha256"] and entry.checked()
    except ContainerDamaged:
        return False


# --- doing it again ---------------------------------------------------------------------------------------------


def recompute(
    manifest: Mapping[str, Any], members: Mapping[str, bytes], layers: Sequence[Mapping[str, Any]],
    progress: Callable[[int, int], bool] = lambda done, total: True,
) -> Screening:
    """Do the screening of a bundle again.

    Args:
        manifest: Names the rule packs; without them the members under ``rules/`` are told apart by folder.
        members: The content of the bundle.
        layers: What the manifest says of the layers.
        progress: As for :func:`sanxian.screen.screen`.
    """
    request = json.loads(members["request.json"])
    records, areas = [], {}
    kept: dict[str, Any] = {}
    for order, item in enumerate(layers, start=1):
        member = item["coverage_member"]
        if member and member not in kept:  # layers share one coverage, and it is looked at once
            kept[member] = shape(json.loads(members[member])["geometry"])
        area = kept.get(member)
        record = extract.record_in(item, order, area)
        records.append((record, members[item["extract"]] if item["extract"] else None))
        if area is not None:
            areas[record.name] = area
    state = {"parameters": request["kept_parameters"], "overrides": request["overrides"]}
    workspace = extract.ExtractWorkspace(records, areas, state)
    again = screen(
        workspace, extract.projects_in(members["projects.json"]), _rules(manifest, members), on=day_of(request["on"]),
        projects_sha256=request["projects_sha256"], parameters=request["parameters"], progress=progress,
    )
    again = replace(again, left_out=tuple(
        Issue(one["reason"], one["row"], one["field"], "error", one["values"]) for one in request.get("left_out", ())))
    if "rasters.json" not in members:
        return again
    said = json.loads(members["rasters.json"])
    projects = tuple(
        replace(item, rasters=tuple(extract.StatedRaster(one) for one in said.get(item.id, ()))) for item in again.projects)
    return replace(again, projects=projects)


def _rules(manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> RuleSet:
    return RuleSet.of([
        load_files(pack["pack"], {file: members[member] for file, member in pack["files"].items()})
        for pack in manifest["rules"]["packs"]
    ])


def _recomputed(
    entries: Mapping[str, Entry], manifest: Mapping[str, Any], workspace: Workspace | None,
    progress: Callable[[int, int], bool], about: tuple[str, str],
) -> Verification:
    needed = ("request.json", "projects.json", "crs.json", "result.json", "rasters.json")
    members = {name: entry.content() for name, entry in entries.items()
               if name in needed or name.startswith(("layers/", "coverage/", "rules/", "inputs/")) or name == "report/sites.geojson"}
    found: list[Difference] = []
    crs = json.loads(members["crs.json"])
    proj = str(crs["proj"])
    projects = extract.projects_in(members["projects.json"])
    withheld = [item for item in manifest["layers"] if item["withheld"]]
    if withheld:
        found += _fetch(withheld, manifest, members, projects, workspace)
        if found:
            return Verification(tuple(found), False, *about, proj, len(projects))
    again = recompute(manifest, members, manifest["layers"], progress)
    stated = json.loads(members["result.json"])
    again = replace(again, program=str(stated.get("program", "")))  # a later version may say the same
    if again.to_json().encode() != members["result.json"]:
        found.append(Difference("result", "result.json", {"detail": _first_difference(stated, again.to_dict())}))
    found += _sites(again, manifest, members)
    found += _inputs(manifest, members, projects)
    operations = extract.operations(projects, [item for item in manifest["layers"] if item["extract"]])
    if proj == pyproj.proj_version_str and operations != crs["operations"]:
        found.append(Difference("crs", "crs.json"))
    return Verification(tuple(found), True, *about, proj, len(projects))


def _sites(again: Screening, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> Iterator[Difference]:
    from sanxian.reports import speaking
    from sanxian.reports.vector import geojson

    if manifest["program"] != __version__:
        return  # its words may be others
    with speaking(manifest["language"]):
        text = geojson(again)
    if text.encode() != members["report/sites.geojson"]:
        yield Difference("sites", "report/sites.geojson")


def _fetch(
    withheld: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any], members: dict[str, bytes],
    projects: Sequence[Project], workspace: Workspace | None,
) -> Iterator[Difference]:
    """Take the features that the bundle left out from the workspace that it was made from."""
    if workspace is None:
        yield from (Difference("withheld", item["extract"]) for item in withheld)
        return
    from sanxian.screen import Screener

    request = json.loads(members["request.json"])
    screener = Screener(workspace, _rules(manifest, members), on=day_of(request["on"]), parameters=request["parameters"])
    for whole in (False, True):
        taken, _coverages = extract.take(workspace, screener, projects, whole=whole)
        by_name = {item.record.name: item for item in taken}
        for item in withheld:
            mine = by_name.get(item["name"])
            if mine is not None and hashlib.sha256(mine.rows).hexdigest() == item["extract_sha256"]:
                members[item["extract"]] = mine.rows
    yield from (Difference("withheld-differs", item["extract"]) for item in withheld if item["extract"] not in members)


def _inputs(manifest: Mapping[str, Any], members: Mapping[str, bytes], projects: Sequence[Project]) -> Iterator[Difference]:
    """Read the file of projects again."""
    about = manifest["projects"]
    if not about.get("read"):
        return
    with scratch.temporary() as folder:
        for name in about["files"]:
            (Path(folder) / Path(name).name).write_bytes(members[name])
        try:
            again, _digest = load_projects(Path(folder) / Path(about["read"]).name, **about["options"])
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file is what differs
            detail = words(error) if hasattr(error, "template") else str(error)
            yield Difference("inputs", about["read"], {"detail": detail})
            return
    one, other = (extract.projects_out(items) for items in (projects, again))
    if one != other:
        detail = _first_difference(json.loads(one), json.loads(other))
        yield Difference("inputs", about["read"], {"detail": detail})


def _first_difference(stated: Any, found: Any, where: str = "") -> str:
    """Where two JSON values part, and what stands there in each."""
    if isinstance(stated, dict) and isinstance(found, dict):
        for key in dict.fromkeys([*stated, *found]):
            if stated.get(key) != found.get(key) or (key in stated) != (key in found):
                return _first_difference(stated.get(key), found.get(key), f"{where}.{key}" if where else key)
    if isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found):
        for place, (one, other) in enumerate(zip(stated, found, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{where}[{place}]")
    return _("{where}：所记 {stated}，复算 {found}").format(where=where or "—", stated=_short(stated), found=_short(found))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:79] + "…"
