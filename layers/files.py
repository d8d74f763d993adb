"""Where a layer's bytes come from: the files that belong together, their digest, and zip archives."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from layers import scratch
from layers.errors import N_, LayerError

SHAPEFILE_PARTS = (".shp", ".dbf", ".shx", ".prj", ".cpg")
# What other programs put beside a shapefile: indexes, a style, a definition of its CRS.
SHAPEFILE_EXTRAS = (".qix", ".sbn", ".sbx", ".fbn", ".fbx", ".ain", ".aih", ".idm", ".ind", ".qpj", ".cst")
MAPINFO_PARTS = (".tab", ".dat", ".map", ".id", ".ind", ".mif", ".mid")
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
VECTORS = (
    ".gpkg",
    ".geojson",
    ".json",
    ".shp",
    ".tab",
    ".mif",
    ".kml",
    ".gml",
    ".dxf",
    ".gdb",
    ".fgb",
    ".parquet",
    ".geoparquet",
    ".sqlite",
    ".dbf",
    ".topojson",
    ".gpx",
)
_MOST_IN_ZIP = 8 << 30  # bytes; a district's data is far smaller, a zip bomb larger


def siblings(path: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Files beside ``path`` with the same stem, by lower-case suffix; suffixes are found in any case."""
    found: dict[str, Path] = {}
    for other in sorted(path.parent.iterdir()):
        suffix = other.suffix.lower()
        if other.stem == path.stem and suffix in suffixes and other.is_file():
            found.setdefault(suffix, other)
    if path.suffix.lower() in suffixes:
        found[path.suffix.lower()] = path
    return found


def parts(path: Path) -> list[Path]:
    """Every file that the layer consists of, in a fixed order."""
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not file.name.endswith(".lock"))
    suffix = path.suffix.lower()
    for family in (SHAPEFILE_PARTS, MAPINFO_PARTS):
        if suffix in family and suffix != ".dbf":
            found = siblings(path, family)
            return [found[part] for part in family if part in found]
    return [path]


def digest(path: Path) -> str:
    """SHA-256 of the file; of a layer in several files, of all their bytes with suffix and length before each."""
    files = parts(path)
    total = hashlib.sha256()
    for file in files:
        if len(files) > 1:
            name = file.suffix.lower() if path.is_file() else file.relative_to(path).as_posix()
            total.update(f"{name}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, size and time (ns) of every file of a layer: other than before where one was written meanwhile; () for none."""
    try:
        files = parts(path) if path.exists() else []
        files += [log for log in (path.with_name(f"{path.name}-wal"),) if log.exists() and log.stat().st_size]
        return tuple((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files)
    except OSError:  # it goes away this very moment
        return ()


def must_exist(path: Path) -> None:
    """Refuse a path that is not there or holds no bytes.

    Raises:
        LayerError: It is missing, empty, unreadable, or a folder that is no file geodatabase.
    """
    try:
        if not path.exists():
            raise LayerError(N_("找不到文件 {path}"), path=str(path))
        if path.is_dir():
            if path.suffix.lower() != ".gdb":
                raise LayerError(N_("{file} 是文件夹，不是图层文件"), file=path.name)
            return
        if path.stat().st_size == 0:
            raise LayerError(N_("{file} 是空文件（0 字节）"), file=path.name)
        with path.open("rb"):
            pass
    except PermissionError as error:
        raise LayerError(N_("没有权限读取 {path}"), path=str(path)) from error
    except OSError as error:
        raise LayerError(
            N_("{file} 无法打开：{reason}"), file=path.name, reason=error.strerror or str(error)
        ) from error
    except ValueError as error:  # a null byte in the path
        raise LayerError(N_("找不到文件 {path}"), path=repr(str(path))) from error


def _member_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: Chinese Windows writes GBK and does not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return info.filename


@contextlib.contextmanager
def opened(path: Path, layer: str | None = None) -> Iterator[tuple[Path, str | None]]:
    """The file to read, out of its zip archive where it is in one, and the layer to read in it.

    Args:
        path: A file, or an archive (``.zip``, ``.kmz``).
        layer: As somebody named it; of an archive that holds several files the name of one of them.

    Raises:
        LayerError: The archive is broken or locked by a password, or holds no layer, or several and none is named.
    """
    if path.suffix.lower() not in (".zip", ".kmz"):
        yield path, layer
        return
    with unpacked(path) as found:
        if len(found) == 1:
            yield found[0], layer
            return
        names = member_names(found)
        meant = [entry for entry, name in zip(found, names, strict=True) if layer in (name, entry.stem)]
        if len(meant) != 1:
            listed = "、".join(names)
            raise LayerError(N_("压缩包 {file} 里有多个图层，请用 --layer 指明一个：{names}"), file=path.name, names=listed)
        yield meant[0], None


def member_names(found: Sequence[Path]) -> list[str]:
    """What the files of an archive are called: by name, and with the folder before it where two have one name."""
    names = [entry.name for entry in found]
    return [f"{entry.parent.name}/{entry.name}" if names.count(entry.name) > 1 else entry.name for entry in found]


@contextlib.contextmanager
def unpacked(path: Path) -> Iterator[list[Path]]:
    """The layer files inside a zip archive (``.zip``, ``.kmz``), unpacked for as long as the context lasts.

    Raises:
        LayerError: The archive is broken or locked by a password, or holds no layer.
    """
    with scratch.temporary() as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                members = [info for info in archive.infolist() if not info.is_dir()]
                if sum(info.file_size for info in members) > _MOST_IN_ZIP:
                    raise LayerError(N_("{file} 解压后过大，请先自行解压"), file=path.name)
                for info in members:
                    name = PurePosixPath(_member_name(info).replace("\\", "/"))
                    if name.is_absolute() or ".." in name.parts or "__MACOSX" in name.parts or ":" in str(name):
                        continue
                    target = Path(folder).joinpath(*name.parts)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with archive.open(info) as source, target.open("wb") as sink:
                        while block := source.read(1 << 20):
                            sink.write(block)
        except RuntimeError as error:
            raise LayerError(N_("{file} 有密码，请先解压"), file=path.name) from error
        except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, EOFError) as error:
            raise LayerError(N_("{file} 不是完好的压缩包，可能没有下载完整"), file=path.name) from error
        except Exception as error:
            if type(error).__name__ == "error" and type(error).__module__ == "zlib":
                raise LayerError(N_("{file} 不是完好的压缩包，可能没有下载完整"), file=path.name) from error
            raise
        inside = sorted(Path(folder).rglob("*"))
        databases = [entry for entry in inside if entry.is_dir() and entry.suffix.lower() == ".gdb"]
        found = databases or [
            entry
            for entry in inside
            if entry.is_file() and entry.suffix.lower() in (*VECTORS, *TABLES) and entry.suffix.lower() != ".dbf"
        ]
        shapes = [entry for entry in found if entry.suffix.lower() not in (".txt", ".csv", ".xlsx", ".xls", ".json")]
        found = shapes or found
        if not found:
            raise LayerError(N_("压缩包 {file} 里没有可以读取的图层"), file=path.name)
        yield found
