"""Fails where a page of the built site would fetch something from elsewhere: python docs/offline.py site."""

from __future__ import annotations

import re
import sys
from pathlib import Path

# What a browser loads by itself; where a link leads is the reader's choice.
LOADED = re.compile(r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*\s(?:src|data)=["'](?:https?:)?//[^"']+""")
LINKED = re.compile(r"""<link\b(?![^>]*rel=["'](?:canonical|license)["'])[^>]*\shref=["'](?:https?:)?//[^"']+""")
STYLED = re.compile(r"""(?:url\(|@import)\s*["']?(?:https?:)?//[^"')]+""")


def fetched(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8", errors="replace")
    patterns = [STYLED] if page.suffix == ".css" else [LOADED, LINKED, STYLED]
    return [f"{page}: {match[0]}" for pattern in patterns for match in pattern.finditer(text)]


if __name__ == "__main__":
    site = Path(sys.argv[1])
    pages = [page for page in site.rglob("*") if page.suffix in (".html", ".css")]
    if not pages:
        sys.exit(f"There is no site in {site}: build it with scripts/docs.")
    if found := [line for page in pages for line in fetched(page)]:
        sys.exit("The site would fetch:\n" + "\n".join(found))
