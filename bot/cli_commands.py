"""The commands of `byline`, each put together from its parts here and nowhere else.

Comes in: a command's arguments and the configuration. Goes out: text or JSON on stdout, and the exit code; trouble is
raised, and told by `bot.cli`. Libraries are imported where a command needs them, so that every command starts at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from bot.config import Config
from index.errors import IndexMissing

if TYPE_CHECKING:
    from bot.archive import Archive

DONE, MENDABLE, USAGE = 0, 1, 2


def build_index(arguments: argparse.Namespace, config: Config) -> int:
    """Make the index from the configured sources or the paths given."""
    from bot.archive import recipe
    from bot.chat_telegram.received import sources
    from bot.progress import progress
    from bot.report import forsaken
    from index.build import build
    from index.sources.kept import kept_documents

    paths, more = (arguments.paths, ()) if arguments.paths else (sources(config), kept_documents(config.index.dir))
    before = {} if arguments.paths else _origins(config)
    with progress() as shown:
        report = build(config.index.dir, paths, recipe(config), shown, arguments.collections, more)
    code = _reported(report)
    if left := forsaken(before[id_] for id_ in report.gone if id_ in before):
        print(left)
    return code


def _origins(config: Config) -> dict[str, str]:
    """Where the articles of the index come from, by id; of none where there is none that can be read."""
    from index.errors import IndexFailure
    from index.store import open_snapshot

    try:
        return {entry.id: entry.origin for entry in open_snapshot(config.index.dir).entries()}
    except IndexFailure:
        return {}


def add_articles(arguments: argparse.Namespace, config: Config) -> int:
    """Add files, folders and addresses."""
    from bot.fetching import add_given
    from bot.progress import progress

    with progress() as shown:
        return _reported(add_given(config, arguments.paths, shown, arguments.collections))


def remove_articles(arguments: argparse.Namespace, config: Config) -> int:
    """Take articles out."""
    from bot.archive import recipe
    from bot.chat_telegram.received import drop, left_over
    from bot.progress import progress
    from index.build import remove
    from index.store import open_snapshot

    origins = {entry.id: entry.origin for entry in open_snapshot(config.index.dir).entries()}
    with progress() as shown:
        report = remove(config.index.dir, arguments.articles, recipe(config), shown)
    gone = [origins.pop(id_) for id_ in report.gone if id_ in origins]
    drop(left_over(config, gone, origins.values()))
    return _reported(report)


def purge_index(arguments: argparse.Namespace, config: Config) -> int:
    """Clear what is not current."""
    from bot.report import purged_json, purged_lines
    from index.purge import purge

    purged = purge(config.index.dir)
    if arguments.json:
        _json(purged_json(purged))
    else:
        print("\n".join(purged_lines(purged)))
    return MENDABLE if purged.left else DONE


def _reported(report: object) -> int:
    from bot.report import report_lines, troubled
    from index.build import Report

    assert isinstance(report, Report)
    print("\n".join(report_lines(report)))
    return MENDABLE if troubled(report) else DONE


def show_status(arguments: argparse.Namespace, config: Config) -> int:
    """What the index holds."""
    from bot.report import status_lines

    archive = _archive(config)
    status = archive.status()
    if arguments.json:
        _json(status)
    else:
        print("\n".join(status_lines(status)))
    return DONE


def list_articles(arguments: argparse.Namespace, config: Config) -> int:
    """One line an article."""
    from bot.report import article_line, entry_json

    snapshot = _archive(config).snapshot()
    hidden = snapshot.stories.hidden()
    for entry in snapshot.entries():
        newest = snapshot.stories.newest(entry.id) if entry.id in hidden else None
        if arguments.json:
            _json(entry_json(entry, newest))
        else:
            print(article_line(entry, newest))
    return DONE


def show_article(arguments: argparse.Namespace, config: Config) -> int:
    """One article, whole."""
    from bot.report import article_json, article_lines, raw_lines

    archive = _archive(config)
    stored, stories = archive.stored(arguments.article), archive.snapshot().stories
    newest, earlier = stories.newest(stored.article.id), stories.earlier(stored.article.id)
    if arguments.json:
        _json(article_json(stored, newest, earlier))
    else:
        print("\n".join((raw_lines if arguments.raw else article_lines)(stored, newest, earlier)))
    return DONE


def ask(arguments: argparse.Namespace, config: Config) -> int:
    """Answer one question, or a file of them."""
    if (arguments.batch is None) == (arguments.question is None) or (arguments.batch and not arguments.json):
        print("byline: give one question, or --batch FILE --json", file=sys.stderr)
        return USAGE
    from bot.report import answer_json

    if arguments.build:
        _build_first(config)
    archive = _archive(config)
    if arguments.batch is not None:
        from bot.batch import answers

        for line in answers(archive, arguments.batch):
            _json(line)
        return DONE
    from bot.archive_desk import ArchiveDesk

    desk = ArchiveDesk(archive)
    answer = desk.ask(arguments.question)
    if arguments.json:
        _json(answer_json(answer))
    else:
        from bot.chat_repl import print_answer

        print_answer(answer, desk, config.repl.colour)
    return DONE


def check_text(arguments: argparse.Namespace, config: Config) -> int:
    """Whether a text stands in the articles word for word."""
    from bot.checked import checked, verdict_json
    from bot.quoted import quoted
    from bot.terminal import Screen
    from index.store import open_snapshot

    snapshot = open_snapshot(config.index.dir)
    verdict = quoted(arguments.text, snapshot)
    if arguments.json:
        _json(verdict_json(arguments.text, verdict, snapshot.name))
    else:
        Screen(sys.stdout, config.repl.colour).show(checked(verdict))
    return DONE


def talk(arguments: argparse.Namespace, config: Config) -> int:
    """The conversation in the terminal."""
    if arguments.build:
        _build_first(config)
    from bot.archive_desk import ArchiveDesk
    from bot.chat_repl import repl

    archive = _archive(config)
    archive.snapshot()
    return repl(ArchiveDesk(archive), config)


def serve_telegram(arguments: argparse.Namespace, config: Config) -> int:
    """The Telegram bot, until it is stopped."""
    from bot.chat_telegram.lock import lock
    from bot.chat_telegram.secret import guard_logs, read_token, read_webhook_secret
    from index.generations import names

    token, webhook_secret = read_token(os.environ), read_webhook_secret(os.environ)
    guard_logs()
    if not names(config.index.dir):
        raise IndexMissing(f"there is no index in {config.index.dir} yet; make one with `byline build`")
    held = lock(config.index.dir, token)  # before the libraries: a second process is told so at once
    try:
        from bot.chat_telegram.run import run

        run(config, token, os.environ, webhook_secret)
    finally:
        os.close(held)


def score_file(arguments: argparse.Namespace, config: Config) -> int:
    """Score a question file."""
    from bot.evaluate import evaluate, score_lines

    archive = _archive(config)
    score = evaluate(archive, arguments.file, arguments.half)
    if arguments.json:
        _json(score)
    else:
        print("\n".join(score_lines(score)))
    return DONE


def list_feedback(arguments: argparse.Namespace, config: Config) -> int:
    """What people thought of the bot's answers."""
    from bot.chat_telegram.feedback import feedback, feedback_line

    for given in feedback(config.index.dir, everything=arguments.all or not arguments.json):
        if arguments.json:
            _json(given)
        else:
            print(feedback_line(given))
    return DONE


def verify_index(arguments: argparse.Namespace, config: Config) -> int:
    """Check every file and every offset."""
    from index.generations import check, opened
    from index.store import open_snapshot
    from index.verify import verify

    snapshot = open_snapshot(config.index.dir)
    verify(snapshot)
    for folder in sorted(config.index.dir.glob("gen-*")):
        if folder.name != snapshot.name:
            check(opened(folder))  # the generations that would serve if this one came to harm
    counts = snapshot.counts
    print(
        f"{snapshot.name}: every file, {counts['articles']:,} articles, {counts['sentences']:,} sentences and "
        f"{counts['vectors']:,} vectors are as they were published"
    )
    return DONE


def _build_first(config: Config) -> None:
    """Build the index from the configured sources where there is none yet, not even a damaged one."""
    if not any(config.index.dir.glob("gen-*")):
        from bot.archive import recipe
        from bot.chat_telegram.received import sources
        from bot.progress import progress
        from index.build import build
        from index.sources.kept import kept_documents

        more = kept_documents(config.index.dir)
        with progress() as shown:
            report = build(config.index.dir, sources(config), recipe(config), shown, more=more)
        print(f"built {report.generation}: {report.counts['articles']} articles", file=sys.stderr)


def _archive(config: Config) -> Archive:
    from bot.archive import Archive

    return Archive(config)


def _json(value: object) -> None:
    import json

    print(json.dumps(value, ensure_ascii=not _utf8()), flush=True)


def _utf8() -> bool:
    return (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "") == "utf8"
