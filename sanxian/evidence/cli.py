"""``sanxian verify BUNDLE`` and ``sanxian sign BUNDLE``, and what ``sanxian screen --bundle`` adds."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sanxian.i18n import N_, _

OK, WRONG = 0, 1
CONFIDENTIAL = ("refuse", "leave-out", "include")
Progress = Callable[[str], AbstractContextManager[Callable[[int, int], bool]]]


def screen_arguments(parser: argparse.ArgumentParser) -> None:
    """What ``sanxian screen`` is asked of a bundle."""
    parser.add_argument("--bundle", type=Path, metavar="FILE.zip",
                        help=_("另写一个证据包：输入、图层摘录、规则、成果及其摘要，可由 verify 复算"))
    parser.add_argument("--confidential", choices=CONFIDENTIAL, default="refuse",
                        help=_("证据包遇到标有密级的图层：refuse 拒绝（默认）、leave-out 不带出图形、include 带出；"
                               "秘密级以上的图层只有 include 时才画进报告的图"))


def verify_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``sanxian verify``."""
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help=_("证据包"))
    parser.add_argument("--workspace", type=Path, metavar="WORKSPACE", help=_("原工作区，供取回因密级没有带出的图层"))
    parser.add_argument("--signature", type=Path, metavar="FILE", help=_("签名文件（默认证据包旁的 .sig）"))
    parser.add_argument("--public-key", type=Path, metavar="FILE", help=_("签名人的公钥；给出则必须有相符的签名"))
    parser.add_argument("--json", action="store_true", help=_("输出 JSON"))


def sign_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``sanxian sign``."""
    parser.add_argument("bundle", type=Path, nargs="?", metavar="BUNDLE", help=_("证据包"))
    parser.add_argument("--key", type=Path, metavar="KEY.pem", required=True, help=_("Ed25519 私钥"))
    parser.add_argument("--new-key", action="store_true", help=_("先生成这把私钥，并在旁边写出公钥"))


def verify(asked: argparse.Namespace, progress: Progress) -> int:
    """Verify a bundle and say what differs.

    Returns:
        0 everything is as it was and the screening gives the same result; 1 otherwise.

    Raises:
        EvidenceError: The file is no bundle.
    """
    from contextlib import ExitStack

    from sanxian.evidence import signature
    from sanxian.evidence.errors import EvidenceError
    from sanxian.evidence.verify import Difference, verify_bundle

    beside = asked.bundle.with_name(asked.bundle.name + signature.SUFFIX)
    signed = asked.signature or (beside if asked.public_key and beside.exists() else None)
    if asked.signature and not asked.public_key:
        raise EvidenceError(N_("核对签名要有签名人的公钥 --public-key"))
    if asked.public_key and signed is None:
        raise EvidenceError(N_("找不到签名文件 {file}；请用 --signature 给出"), file=beside.name)
    with ExitStack() as stack:
        workspace = None
        if asked.workspace:
            from layers.workspace import Workspace

            workspace = stack.enter_context(Workspace.open(asked.workspace, readonly=True))
        step = stack.enter_context(progress(_("复算")))
        found = verify_bundle(asked.bundle, workspace=workspace, progress=step)
    differences = list(found.differences)
    if signed is not None and not signature.check(asked.bundle, signed, asked.public_key):
        differences.append(Difference("signature", signed.name))
    whole = found.recomputed and not differences
    if asked.json:
        data: dict[str, Any] = {**found.to_dict(), "whole": whole, "signed": signed is not None}
        if len(differences) > len(found.differences):
            data["differences"].append({"code": "signature", "file": signed.name, "message": differences[-1].words()})
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=1) + "\n")
        return OK if whole else WRONG
    for item in differences:
        sys.stdout.write(item.words() + "\n")
    if not found.recomputed:
        sys.stdout.write(_("没有复算。") + "\n")
    if whole:
        sys.stdout.write(_("证据包完好：{projects} 个项目由包内资料复算，结果逐字节一致。").format(projects=found.projects) + "\n")
        if signed is not None:
            sys.stdout.write(_("签名相符：{file}").format(file=signed.name) + "\n")
    if found.manifest_sha256:
        sys.stdout.write(_("清单摘要（SHA-256）：{sha256}").format(sha256=found.manifest_sha256) + "\n")
    _other_versions(found)
    return OK if whole else WRONG


def _other_versions(found: Any) -> None:
    import pyproj

    from sanxian import __version__

    if found.program and found.program != __version__:
        sys.stdout.write(_("证据包由版本 {made} 制作，本次由版本 {here} 复算。").format(made=found.program, here=__version__) + "\n")
    if found.proj and found.proj != pyproj.proj_version_str:
        sys.stdout.write(_("坐标转换库 PROJ：制作时 {made}，本次 {here}。").format(made=found.proj, here=pyproj.proj_version_str) + "\n")


def sign(asked: argparse.Namespace) -> int:
    """Make a key, sign a bundle, or both.

    Raises:
        EvidenceError: A file cannot be read or written, or the key is of another kind.
    """
    from sanxian.evidence import signature
    from sanxian.evidence.errors import EvidenceError

    if asked.bundle is None and not asked.new_key:
        raise EvidenceError(N_("请给出要签名的证据包，或用 --new-key 生成密钥"))
    if asked.new_key:
        sys.stdout.write(_("公钥：{path}").format(path=signature.make_key(asked.key)) + "\n")
    if asked.bundle is not None:
        sys.stdout.write(_("签名：{path}").format(path=signature.sign(asked.bundle, asked.key)) + "\n")
    return OK
