"""Articles that give one address -> which of them supersedes which, and the ids that they go by.

Comes in: what is known of the articles that have an address. Goes out: an edition for each article that has versions, and
new ids where several documents would go by one. The promises others lean on: the newest version goes by the plain id, each
older one by that id, `~` and the beginning of its digest; newer is what is dated later, and where the dates are the same
or missing, what was read later; an article that declares an id of its own, stands at the root of a site, or gives the
address with another fragment or mark of tracking, is a version only of a text that it shares words with: it may be an
entry of a live page, or one of many articles of one script. Knows nothing of the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from index.article import article_id

# What is added to addresses to tell where readers come from, and not to name another page.
_TRACKING = frozenset("cid fbclid gclid igshid mc_cid mc_eid cmpid amp outputtype".split())
_INDEX_PAGES = ("/index.html", "/index.htm", "/index.php")


@dataclass(frozen=True, slots=True)
class Addressed:
    """An article with an address: its id, and what decides which version it is. `raw_sha256` is of its document."""

    id: str
    url: str
    published: str | None
    markup: str
    raw_sha256: str
    read_at: str

    @property
    def plain_id(self) -> str:
        """The id that it goes by while nothing supersedes it."""
        return plain_id(self.id, self.raw_sha256)

    @property
    def needs_kin(self) -> bool:
        """Whether the address alone does not make it a version: the document says that it is another one, or may be."""
        declares_id = self.markup == "jsonl" and self.plain_id != article_id(self.url)
        return declares_id or (not urlsplit(self.url).path.strip("/") and not urlsplit(self.url).query)


@dataclass(frozen=True, slots=True)
class Settled:
    """New ids by those that articles went by so far; and of each article with versions its new id, address and edition."""

    ids: dict[str, str]
    editions: tuple[tuple[str, str, int], ...]


def settle(articles: Iterable[Addressed], kin: Callable[[str, str], bool]) -> Settled:
    """What becomes of the articles; `kin` says of two ids whether their texts share words."""
    by_address: dict[str, list[Addressed]] = {}
    for one in articles:
        by_address.setdefault(plain_address(one.url), []).append(one)
    ids: dict[str, str] = {}
    editions: list[tuple[str, str, int]] = []
    for address, group in sorted(by_address.items()):
        group.sort(key=lambda one: (one.published or "", one.read_at))
        now = _named(group)
        for number, family in enumerate(_families(group, kin)):
            shared = f"{address} {number}" if number else address  # no address holds a space
            editions += [(now[one.id], shared, edition) for edition, one in enumerate(family, 1)]
        ids |= {old: new for old, new in now.items() if old != new}
    return Settled(ids, tuple(editions))


def _families(group: Sequence[Addressed], kin: Callable[[str, str], bool]) -> list[list[Addressed]]:
    """Those of one address, oldest first, that are versions of each other: of its newest, and then of the others.

    Of the others only those that go by one id are compared, so that a thousand articles of one address cost two
    thousand looks at them.
    """
    families = [_family(group, kin)]
    taken = {one.id for one in families[0]}
    others: dict[str, list[Addressed]] = {}
    for one in group:
        if one.id not in taken:
            others.setdefault(one.plain_id, []).append(one)
    families += [_family(some, kin) for _, some in sorted(others.items())]
    return [family for family in families if len(family) > 1]


def _family(group: Sequence[Addressed], kin: Callable[[str, str], bool]) -> list[Addressed]:
    """The newest and those that it supersedes, oldest first."""
    newest = group[-1]
    return [one for one in group[:-1] if _is_sure(one, newest) or kin(one.id, newest.id)] + [newest]


def _is_sure(one: Addressed, other: Addressed) -> bool:
    """Whether the addresses alone say that both are what one page said."""
    return not (one.needs_kin or other.needs_kin) and _left_out(one.url) == _left_out(other.url)


def _named(group: Sequence[Addressed]) -> dict[str, str]:
    """The ids of articles of one address, oldest first: of those that would go by one, the newest does."""
    newest = {one.plain_id: one for one in group}
    return {
        one.id: one.plain_id if newest[one.plain_id] is one else version_id(one.plain_id, one.raw_sha256)
        for one in group
    }


def plain_address(url: str) -> str:
    """The address without what does not name another page: scheme, `www.`, case of the host, tracking, last slash."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    for page in _INDEX_PAGES:
        path = path.removesuffix(page)
    asked = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(name)]
    host = (parts.hostname or "").removeprefix("www.")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    return f"{host}{port}{path}{'?' if asked else ''}{urlencode(asked)}"


def _left_out(url: str) -> tuple[str, list[tuple[str, str]]]:
    """The fragment and the tracking of an address: most name no other page, some do ("#post-2", "?cid=17")."""
    parts = urlsplit(url)
    return parts.fragment, [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if _tracks(pair[0])]


def version_id(plain: str, raw_sha256: str) -> str:
    """The id of a version that another one supersedes."""
    return f"{plain}~{raw_sha256[:8]}"


def plain_id(id_: str, raw_sha256: str) -> str:
    """The id without the mark of a version."""
    return id_.removesuffix(f"~{raw_sha256[:8]}")


def _tracks(name: str) -> bool:
    return name.casefold() in _TRACKING or name.casefold().startswith("utm_")
