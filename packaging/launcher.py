"""The one program of the packaged build: the window where it is called sanxian-gui, else the command line."""

import multiprocessing
import os
import ssl
import sys
from pathlib import Path


def trust() -> None:
    """Let a basemap over https be checked: the OpenSSL in the package looks where the building machine keeps certificates.

    What the system or the person names comes first, for services with a certificate of their own authority; else the
    list that comes with pyproj. Windows has its own store, which Python asks.
    """
    if os.name == "nt" or "SSL_CERT_FILE" in os.environ or ssl.get_default_verify_paths().cafile:
        return
    import certifi

    usual = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
    os.environ["SSL_CERT_FILE"] = next((one for one in usual if Path(one).is_file()), certifi.where())


def let_go() -> None:
    """Programs started from here, such as the one that opens a report, find their own libraries and not the package's."""
    if os.name == "nt" or not getattr(sys, "frozen", False):
        return
    former = os.environ.get("LD_LIBRARY_PATH_ORIG")  # PyInstaller keeps what was there before it put its own folder
    if former:
        os.environ["LD_LIBRARY_PATH"] = former
    else:
        os.environ.pop("LD_LIBRARY_PATH", None)
    os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"  # processes of our own begin as if started by hand, and find it again


if __name__ == "__main__":
    multiprocessing.freeze_support()  # the processes of a batch and of long reports start this file again
    trust()
    let_go()
    if Path(sys.executable).stem.lower() == "sanxian-gui":
        from gui.__main__ import main
    else:
        from sanxian.cli import main
    sys.exit(main())
