"""`byline feeds` and `byline watch`: the commands that fetch by themselves.

Comes in: arguments. Goes out: lines for people, JSON for scripts, and an exit code as `cli.py` gives them: 1 where a
feed or an article could not be had. Knows nothing of how feeds are fetched.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.config import Config
from bot.visible import visible

if TYPE_CHECKING:
    from index.feeds import FeedsReport

_NONE = "no feeds yet; byline feeds add URL"
_SHOWN = 20
Command = Callable[[str, Callable[[argparse.Namespace, Config], int], str], argparse.ArgumentParser]


def add_feed_commands(command: Command) -> None:
    """Let the command line know `feeds` and `watch`."""
    one = command("feeds", _feeds, "feeds of articles: add, remove, list, or fetch what is new in them")
    one.add_argument("action", choices=("add", "remove", "list", "fetch"))
    one.add_argument("addresses", nargs="*", metavar="URL")
    one.add_argument("--json", action="store_true", help="with list: one feed a line")
    one = command("watch", _watch, "fetch feeds and follow folders, what goes from them too, until it is stopped")
    one.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    one.add_argument("--once", action="store_true", help="one round, then stop")


def _feeds(arguments: argparse.Namespace, config: Config) -> int:
    if bool(arguments.addresses) != (arguments.action in ("add", "remove")):
        print(f"byline: feeds {arguments.action} takes {_TAKES[arguments.action]}", file=sys.stderr)
        return 2
    return {"add": _add, "remove": _remove, "list": _list, "fetch": _fetch}[arguments.action](arguments, config)


_TAKES = {"add": "the address of a feed, or several", "remove": "the address of a feed", "list": "no address", "fetch": "no address"}  # fmt: skip


def _add(arguments: argparse.Namespace, config: Config) -> int:
    from bot.fetching import fetcher
    from index.errors import DocumentRejected
    from index.feeds import add_feed

    code, fetching = 0, fetcher(config)
    for address in arguments.addresses:
        try:
            normal, feed, new = add_feed(config.index.dir, address, fetching)
        except DocumentRejected as rejected:
            print(f"byline: {visible(address)}: {visible(str(rejected))}", file=sys.stderr)
            code = 1
        else:
            said = "added" if new else "known already"
            print(f"{visible(normal)}: {said}: {visible(feed.title or 'without a title')}, {len(feed.items)} items")
    if not code:
        print("byline feeds fetch brings their articles")
    return code


def _remove(arguments: argparse.Namespace, config: Config) -> int:
    from bot.fetching import fetcher
    from index.feeds import remove_feed

    code, fetching = 0, fetcher(config)
    for address in arguments.addresses:
        if remove_feed(config.index.dir, address, fetching):
            print(f"{visible(address)}: removed; its articles stay")
        else:
            print(f"byline: {visible(address)}: no such feed; byline feeds list names them", file=sys.stderr)
            code = 1
    return code


def _noted(config: Config) -> int:
    """How many feeds are noted."""
    from index.feed_state import feeds_as_noted

    with feeds_as_noted(config.index.dir) as state:
        return len(list(state.feeds())) if state else 0


def _list(arguments: argparse.Namespace, config: Config) -> int:
    from index.feed_state import feeds_as_noted

    with feeds_as_noted(config.index.dir) as state:
        found = [(feed, state.counts(feed.address)) for feed in state.feeds()] if state else []
    for feed, counts in found:
        if arguments.json:
            about = {
                "address": feed.address, "title": feed.title, "checked": feed.checked, "items": counts,
                "trouble": feed.trouble, "off": bool(feed.off), "not_before": feed.not_before or None,
            }  # fmt: skip
            print(json.dumps(about))
            continue
        items = ", ".join(f"{count} {state}" for state, count in counts.items()) or "no items yet"
        print(f"{visible(feed.address)}  {visible(feed.title or '-')}  {items}  {'off' if feed.off else 'on'}")
        if feed.trouble:
            print(f"  {visible(feed.trouble)}")
    if not found and not arguments.json:
        print(_NONE)
    return 0


def _fetch(arguments: argparse.Namespace, config: Config) -> int:
    from bot.archive import recipe
    from bot.fetching import fetcher
    from bot.progress import progress
    from index.feeds import fetch_feeds

    with progress() as shown:
        done = fetch_feeds(config.index.dir, recipe(config), shown, fetcher(config))
    print("\n".join(feed_lines(done) if done.visits or _noted(config) else [_NONE]))
    return 1 if troubled(done) else 0


def _watch(arguments: argparse.Namespace, config: Config) -> int:
    from bot.watch import watch

    return watch(config, arguments.paths, once=arguments.once)


def feed_lines(done: FeedsReport) -> list[str]:
    """What a run over the feeds did."""
    from bot.report import report_lines

    if not done.visits and not done.report and not done.failed:
        return ["no feed is to be asked again yet; byline feeds list shows them"]
    lines = [f"{visible(v.address)}: {v.new} new{f'; {visible(v.note)}' if v.note else ''}" for v in done.visits]
    lines += report_lines(done.report) if done.report else ["nothing new to publish"]
    if done.failed:
        lines += _failed_lines([(s.origin, s.reason, s.detail) for s in done.failed])
    return lines


def _failed_lines(failed: Sequence[tuple[str, str, str]]) -> list[str]:
    from bot.report import many

    lines = [f"not fetched {many(len(failed), 'article')}"]
    lines += [f"  {visible(origin)}: {reason}: {visible(detail)}" for origin, reason, detail in failed[:_SHOWN]]
    return lines + ([f"  and {len(failed) - _SHOWN:,} more"] if len(failed) > _SHOWN else [])


def troubled(done: FeedsReport) -> bool:
    """Whether a feed or an article could not be had."""
    from bot.report import troubled as left_out

    return (
        any(v.failed for v in done.visits) or bool(done.failed) or (done.report is not None and left_out(done.report))
    )
