"""The version of the package, known to all its rooms."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ketasim import _core
else:
    try:
        _core = import_module("ketasim._core")
    except ModuleNotFoundError as error:
        if error.name != "ketasim._core":
            raise
        _here = Path(__file__).parent
        _others = ", ".join(
            sorted(f.name for f in _here.glob("_core.*") if f.suffix in (".so", ".pyd"))
        )
        raise ImportError(
            f"the compiled core of ketasim is missing in {_here}"
            + (f", which has {_others} for another Python" if _others else "")
            + ": install it with 'pip install .' from the checkout, and leave the folder of the sources, "
            "because Python looks for packages in the current folder first",
            name="ketasim._core",
            path=str(_here),
        ) from None

__version__: str = _core.__version__
