"""What may become of a model's text: every character is seen, and a link leads only where it says.

``js/src/markdown/policy.ts`` is the same for the live view; ``tests/markdown_policy.json`` holds for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

LONGEST_ADDRESS = 2000

# England, Scotland, Wales: a black flag and tag characters that spell gbeng, gbsct or gbwls.
_FLAG = (
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
# Joiners and selectors of a shape stay where they do something: in emoji, and in scripts whose letters join. None of what is
# in these two is hidden itself.
_EMOJI = r"\xa9\xae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINING = (
    r"\u0590-\u061b\u061d-\u0dff\u0f00-\u109f\u1700-\u17b3\u17b6-\u180a\u1810-\u18af\u1900-\u1cff\ua800-\uabff\ufb50-\ufdff"
    r"\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_SHAPING = re.compile(
    rf"(?<=[{_JOINING}])[\u200c\u200d]|^[\u200c\u200d](?=[{_JOINING}])"
    rf"|(?:(?<=[{_EMOJI}])|(?<=[{_EMOJI}]\ufe0f))\u200d(?![^{_EMOJI}])"  # at the end of a text more may come
    rf"|(?<=[{_EMOJI}])[\ufe0e\ufe0f]|(?<=[#*0-9])\ufe0f(?=\u20e3)|(?<=[\u1820-\u18aa])[\u180b-\u180d\u180f]"
)
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
# What Unicode lets a font leave out (Default_Ignorable_Code_Point), separators of lines, marks of annotation, controls of a
# format, and halves of characters.
_INVISIBLE = (
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    r"\uffa0\ufff0-\ufffb\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_HIDDEN = re.compile(f"{_FLAG}|[{_CONTROLS}{_INVISIBLE}]")

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


def visible(text: str) -> str:
    """The text with a visible sign for each control, bidi control, tag and other character that shows nothing."""
    return _HIDDEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if len(found[0]) > 1 or _SHAPING.match(found.string, found.start()):
        return found[0]
    code = ord(found[0])
    if code == 0 or 0x80 <= code < 0xA0:
        return "\ufffd"
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u27e8U+{code:04X}\u27e9"


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
