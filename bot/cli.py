"""argv -> exit code: which command `byline` is told, with which arguments, and what is said where it fails.

Comes in: the arguments after the program's name. Goes out: trouble as one line on stderr, and the exit code that docs and
scripts rely on: 0 done, 1 what the user can mend, 2 wrong usage, 3 our own bug, 75 busy, 78 misconfigured, 130 Ctrl-C, and
70 where Telegram refuses the bot for too long. What a command does is in `bot.cli_commands`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.cli_commands import (
    DONE,
    MENDABLE,
    USAGE,
    add_articles,
    ask,
    build_index,
    check_text,
    list_articles,
    list_feedback,
    purge_index,
    remove_articles,
    score_file,
    serve_telegram,
    show_article,
    show_status,
    talk,
    verify_index,
)
from bot.cli_feeds import Command, add_feed_commands
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
from index.errors import EmbedderUnavailable, IndexBusy, IndexFailure

# Publishing is one step, so that it holds whatever the command was at.
_STOPPED = "stopped; the index is whole, and what it holds says `byline status`"
BUG, REFUSED, BUSY, MISCONFIGURED, INTERRUPTED = 3, 70, 75, 78, 130


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
        return _fail(_STOPPED, INTERRUPTED)
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
    except (BylineError, IndexFailure) as failure:
        return _fail(failure, MENDABLE)
    except OSError as failure:
        named = f"{failure.filename}: " if isinstance(failure.filename, str) else ""
        return _fail(f"{named}{failure.strerror or failure}", MENDABLE)
    except Exception as error:
        return _fail(f"this is a fault of Byline's own; please report it with the file {record(error)}", BUG)


def _fail(failure: object, code: int) -> int:
    print(f"byline: {failure}", file=sys.stderr)
    return code


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

    _add_index_commands(command)
    add_feed_commands(command)
    _add_looking_commands(command)
    _add_asking_commands(command)
    return parser


def _add_index_commands(command: Command) -> None:
    one = command("build", build_index, "make the index from the configured sources or the paths given")
    one.add_argument("paths", nargs="*", type=_local, metavar="PATH")
    _collections_of(one)
    one = command("add", add_articles, "add articles to the index: files, folders, addresses of web pages")
    one.add_argument("paths", nargs="+", metavar="PATH_OR_URL")
    _collections_of(one)
    one = command("remove", remove_articles, "take articles out of the index")
    one.add_argument("articles", nargs="+", metavar="ARTICLE")
    one = command(
        "purge",
        purge_index,
        "clear every generation but the current one and what dead processes left; says what was freed",
    )
    one.add_argument("--json", action="store_true")


def _add_looking_commands(command: Command) -> None:
    one = command("status", show_status, "what the index holds, how it was made, what was skipped and why")
    one.add_argument("--json", action="store_true")
    one = command("articles", list_articles, "list the articles")
    one.add_argument("--json", action="store_true")
    one = command("show", show_article, "print one article: what is known of it, and its canonical text")
    one.add_argument("article", metavar="ARTICLE")
    one.add_argument(
        "--raw", action="store_true",
        help="mark each paragraph with its kind: boilerplate is never cited. What a parser left out of a page or file "
        "(menus, scripts, hidden text) is not stored and not shown: see the page itself",
    )  # fmt: skip
    one.add_argument("--json", action="store_true", help="all of it, with start, end and kind of every sentence")
    command("verify", verify_index, "check every file of the index and every offset")


def _add_asking_commands(command: Command) -> None:
    one = command("ask", ask, "answer one question, or a file of them")
    one.add_argument("question", nargs="?", metavar="QUESTION")
    one.add_argument("--json", action="store_true")
    one.add_argument("--batch", type=Path, metavar="FILE", help='JSON lines: {"id": ..., "question": ...}')
    one.add_argument("--build", action="store_true", help="build the index first where there is none yet")
    one = command("check", check_text, "whether a text stands in the articles word for word, and what differs if not")
    one.add_argument("text", metavar="TEXT")
    one.add_argument("--json", action="store_true")
    one = command("repl", talk, "talk to it in the terminal")
    one.add_argument("--build", action="store_true", help="build the index first where there is none yet")
    command("telegram", serve_telegram, "run the Telegram bot; its token comes from TELEGRAM_BOT_TOKEN")
    one = command("eval", score_file, "score a question file on your own articles")
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--half", metavar="NAME", help="only the questions whose `half` is NAME")
    one.add_argument("--json", action="store_true")
    one = command("feedback", list_feedback, "what people thought of the Telegram bot's answers")
    one.add_argument("--json", action="store_true", help="as a question file for `byline eval`")
    one.add_argument("--all", action="store_true", help="also feedback that does not say what the right answer is")
