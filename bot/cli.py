"""argv -> exit code: the commands of `byline`, each put together from its parts here and nowhere else.

Comes in: the arguments after the program's name. Goes out: text or JSON on stdout, trouble as one line on stderr, and
the exit code that docs and scripts rely on: 0 done, 1 what the user can mend, 2 wrong usage, 3 our own bug, 75 busy,
78 misconfigured, 130 Ctrl-C, and 70 where Telegram refuses the bot for too long. Libraries are imported where a command needs them, so that every command starts at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli_feeds import add_feed_commands
from bot.config import Config, load_config
from bot.errors import (
    BylineError,
    CitationBroken,
    ConfigInvalid,
    PollingDead,
    PollingTaken,
    ReaderUnavailable,
    TokenUnusable,
)
from bot.faults import record
from index.errors import EmbedderUnavailable, IndexBusy, IndexFailure, IndexMissing

if TYPE_CHECKING:
    from bot.archive import Archive

DONE, MENDABLE, USAGE, BUG, REFUSED, BUSY, MISCONFIGURED, INTERRUPTED = 0, 1, 2, 3, 70, 75, 78, 130


def run(argv: Sequence[str]) -> int:
    """Run one command; every failure becomes an exit code and one line on stderr."""
    try:
        arguments = _parser().parse_args(argv)
        config = load_config(getattr(arguments, "config", None), os.environ, getattr(arguments, "index", None))
        command: Callable[[argparse.Namespace, Config], int] = arguments.command
        code = command(arguments, config)
        sys.stdout.flush()
        return code
    except SystemExit as wrong:
        return wrong.code if isinstance(wrong.code, int) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (IndexBusy, PollingTaken) as failure:
        return _fail(failure, BUSY)
    except PollingDead as failure:
        return _fail(failure, REFUSED)
    except (ConfigInvalid, EmbedderUnavailable, ReaderUnavailable, TokenUnusable) as failure:
        return _fail(failure, MISCONFIGURED)
    except CitationBroken as broken:
        return _fail(
            f"{broken}; nothing is shown; please run `byline verify`, and report it with {record(broken)}", BUG
        )
    except (BylineError, IndexFailure, OSError) as failure:
        return _fail(failure, MENDABLE)
    except Exception as error:
        return _fail(f"this is a fault of Byline's own; please report it with the file {record(error)}", BUG)


def _fail(failure: object, code: int) -> int:
    print(f"byline: {failure}", file=sys.stderr)
    return code


def _build(arguments: argparse.Namespace, config: Config) -> int:
    from bot.archive import recipe
    from bot.chat_telegram.received import sources
    from bot.progress import progress
    from index.build import build
    from index.sources.kept import kept_documents

    paths, more = (arguments.paths, ()) if arguments.paths else (sources(config), kept_documents(config.index.dir))
    with progress() as shown:
        return _reported(build(config.index.dir, paths, recipe(config), shown, arguments.collections, more))


def _add(arguments: argparse.Namespace, config: Config) -> int:
    from bot.fetching import add_given
    from bot.progress import progress

    with progress() as shown:
        return _reported(add_given(config, arguments.paths, shown, arguments.collections))


def _remove(arguments: argparse.Namespace, config: Config) -> int:
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


def _purge(arguments: argparse.Namespace, config: Config) -> int:
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


def _status(arguments: argparse.Namespace, config: Config) -> int:
    from bot.report import status_lines

    archive = _archive(config)
    status = archive.status()
    if arguments.json:
        _json(status)
    else:
        print("\n".join(status_lines(status)))
    return DONE


def _articles(arguments: argparse.Namespace, config: Config) -> int:
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


def _show(arguments: argparse.Namespace, config: Config) -> int:
    from bot.report import article_json, article_lines, raw_lines

    archive = _archive(config)
    stored, stories = archive.stored(arguments.article), archive.snapshot().stories
    newest, earlier = stories.newest(stored.article.id), stories.earlier(stored.article.id)
    if arguments.json:
        _json(article_json(stored, newest, earlier))
    else:
        print("\n".join((raw_lines if arguments.raw else article_lines)(stored, newest, earlier)))
    return DONE


def _ask(arguments: argparse.Namespace, config: Config) -> int:
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


def _check(arguments: argparse.Namespace, config: Config) -> int:
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


def _repl(arguments: argparse.Namespace, config: Config) -> int:
    if arguments.build:
        _build_first(config)
    from bot.archive_desk import ArchiveDesk
    from bot.chat_repl import repl

    archive = _archive(config)
    archive.snapshot()
    return repl(ArchiveDesk(archive), config)


def _telegram(arguments: argparse.Namespace, config: Config) -> int:
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


def _eval(arguments: argparse.Namespace, config: Config) -> int:
    from bot.evaluate import evaluate, score_lines

    archive = _archive(config)
    score = evaluate(archive, arguments.file, arguments.half)
    if arguments.json:
        _json(score)
    else:
        print("\n".join(score_lines(score)))
    return DONE


def _feedback(arguments: argparse.Namespace, config: Config) -> int:
    from bot.chat_telegram.feedback import feedback, feedback_line

    for given in feedback(config.index.dir, everything=arguments.all or not arguments.json):
        if arguments.json:
            _json(given)
        else:
            print(feedback_line(given))
    return DONE


def _verify(arguments: argparse.Namespace, config: Config) -> int:
    from index.generations import check, opened
    from index.store import open_snapshot, verify

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


def _local(given: str) -> Path:
    if given.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{given}: only `byline add` takes addresses; what it fetched, a build keeps")
    return Path(given)


def _collections_of(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--collection", dest="collections", action="append", default=[], type=_collection, metavar="NAME",
        help="put all that is read into this collection; may be repeated, and replaces those given before",
    )  # fmt: skip


def _collection(given: str) -> str:
    from index.collections import collection_name

    try:
        return collection_name(given)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--config", type=Path, default=argparse.SUPPRESS, metavar="FILE", help="settings (config.yaml)")
    common.add_argument(
        "--index", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="the index folder (.index)"
    )
    parser = argparse.ArgumentParser(
        "byline", parents=[common], allow_abbrev=False,
        description="Answers questions from news articles with the articles' own sentences.",
    )  # fmt: skip
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, does: Callable[[argparse.Namespace, Config], int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, parents=[common], help=text, description=text, allow_abbrev=False)
        made.set_defaults(command=does)
        return made

    one = command("build", _build, "make the index from the configured sources or the paths given")
    one.add_argument("paths", nargs="*", type=_local, metavar="PATH")
    _collections_of(one)
    one = command("add", _add, "add articles to the index: files, folders, addresses of web pages")
    one.add_argument("paths", nargs="+", metavar="PATH_OR_URL")
    _collections_of(one)
    one = command("remove", _remove, "take articles out of the index")
    one.add_argument("articles", nargs="+", metavar="ARTICLE")
    one = command(
        "purge", _purge, "clear every generation but the current one and what dead processes left; says what was freed"
    )
    one.add_argument("--json", action="store_true")
    add_feed_commands(command)
    one = command("status", _status, "what the index holds, how it was made, what was skipped and why")
    one.add_argument("--json", action="store_true")
    one = command("articles", _articles, "list the articles")
    one.add_argument("--json", action="store_true")
    one = command("show", _show, "print one article: what is known of it, and its canonical text")
    one.add_argument("article", metavar="ARTICLE")
    one.add_argument(
        "--raw", action="store_true",
        help="mark each paragraph with its kind: boilerplate is never cited. What a parser left out of a page or file "
        "(menus, scripts, hidden text) is not stored and not shown: see the page itself",
    )  # fmt: skip
    one.add_argument("--json", action="store_true", help="all of it, with start, end and kind of every sentence")
    one = command("ask", _ask, "answer one question, or a file of them")
    one.add_argument("question", nargs="?", metavar="QUESTION")
    one.add_argument("--json", action="store_true")
    one.add_argument("--batch", type=Path, metavar="FILE", help='JSON lines: {"id": ..., "question": ...}')
    one.add_argument("--build", action="store_true", help="build the index first where there is none yet")
    one = command("check", _check, "whether a text stands in the articles word for word, and what differs if not")
    one.add_argument("text", metavar="TEXT")
    one.add_argument("--json", action="store_true")
    one = command("repl", _repl, "talk to it in the terminal")
    one.add_argument("--build", action="store_true", help="build the index first where there is none yet")
    command("telegram", _telegram, "run the Telegram bot; its token comes from TELEGRAM_BOT_TOKEN")
    one = command("eval", _eval, "score a question file on your own articles")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--half", metavar="NAME", help="only the questions whose `half` is NAME")
    one.add_argument("--json", action="store_true")
    one = command("feedback", _feedback, "what people thought of the Telegram bot's answers")
    one.add_argument("--json", action="store_true", help="as a question file for `byline eval`")
    one.add_argument("--all", action="store_true", help="also feedback that does not say what the right answer is")
    command("verify", _verify, "check every file of the index and every offset")
    return parser
