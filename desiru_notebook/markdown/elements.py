"""The vocabulary: every name, attribute and class that model text can bring about, sorted as they are written."""

from __future__ import annotations

from html import escape

from . import policy, tex

_LINK = '<a href="{href}" referrerpolicy="no-referrer" rel="noopener noreferrer nofollow" target="_blank" title="{href}">'
_BOX = '<span aria-label="{name}" class="desiru-box" role="img">{sign}</span> '
_SIGNS = {"to do": "\u2610", "done": "\u2611"}
_READ_BY_MATHJAX = "mathjax_process tex2jax_process"


def text(content: str) -> str:
    """A text node."""
    return escape(policy.visible(content), quote=False)


def link_start(address: policy.Address) -> str:
    """The start tag of a link."""
    return _LINK.format(href=escape(address.href, quote=False).replace('"', "&quot;"))


def host(name: str) -> str:
    """Where a link leads, after its text."""
    return f' <span class="desiru-host">({text(name)})</span>'


def image(description: str, source: str, linked: bool) -> str:
    """The chip that stands for an image; the image itself is a click away, unless the chip is part of a link."""
    address = policy.address(source)
    where = f"({text(address.host if address else source)})"
    if address and not linked:
        where = f"{link_start(address)}{text(address.host)}</a>"
    return f'<span class="desiru-image">\u25a6 {text(description or "image")} {where}</span>'


def box(name: str) -> str:
    """The box of a task: ``to do`` or ``done``."""
    return _BOX.format(name=name, sign=_SIGNS[name])


def formula(content: str, source: str, display: bool, tag: str) -> str:
    """A formula for the page's typesetter, or its source where the typesetter must not read it."""
    place = " desiru-display" if display else ""
    if not tex.is_allowed(content, display):
        return f'<{tag} class="desiru-tex{place}">{text(source)}</{tag}>'
    marks = r"\[{}\]" if display else r"\({}\)"
    return f'<{tag} class="desiru-math{place} {_READ_BY_MATHJAX}">{marks.format(text(content))}</{tag}>'
