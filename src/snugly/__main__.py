"""``python -m snugly`` is the command ``snugly``."""

import sys

from snugly.surfaces.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
