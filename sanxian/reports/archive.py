"""Office files that come out the same every time: no clock in the archive, none in the properties."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from pathlib import Path

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first day that a zip archive can hold


def settle(path: Path, on: date) -> None:
    """Rewrite the Office file ``path`` so that nothing in it tells when it was written.

    The entries keep their order and get one fixed time; ``created`` and ``modified`` become the day ``on``.
    """
    stamp = f"{on.isoformat()}T00:00:00Z".encode()
    with zipfile.ZipFile(path) as source:
        entries = [(name, source.read(name)) for name in source.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries:
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, content)
