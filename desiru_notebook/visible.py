"""Text in which every character is seen: whatever somebody else has said comes through here before a screen shows it.

``js/src/markdown/policy.ts`` is the same for the live view; ``tests/markdown_policy.json`` holds for both.
"""

from __future__ import annotations

import re
from functools import cache

# England, Scotland, Wales: a black flag and tag characters that spell gbeng, gbsct or gbwls.
_FLAG = (
    "\U0001f3f4\U000e0067\U000e0062"
    "(?:\U000e0065\U000e006e\U000e0067|\U000e0073\U000e0063\U000e0074|\U000e0077\U000e006c\U000e0073)\U000e007f"
)
# Joiners and selectors of a shape stay where they do something: in emoji, and in scripts whose letters join. None of what is
# in these two is hidden itself.
_EMOJI = r"\xa9\xae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_JOINING = (
    r"\u0590-\u061b\u061d-\u109f\u1700-\u17b3\u17b6-\u180a\u1810-\u1cff\ua800-\uabff\ufb50-\ufdff\ufe70-\ufefc"
    r"\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
_SHAPING = (
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


def visible(text: str) -> str:
    """The text with a visible sign for each control, bidi control, tag and other character that shows nothing."""
    return _HIDDEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    if len(found[0]) > 1 or _shaping().match(found.string, found.start()):
        return found[0]
    code = ord(found[0])
    if code == 0 or 0x80 <= code < 0xA0:
        return "\ufffd"
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u27e8U+{code:04X}\u27e9"


@cache
def _shaping() -> re.Pattern[str]:
    """Compiled when it is needed: that takes a millisecond, and errors are imported first of all."""
    return re.compile(_SHAPING)
