"""Address: where a service is, with the credentials in it kept apart, for an HTTP client logs each address that it asks."""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit, urlunsplit

from ..errors import ConfigError
from .keys import Key

OPEN = ("alt", "api-version", "beta", "deployment", "model", "region", "version")  # names in a query whose values may be shown
# The header that a service reads in place of a value in the query, by that value's name and the end of the service's host.
_HEADERS = {
    ("key", ".googleapis.com"): "x-goog-api-key",
    ("api-key", ".azure.com"): "api-key",
    ("subscription-key", ".azure-api.net"): "ocp-apim-subscription-key",
    ("code", ".azurewebsites.net"): "x-functions-key",
}


class Address:
    """A base URL without the paths and queries of single requests.

    Args:
        url: the base URL, which may have a user, a password and a query.
        ending: what is put after it anyway, and is left out where it stands there already.
        suffix: what belongs after it, before the ending.

    Attributes:
        plain: the URL without user, password and query, to be shown.
        secrets: what must not be shown of it.

    Raises:
        ConfigError: it is not the URL of a server.
    """

    def __init__(self, url: Key, ending: str = "", suffix: str = "") -> None:
        parts = _parts(url)
        if parts is None:  # which is not quoted, for it may have a password in it
            raise ConfigError("The base_url is no address of a server: write it as in 'http://localhost:8000/v1'.")
        path = parts.path.rstrip("/").removesuffix(ending or suffix).rstrip("/") + suffix
        self.plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], path=path, query="", fragment=""))
        self.secrets: list[Key] = []
        self._headers: dict[str, Key] = {}
        self._take_user(parts)
        self._query = Key("&".join(field for field in parts.query.split("&") if not self._is_header(field, parts)))

    def joined(self, path: str, query: str = "") -> str:
        """The URL of a path below this one, with both queries."""
        queries = "&".join(filter(None, (self._query.reveal(), query)))
        return f"{self.plain.rstrip('/')}{path}" + (f"?{queries}" if queries else "")

    def headers(self) -> dict[str, str]:
        """The headers that its credentials are sent in."""
        return {name: value.reveal() for name, value in self._headers.items()}

    def versioned(self, version: str) -> str:
        """The version that belongs after the address; nothing where the address has one in it."""
        return "" if re.search(r"/v\d", urlsplit(self.plain).path) else version

    def _take_user(self, parts: SplitResult) -> None:
        user, password = (Key(unquote(text or "")) for text in (parts.username, parts.password))
        if user or password:
            pair = f"{user.reveal()}:{password.reveal()}".encode()
            self._headers["authorization"] = Key(f"Basic {b64encode(pair).decode()}")
            self.secrets += [user, password]

    def _is_header(self, field: str, parts: SplitResult) -> bool:
        """Whether a field of the query is sent as a header; its value is noted as a secret where it may be one."""
        name, _, text = field.partition("=")
        value = Key(unquote_plus(text))
        if name.lower() not in OPEN:
            self.secrets.append(value)
        for (known, host), header in _HEADERS.items():
            if name.lower() == known and (parts.hostname or "").endswith(host) and value.usable:
                self._headers[header] = value
                return True
        return False


def _parts(url: Key) -> SplitResult | None:
    """The parts of the URL, if it is one."""
    try:
        parts = urlsplit(url.reveal())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except (AttributeError, ValueError):  # not a text; brackets or a port that are none
        return None
    return parts if usable else None
