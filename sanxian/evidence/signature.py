"""Signatures that stand apart from the bundle: Ed25519 (RFC 8032) over the bytes of the file.

The signature is a file of 64 bytes beside the bundle, keys are PEM or OpenSSH files, so that other programs can check it:
``openssl pkeyutl -verify -pubin -inkey KEY.pub.pem -rawin -in BUNDLE.zip -sigfile BUNDLE.zip.sig``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sanxian.evidence.errors import EvidenceError
from sanxian.i18n import N_

SUFFIX = ".sig"
_LENGTH = 64
_LONGEST_KEY = 64 << 10


def _library() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise EvidenceError(N_("签名需要 Python 包 cryptography；请安装：pip install \"sanxian[sign]\"")) from error
    return serialization, ed25519


def make_key(path: Path) -> Path:
    """Make a private key in ``path`` and the public one beside it, ``….pub.pem``; nothing is replaced.

    Raises:
        EvidenceError: One of the files is there already, or cannot be written.
    """
    serialization, ed25519 = _library()
    public = path.with_name(f"{path.stem}.pub.pem")
    key = ed25519.Ed25519PrivateKey.generate()
    private_text = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public_text = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for target in (path, public):
        if target.exists():
            raise EvidenceError(N_("{path} 已经存在，没有改动它"), path=target)
    for target, text, mode in ((path, private_text, 0o600), (public, public_text, 0o644)):
        try:
            with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(text)
        except OSError as error:
            raise EvidenceError(N_("不能写出 {path}：{problem}"), path=target, problem=error.strerror or str(error)) from error
    return public


def sign(bundle: Path, key: Path) -> Path:
    """Sign ``bundle`` with the private key in ``key``; the signature is written beside it, its name with ``.sig``.

    Raises:
        EvidenceError: A file cannot be read or written, or the key is no Ed25519 key or has a password.
    """
    serialization, ed25519 = _library()
    from cryptography.exceptions import UnsupportedAlgorithm

    text = _key_text(key)
    private: Any = None
    for load in (serialization.load_pem_private_key, serialization.load_ssh_private_key):
        try:
            private = load(text, password=None)
            break
        except (ValueError, TypeError, UnsupportedAlgorithm):  # another kind of file, or one with a password
            continue
    if not isinstance(private, ed25519.Ed25519PrivateKey):
        raise EvidenceError(N_("“{file}”不是没有口令的 Ed25519 私钥（PEM 或 OpenSSH）。"), file=key.name)
    target = bundle.with_name(bundle.name + SUFFIX)
    signed = private.sign(_bytes(bundle))
    try:
        target.write_bytes(signed)
    except OSError as error:
        raise EvidenceError(N_("不能写出 {path}：{problem}"), path=target, problem=error.strerror or str(error)) from error
    return target


def check(bundle: Path, signature: Path, public: Path) -> bool:
    """Whether ``signature`` was made over ``bundle``, as it is now, with the private key that belongs to ``public``.

    Raises:
        EvidenceError: A file cannot be read, or the key is no Ed25519 key.
    """
    serialization, ed25519 = _library()
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    text = _key_text(public)
    key: Any = None
    for load in (serialization.load_pem_public_key, serialization.load_ssh_public_key):
        try:
            key = load(text)
            break
        except (ValueError, UnsupportedAlgorithm):
            continue
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise EvidenceError(N_("“{file}”不是 Ed25519 公钥（PEM 或 OpenSSH）。"), file=public.name)
    signed = _bytes(signature, most=_LENGTH + 1)
    try:
        key.verify(signed, _bytes(bundle))
    except InvalidSignature:
        return False
    return len(signed) == _LENGTH


def _key_text(path: Path) -> bytes:
    return _bytes(path, most=_LONGEST_KEY)


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise EvidenceError(N_("不能读取“{file}”：{problem}"), file=path.name, problem=error.strerror or str(error)) from error
