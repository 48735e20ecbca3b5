"""What may become of a model's text: every character is seen, and a link leads only where it says.

``js/src/markdown/policy.ts`` is the same for the live view; ``tests/markdown_policy.json`` holds for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from ..visible import visible as visible

LONGEST_ADDRESS = 2000

_WEB = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*\.?)((?::[0-9]{1,5})?)((?:[/?#].*)?)", re.I | re.A | re.S)
_MAIL = re.compile(r"mailto:([a-z0-9._%+-]+@[a-z0-9.-]+)", re.I | re.A)
_BREAKS_ADDRESS = re.compile(r"[\\\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")

# A browser reads a host that ends in a number as an IPv4 address, and shows 0x7f.1 as 127.0.0.1. What it cannot read, such
# as 127.0.0.256, JupyterLab takes for a path on its own server.
_NUMERIC_HOST = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!\Z)|\Z)){4}")
_LAST_PORT = 65535


@dataclass(frozen=True)
class Address:
    """Where a link leads: ``href`` in ASCII, and the ``host`` to show for it (of ``mailto:``, the address itself)."""

    href: str
    host: str


def address(source: str) -> Address | None:
    """Where a link with this address may lead, if anywhere: an absolute http or https address, or one mailbox."""
    source = source.strip(" \t\n\r\f")
    if _BREAKS_ADDRESS.search(source) or visible(source) != source:
        return None
    found = _mailbox(source) or _page(source)
    return found if found and len(found.href) <= LONGEST_ADDRESS else None


def _mailbox(source: str) -> Address | None:
    found = _MAIL.fullmatch(source)
    # An escape could smuggle in a line break, and with it a header: a percent sign is only ever itself.
    return Address("mailto:" + found[1].replace("%", "%25"), found[1]) if found else None


def _page(source: str) -> Address | None:
    found = _WEB.fullmatch(source)
    if not found:
        return None
    scheme, host, port, rest = found[1].lower(), found[2].lower(), found[3], found[4]
    if (_NUMERIC_HOST.fullmatch(host) and not _IPV4.fullmatch(host)) or int(port[1:] or 0) > _LAST_PORT:
        return None
    return Address(f"{scheme}://{host}{port}{_ENCODED.sub(lambda one: quote(one[0], safe=''), rest)}", host)
