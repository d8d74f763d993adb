"""``python -m sanxian``: the command line."""

import sys

from sanxian.cli import main

if __name__ == "__main__":  # processes of `sanxian batch` import this file without running it
    sys.exit(main())
