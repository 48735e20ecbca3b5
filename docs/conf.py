"""The site that scripts/docs builds of the pages and the docstrings: no network while it is built, none while it is read."""

from __future__ import annotations

import desiru_notebook

project = "desiru_notebook"
author = "the desiru_notebook authors"
version = release = desiru_notebook.__version__
copyright = f"2026, {author}"  # noqa: A001 - Sphinx's name for it

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["screens", "_static", "_templates"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3  # the same as GitHub's, so that a link works in both
suppress_warnings = ["config.cache"]

nitpicky = True  # a role that leads nowhere is a warning, and a warning is an error
nitpick_ignore_regex = [
    # Python's own and other people's names: their inventories would have to be fetched.
    ("py:.*", r"(asyncio|collections|contextlib|httpx2?|os|threading|time|typing|types)\..*"),
    ("py:class", r"(Any|AsyncGenerator|AsyncIterator|Callable|Generator|Iterable|Iterator|Literal|Mapping|Sequence)"),
    ("py:class", r"desiru_notebook\..*\.[ST]"),  # type variables
    ("py:class", r"desiru_notebook\..*\.(_EOF|Key)"),  # a user holds EOF and gives a text
    ("py:class", "Growth"),  # what a run gives to its prediction for the slider; nobody else makes one
]

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 100
napoleon_use_ivar = True

html_theme = "pydata_sphinx_theme"
html_title = project
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_static_path = ["_static"]
html_css_files = ["site.css"]
templates_path = ["_templates"]
html_sidebars = {"**": ["pages.html"]}
_WIDE = ["coming-from", "faults", "frontends", "measured", "performance", "providers", "screens"]  # tables and pictures
html_theme_options = {
    "primary_sidebar_end": [],  # no place for advertisements
    "navbar_align": "left",
    "navbar_center": [],
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": {"**": ["page-toc"]} | {page: [] for page in _WIDE},
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
