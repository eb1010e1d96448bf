"""An address as a person or a page wrote it -> the one that is asked, or why not; and which machines may be reached.

Comes in: text from outside. Goes out: `Address`, whose parts two independent parsers (httpx and urllib) read alike.
The promises others lean on: only http and https, only the ports named, no credentials; a host is a public name or a
plainly written public address, never one in disguise; `is_public` decides on a resolver's answers by the deny list
of our own and by what Python's `ipaddress` knows, since neither alone is enough. Nothing here opens a socket.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

import httpx
import idna

from index.errors import FetchFailed

LONGEST = 2048
WEB_PORTS = (80, 443)
_DEFAULT_PORTS = {"http": 80, "https": 443}

# What `is_global` lets through, or has let through in a Python that is still in use: of 48 addresses that lead back
# inside, `is_global` alone passes 16. Carrier NAT, protocol assignments, 6to4 and its relays, every way to write an
# IPv4 address as IPv6 (compatible, mapped, NAT64, Teredo), discard-only, documentation, segment routing, site-local.
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "::/96", "::ffff:0:0/96", "64:ff9b::/96",
        "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
    )
)  # fmt: skip

# Names that never belong to the public web: RFC 6761, 6762, 8375, and what routers and companies use at home.
_INSIDE = ("localhost", "localdomain", "local", "internal", "intranet", "home.arpa", "lan", "corp", "home", "private")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
# What resolvers take for an IPv4 address (WHATWG URL Standard, "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Address:
    """An address that may be asked: `host` is a name in ASCII or a plain IP address, `target` its path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def root(self) -> str:
        """The address of the whole site."""
        return f"{self.scheme}://{self.authority}"

    def __str__(self) -> str:
        return self.root + self.target


def is_public(address: str) -> bool:
    """Whether an IP address, in its plain form, belongs to the public internet; a zone id or an odd form does not."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if "%" in address or any(ip in network for network in _REFUSED if network.version == ip.version):
        return False
    inside = ip.is_private or ip.is_loopback or ip.is_link_local or ip.is_unspecified
    return ip.is_global and not (inside or ip.is_multicast or ip.is_reserved)


def may_reach(address: str, *, allow_loopback: bool) -> bool:
    """Whether a connection to that IP address may be opened; `allow_loopback` adds this machine itself."""
    return is_public(address) or (allow_loopback and _is_loopback(address))


def _is_loopback(address: str) -> bool:
    try:
        return "%" not in address and ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def check_address(written: str, ports: Collection[int] = WEB_PORTS, *, allow_loopback: bool = False) -> Address:
    """The address in its normal form, without its fragment; raises `FetchFailed`, which says what to do.

    The reason is `address_not_public` where the host is an address or a name from inside, `bad_address` else.
    """
    if len(written) > LONGEST:
        _bad(f"an address of {len(written):,} characters, of {LONGEST:,} allowed")
    for number, character in enumerate(written, 1):
        if character.isspace() or not character.isprintable() or character in '\\<>"':
            _bad(
                f"white space or another character that no address holds, at character {number}; copy the address again"
            )
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        _bad(f"it cannot be read: {error}")
    if parts.scheme not in _DEFAULT_PORTS:
        _bad(f"{parts.scheme + ':' if parts.scheme else 'no scheme'}; only http:// and https:// are fetched")
    if "@" in parts.netloc:
        _bad("it holds a user name or password; give it without, or save the page and give its file")
    if not host:
        _bad("it has no host")
    name = _host(host, allow_loopback=allow_loopback)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port not in ports:
        allowed = ", ".join(map(str, sorted(ports)))
        _bad(f"port {port} is not among fetch.ports ({allowed}); add it there if it is meant")
    return Address(parts.scheme, name, port, _target(written, parts, name, port))


def _bad(detail: str) -> NoReturn:
    raise FetchFailed("bad_address", detail)


def _host(host: str, *, allow_loopback: bool) -> str:
    """The host in its normal form: an IP address as `ipaddress` writes it, or a name in ASCII without its last dot."""
    if ":" in host:
        return _literal(host, allow_loopback=allow_loopback)
    if "%" in host:
        _bad("a percent sign in the host; write the name itself")
    try:
        name = host if host.isascii() else idna.encode(host).decode("ascii")
        for label in name.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
    except UnicodeError as error:
        _bad(f"{host!r} is no host name: {error}")
    name = name.removesuffix(".")
    if len(name) > 253:
        _bad(f"a host of {len(name)} characters, of 253 allowed")
    if not all(_LABEL.fullmatch(label) for label in name.split(".")):
        _bad(f"{host!r} is no host name")
    if _NUMBER.fullmatch(name.rsplit(".", 1)[-1]):
        return _literal(name, allow_loopback=allow_loopback)
    if allow_loopback and name == "localhost":
        return name
    if "." not in name or any(name == inside or name.endswith(f".{inside}") for inside in _INSIDE):
        raise FetchFailed("address_not_public", f"{host!r} is a name from inside a network, not of the public web")
    return name


def _literal(written: str, *, allow_loopback: bool) -> str:
    try:
        ip = ipaddress.ip_address(written).compressed if "%" not in written else ""
    except ValueError:
        raise FetchFailed(
            "address_not_public", f"{written!r} is an IP address in an odd form; write it plainly"
        ) from None
    if not ip:
        raise FetchFailed("address_not_public", f"{written!r} names a network of this machine (a zone)")
    if not may_reach(ip, allow_loopback=allow_loopback):
        raise FetchFailed("address_not_public", not_public(ip))
    return ip


def not_public(ip: str, host: str | None = None) -> str:
    """What people are told of an IP address that must not be reached."""
    hint = "; fetch.allow_loopback lets Byline reach its own machine" if _is_loopback(ip) else ""
    leads = f"{host} leads to {ip}, which" if host else ip
    return f"{leads} is no address of the public internet{hint}"


def _target(written: str, parts: SplitResult, host: str, port: int) -> str:
    """Path and query as they are sent, once httpx has read the address as urllib did."""
    try:
        url = httpx.URL(written)
        read = (url.scheme, url.raw_host.decode("ascii").removesuffix("."), url.port or _DEFAULT_PORTS[url.scheme])
        sent = url.raw_path.decode("ascii")
        same_words = unquote(url.query.decode("ascii")) == unquote(parts.query) and url.path == unquote(
            parts.path or "/"
        )
        userinfo = url.userinfo
    except (httpx.InvalidURL, ValueError, KeyError) as error:
        _bad(f"it cannot be read: {error}")
    if ":" in read[1]:
        read = (read[0], ipaddress.ip_address(read[1]).compressed, read[2])
    if read != (parts.scheme, host, port) or not same_words or userinfo:
        _bad("libraries disagree on what it means; write it without dots, colons or encodings that are not needed")
    return sent
