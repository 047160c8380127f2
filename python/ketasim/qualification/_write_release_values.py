"""Rewrite the table of the values of the release, from this build.

    python -m ketasim.qualification._write_release_values

Run it after a parameter, a variant or an equation has changed, and commit the table with the change.
"""

from __future__ import annotations

from importlib.resources import as_file, files

from ketasim.qualification._release_values import PLACE, write

if __name__ == "__main__":
    with as_file(files("ketasim.qualification").joinpath(*PLACE)) as place:
        print(f"wrote {write(place)}")
