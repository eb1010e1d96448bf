"""Which addresses are asked: the known bad ones and hundreds of generated ones are refused before anything is opened."""

from __future__ import annotations

import ipaddress
import json
import random
import re
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.errors import FetchFailed
from index.sources.address import check_address, is_public, may_reach
from index.sources.fetch import Fetcher, Fetching
from tests.index.web import PUBLIC, Town

# The 48 of the trial behind the rule, in plain form, and the 7 that must be allowed.
FORBIDDEN = (
    "127.0.0.1 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255 192.168.0.1 192.168.1.1 169.254.0.1 "
    "169.254.169.254 169.254.170.2 100.64.0.1 100.100.100.200 100.127.255.255 192.0.0.1 192.0.0.170 192.0.0.192 "
    "192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 198.19.255.255 192.88.99.1 224.0.0.1 239.255.255.250 240.0.0.1 "
    "255.255.255.255 0.0.0.0 0.1.2.3 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 "
    "64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:0:4136:e378:8000:63bf:80ff:fffe 2002:7f00:1:: "
    "3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1"
).split()
ALLOWED = "8.8.8.8 1.1.1.1 93.184.216.34 172.32.0.1 2606:4700:4700::1111 2a00:1450:4001:81b::200e 192.0.1.1".split()

_OPENED: list[object] = []
_WATCHING = False


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if _WATCHING and event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        _OPENED.append((event, *arguments[:2]))


sys.addaudithook(_watch)


@pytest.fixture
def opened() -> Iterator[list[object]]:
    """Every connection and look-up that Python itself makes meanwhile."""
    global _WATCHING
    _OPENED.clear()
    _WATCHING = True
    yield _OPENED
    _WATCHING = False


def encodings(address: str) -> list[str]:
    """An IPv4 address in every way that some library takes for it."""
    a, b, c, d = (int(part) for part in address.split("."))
    whole = struct.unpack(">I", socket.inet_aton(address))[0]
    mapped = f"{a:02x}{b:02x}:{c:02x}{d:02x}"
    return [
        address, f"{address}.", f"{a}.{b}.{c * 256 + d}", f"{a}.{whole & 0xFFFFFF}", str(whole), hex(whole),
        f"0{whole:o}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:03o}.{b}.{c}.{d}",
        f"{a:#04x}.{b}.{c}.0{d:o}", hex(whole).upper().replace("X", "x"), f"00000000{whole:o}",
        "".join(chr(0xFF10 + int(digit)) if digit.isdigit() else "." for digit in address), address.replace(".", "。"),
        address.replace(".", "%2e"), f"%{ord(address[0]):02x}{address[1:]}", f"[::{address}]", f"[::ffff:{address}]",
        f"[::ffff:{mapped}]", f"[0:0:0:0:0:ffff:{mapped}]", f"[64:ff9b::{mapped}]", f"[64:ff9b:1::{address}]",
        f"[2002:{mapped}::]", f"[2002:{mapped}::1]", f"[fe80::5efe:{address}]", f"[::{mapped}]", f"{address}%25eth0",
        f"user@{address}", f"example.com@{address}", f"{address}#@example.com", f"{address}\\@example.com",
        f"{address}:22", f"{address} ", f"{address}\t", f"\n{address}", f"{address}\x00.example.com",
    ]  # fmt: skip


INSIDE = (
    "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.20.0.5", "192.168.178.1", "169.254.169.254", "100.100.100.200",
    "192.0.0.192", "198.18.0.7", "192.88.99.1", "0.0.0.0", "255.255.255.255", "224.0.0.251",
)  # fmt: skip
NAMES = (
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "router", "intranet", "db.internal",
    "metadata.google.internal", "printer.local", "nas.lan", "fritz.box.home", "x.home.arpa", "wpad", "a.corp",
    "LocalHost.LocalDomain.", "ⓛocalhost", "ｌｏｃａｌｈｏｓｔ", "local​host", "%6c%6f%63%61%6c%68%6f%73%74",
)  # fmt: skip
LITERALS = (
    *(f"[{address}]" if ":" in address else address for address in FORBIDDEN),
    "[fe80::1%25eth0]", "[fe80::1%eth0]", "[::1%25lo]", "[0:0:0:0:0:0:0:1]", "[0000:0000::0001]", "[::FFFF:7F00:1]", "[v1.fe80::a]",
    "[::1", "::1", "[]", "[127.0.0.1]", "[::ffff:0x7f.1]",
)  # fmt: skip
GENERATED = [
    f"{scheme}://{host}{path}"
    for scheme, path in (("http", "/"), ("https", "/latest/meta-data/?a=b#c"))
    for host in (*(odd for address in INSIDE for odd in encodings(address)), *NAMES, *LITERALS)
]


def test_there_are_many_generated_cases() -> None:
    assert len(set(GENERATED)) >= 400
    assert len(set(FORBIDDEN)) >= 48
    assert len(set(ALLOWED)) == 7


def test_every_generated_address_is_refused_and_nothing_is_opened(opened: list[object]) -> None:
    town = Town()
    fetcher = Fetcher(Fetching(seconds_between=0), town.wire())
    for address in GENERATED:
        with pytest.raises(FetchFailed) as refused:
            fetcher.fetch(address)
        assert refused.value.reason in ("address_not_public", "bad_address"), (address, refused.value)
    assert (opened, town.connected, town.looked_up) == ([], [], [])


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_from_inside_is_never_public(address: str) -> None:
    assert not is_public(address)
    assert may_reach(address, allow_loopback=True) == (address in ("::1",) or address.startswith("127."))


@pytest.mark.parametrize("address", ALLOWED)
def test_a_public_address_is_connected_to_plainly_written(address: str) -> None:
    """As a literal, and as what a name leads to."""
    assert is_public(address)
    host = f"[{address}]" if ":" in address else address
    for name in (host, "example.org"):
        town = Town({"example.org": [[address]]})
        with pytest.raises(FetchFailed) as failed:
            Fetcher(Fetching(seconds_between=0), town.wire()).fetch(f"http://{name}/a")
        assert failed.value.reason == "unreachable"
        assert set(town.connected) == {(address, 80)}


def _known() -> list[tuple[str, str, str]]:
    path = Path(__file__).resolve().parents[4] / "shared" / "bad_inputs.json"
    if not path.is_file():
        return []
    cases = json.loads(path.read_text(encoding="utf-8"))
    return [
        (case["id"], case["input"].removeprefix("lit: "), case["expected"])
        for case in cases if case["surface"] == "network" and case["input"].startswith("lit: ")
    ]  # fmt: skip


@pytest.mark.skipif(not _known(), reason="the data folder beside the checkout is not there")
def test_the_known_bad_addresses_are_refused_before_any_socket_is_opened(opened: list[object]) -> None:
    town = Town()
    fetcher = Fetcher(Fetching(seconds_between=0), town.wire())
    assert len(_known()) >= 44
    for case, address, expected in _known():
        with pytest.raises(FetchFailed) as refused:
            fetcher.fetch(address)
        reason = "address_not_public" if "address_not_public" in expected else "bad_address"
        assert refused.value.reason == reason, (case, refused.value)
        assert "\n" not in str(refused.value)
    assert (opened, town.connected, town.looked_up) == ([], [], [])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("https://example.org.:443/a%2Fb?c=d&e=%zz#part", "https://example.org/a%2Fb?c=d&e=%zz"),
        ("http://élysée.fr/é?q=ü", "http://xn--lyse-9oad.fr/%C3%A9?q=%C3%BC"),
        ("HTTP://example.org:80/~x/'(1)*!$&,=:@/;y", "http://example.org/~x/'(1)*!$&,=:@/;y"),
        ("http://[2606:4700:4700:0::1111]/", "http://[2606:4700:4700::1111]/"),
    ],
)
def test_an_ordinary_address_has_one_normal_form(written: str, read: str) -> None:
    assert str(check_address(written)) == read
    assert str(check_address(read)) == read


def test_a_port_is_asked_only_where_the_settings_name_it() -> None:
    for port in (22, 25, 6379, 8080):
        with pytest.raises(FetchFailed, match=f"port {port} is not among fetch.ports"):
            check_address(f"http://example.org:{port}/")
    assert check_address("http://example.org:8080/", (8080,)).authority == "example.org:8080"


def test_loopback_is_reached_only_where_it_is_allowed_and_then_it_alone() -> None:
    for host in ("127.0.0.1", "[::1]", "localhost"):
        with pytest.raises(FetchFailed):
            check_address(f"http://{host}/")
        assert check_address(f"http://{host}/", allow_loopback=True).root == f"http://{host}"
    for host in ("10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]", "2130706433", "127.1", "x.localhost"):
        with pytest.raises(FetchFailed):
            check_address(f"http://{host}/", allow_loopback=True)


URL_PARTS = st.sampled_from(
    [
        *"http:// https:// // / \\ @ : :80 :22 # ? & % %00 %2f %40 [ ] . .. ; a b 1 0x7f 127.0.0.1 ::1".split(" "),
        *"example.com evil.net xn--a é 。 ① \u200b \u00ad ﬁ ß".split(" "), "\t", "\n", " ", "\x00",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(URL_PARTS, max_size=9).map("".join).map(lambda rest: "http://" + rest) | st.text(max_size=30))
@example("http://example.com\\@127.0.0.1/")
@example("http://a.b/..//c")
def test_what_is_let_through_means_the_same_to_every_library(written: str) -> None:
    """And it is fetched from no address from inside."""
    try:
        address = check_address(written)
    except FetchFailed:
        return
    for text in (written, str(address)):
        assert httpx.URL(text).raw_host.decode().strip("[]").removesuffix(".") == address.host or ":" in address.host
        parts = urlsplit(text)
        assert (
            (parts.hostname or "").isascii() is False
            or (parts.hostname or "").rstrip(".") == address.host
            or ":" in address.host
        )
        assert parts.username is None
    assert re.fullmatch(r"[a-z0-9_.:-]+", address.host)
    if re.fullmatch(r"[0-9.]+|.*:.*", address.host):
        assert is_public(address.host)


def test_random_addresses_are_public_only_if_no_list_of_reserved_ones_has_them() -> None:
    """Against the obvious slow way: every network of the registries of special addresses, one by one."""
    special = [
        ipaddress.ip_network(network)
        for network in (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        )
    ]  # fmt: skip
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    numbers = [chance.getrandbits(32) for _ in range(3000)]
    numbers += [int(network[i]) for network in special for i in (0, 1, -1)]
    numbers += [int(network[0]) - 1 for network in special[1:]] + [int(network[-1]) + 1 for network in special[:-1]]
    for number in numbers:
        ip = ipaddress.IPv4Address(number % 2**32)
        assert is_public(str(ip)) == (not any(ip in network for network in special)), ip
    assert is_public(PUBLIC)
