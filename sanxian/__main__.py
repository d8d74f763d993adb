"""``python -m sanxian``: the command line."""

import multiprocessing
import sys

from sanxian.cli import main

if __name__ == "__main__":  # processes of `sanxian batch` import this file without running it
    multiprocessing.freeze_support()  # in a packaged program they start this file again
    sys.exit(main())
