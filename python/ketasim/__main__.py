"""``python -m ketasim`` is ``ketasim``."""

import sys

from ketasim.cli import main

if __name__ == "__main__":
    sys.exit(main())
