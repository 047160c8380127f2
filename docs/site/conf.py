"""How the site is built: Sphinx reads `build/docs`, which `build.py` has filled."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent))

project = "ketasim"
author = "The ketasim developers"
copyright = author
release = version = version_of("ketasim")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "numpydoc",
    "breathe",
    "sphinxcontrib.katex",
    "sphinx_copybutton",
    "public_names",
    "quantities",
]
default_role = "py:obj"  # as docstrings in NumPy's style mean it
nitpicky = True

# --- text -----------------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "attrs_block", "attrs_inline", "deflist", "dollarmath"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.xref_missing",  # `links.py` follows every link of the built pages, anchors included
    "duplicate_declaration.cpp",  # each header opens `namespace ketasim` again
]
nb_execution_mode = "off"  # tests/repository runs the notebooks and compares what they print
nb_merge_streams = True

# --- mathematics, rendered while building ---------------------------------------------------------

katex_prerender = True
katex_js_path = str(ROOT / "docs/site/node_modules/katex/dist/katex.min.js")
katex_css_path = "katex.min.css"
katex_options = "throwOnError: true, strict: 'error'"

# --- Python ---------------------------------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "FloatArray")}
numpydoc_show_class_members = False
python_maximum_signature_line_length = 80
nitpick_ignore_regex = [
    (r"cpp:.*", r".*"),
    (r"py:.*", r"(?!ketasim\.).*"),  # what other packages and the language define
    (r"py:.*", r"ketasim\..*\b_\w+.*"),  # private, in an annotation
]

# --- C++ ------------------------------------------------------------------------------------------

breathe_projects = {"ketasim": str(ROOT / "build/doxygen/xml")}
breathe_default_project = "ketasim"
breathe_show_include = False
cpp_index_common_prefix = ["ketasim::"]
cpp_maximum_signature_line_length = 80

# --- pages ----------------------------------------------------------------------------------------

html_theme = "furo"
html_title = f"ketasim {release}"
html_static_path = [str(ROOT / "docs/site/static"), str(ROOT / "build/site-assets")]
html_css_files = ["site.css"]
html_favicon = str(ROOT / "docs/site/static/favicon.svg")
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_baseurl = os.environ.get("KETASIM_SITE_URL", "")
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
