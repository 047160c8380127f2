"""``python -m ketasim.gallery FOLDER`` writes the gallery as a page with its pictures."""

import sys

from ketasim.errors import KetasimError
from ketasim.gallery.page import write

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    sys.exit("usage: python -m ketasim.gallery FOLDER")
try:
    print(f"wrote {write(sys.argv[1])}")
except KetasimError as error:
    sys.exit(f"ketasim: error: {error}")
