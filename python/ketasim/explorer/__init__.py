"""The explorer: one HTML page that runs the model in a browser, without a network."""

from ketasim.explorer._page import ExplorerError, address, open_page, page

__all__ = [
    "ExplorerError",
    "address",
    "open_page",
    "page",
]
