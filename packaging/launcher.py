"""The one program of the packaged build: the window where it is called sanxian-gui, else the command line."""

import multiprocessing
import sys
from pathlib import Path

if __name__ == "__main__":
    multiprocessing.freeze_support()  # the processes of `sanxian batch --jobs` start this file again
    if Path(sys.executable).stem == "sanxian-gui":
        from gui.__main__ import main
    else:
        from sanxian.cli import main
    sys.exit(main())
