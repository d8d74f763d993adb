"""``python -m sanxian``: the command line."""

import sys

from sanxian.cli import main

sys.exit(main())
