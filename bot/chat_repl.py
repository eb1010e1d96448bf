"""The terminal <-> a desk: questions and commands in, answers out, until the person leaves.

Comes in: lines from a keyboard or a pipe. Goes out: paragraphs. On a terminal lines are edited, completed and kept;
elsewhere there is no greeting, prompt or echo: each line's output follows the last one's, closed by an empty line.
The promise others lean on: whatever a line holds and whatever fails, the next line is read. Knows nothing of what
stands behind the desk.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import TextIO

from bot import message
from bot.answer import Answer
from bot.checked import checked
from bot.cite import Citation
from bot.config import Config
from bot.courtesy import COURTESIES
from bot.desk import Desk
from bot.errors import BylineError
from bot.message import BLANK, Paragraph, Run, line
from bot.report import many
from bot.talk import Talk
from bot.terminal import Keyboard, Screen, piped
from index.errors import IndexFailure

log = logging.getLogger(__name__)

_COMMANDS = {
    ":context": ("N [K]", "read around citation N, K sentences on each side (2)"),
    ":source": ("N or ID", "the article of citation N, or any article"),
    ":check": ("TEXT", "whether TEXT stands in the articles word for word, and what differs if not"),
    ":why": ("", "what was considered for the last question, with scores"),
    ":articles": ("[WORD]", "list the articles, or those with WORD in title, outlet or id"),
    ":set": ("[NAME VALUE]", "list the settings, or change one until you leave"),
    ":status": ("", "what is indexed, and with which models"),
    ":new": ("", "begin anew: the next question follows on nothing"),
    ":help": ("", "this list"),
    ":quit": ("", "leave (Ctrl-D does too)"),
}
_MINUTES = "question.follow_up_minutes"
_HINT = "Type a question, or :help."
_LISTED = 40
_CONSIDERED = 12
_AROUND = 4_000  # characters of an article on each side of a citation: two or three screens
_NEIGHBOURS = 2


class Unusable(BylineError):
    """A command that cannot be followed; the text says what would work."""


def repl(desk: Desk, config: Config, stdin: TextIO | None = None, stdout: TextIO | None = None) -> int:
    """Talk in the terminal until the person leaves; 0, for they left as they wished.

    Without a terminal Ctrl-C ends it as it ends every program: KeyboardInterrupt is raised.
    """
    source, sink = stdin or sys.stdin, stdout or sys.stdout
    screen = Screen(sink, config.repl.colour)
    chat = _Chat(desk, config.question.follow_up_minutes)
    if not (source.isatty() and screen.terminal):
        _talk(chat, screen, piped(source))
        return 0
    screen.show(chat.greeting())
    _talk(chat, screen, Keyboard(chat.complete, config.history_file), before=(BLANK,))
    screen.show([line("Goodbye.", "faint")])
    return 0


def print_answer(answer: Answer, desk: Desk, colour: bool = True, stdout: TextIO | None = None) -> None:
    """Show one answer of that desk's as the REPL shows it, for a single question on the command line."""
    Screen(stdout or sys.stdout, colour).show(_shown(answer, desk))


def _shown(answer: Answer, desk: Desk) -> tuple[Paragraph, ...]:
    """The answer, each citation with its place in its article."""
    cited = answer.citations or answer.nearest
    return message.message(answer, {one.marker: message.place(desk.context(one, 0)) for one in cited})


def _talk(chat: _Chat, screen: Screen, lines: Iterable[str], before: tuple[Paragraph, ...] = ()) -> None:
    for typed in lines:
        if _leaves(typed.strip()):
            return
        try:
            screen.show([*before, *chat.reply(typed), BLANK])
        except KeyboardInterrupt:
            if not screen.terminal:
                raise
            screen.show([line("Stopped.", "warning"), BLANK])


def _leaves(typed: str) -> bool:
    """Whether the person means to go; `quit` and `exit` are no questions."""
    return typed in ("quit", "exit") or (len(typed) > 1 and ":quit".startswith(typed))


class _Chat:
    """One person's talk: what was said last, and so what [1] means."""

    def __init__(self, desk: Desk, minutes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._minutes = minutes
        self._talk = Talk(clock)
        self._cited: tuple[Citation, ...] = ()
        self._hinted = False

    def greeting(self) -> list[Paragraph]:
        """What is said before the first line: what there is to ask, and what people should know of it."""
        return [*_safely(self._greeting), BLANK]

    def reply(self, typed: str) -> list[Paragraph]:
        """What is said to a line; every failure is one line too."""
        command = typed.strip()
        return _safely(lambda: self._follow(command) if command.startswith(":") else self._ask(typed))

    def complete(self, before: str) -> list[str]:
        """What the last word of a command may become; nothing rather than a failure."""
        command, separator, rest = before.partition(" ")
        if not separator:
            return [name for name in _COMMANDS if command and name.startswith(command)]
        try:
            words = {
                ":source": lambda: [one.id for one in self._desk.articles()],
                ":set": lambda: list(self._desk.settings()),
            }.get(command, list)()
        except (BylineError, IndexFailure):
            return []
        return [word for word in words if word.startswith(rest)]

    def _greeting(self) -> Iterator[Paragraph]:
        status = self._desk.status()
        held = status.get("articles")
        count = f", {many(held, 'article')}" if isinstance(held, int) else ""
        yield Paragraph((Run("Byline", "heading"), Run(f"{count}. {_HINT}")))
        if status.get("notice"):
            yield line(str(status["notice"]), "warning")

    def _ask(self, typed: str) -> Iterator[Paragraph]:
        if not typed.strip():
            return iter([line(_HINT)])
        before = self._cited
        self._cited = ()  # [1] of an earlier answer must not pass for this one's, whatever happens now
        understood = self._talk.understood(typed, int(self._desk.settings().get(_MINUTES, self._minutes)))
        answer = self._desk.ask(understood or typed)
        if understood:
            answer = replace(answer, question=typed, understood=understood)
        self._talk.heard(answer)
        self._cited = before if answer.reason in COURTESIES else answer.citations or answer.nearest
        shown = _shown(answer, self._desk)
        if answer.citations and not self._hinted:
            self._hinted = True
            shown += (line("Read around a citation with :context 1.", "faint"),)
        return iter(shown)

    def _follow(self, typed: str) -> Iterable[Paragraph]:
        word, _, rest = typed.partition(" ")
        follow: dict[str, Callable[[str], Iterable[Paragraph]]] = {
            ":context": self._context,
            ":source": self._source,
            ":check": self._check,
            ":why": self._why,
            ":articles": self._articles,
            ":set": self._set,
            ":status": lambda _: message.table(self._desk.status()),
            ":new": self._begin_anew,
            ":help": lambda _: _help(),
        }
        return follow[_command(word)](rest.strip())

    def _context(self, rest: str) -> Iterator[Paragraph]:
        number, _, count = rest.partition(" ")
        citation = self._citation(number)
        if count and not (count.isascii() and count.isdigit() and 1 <= int(count[:9]) <= 50):
            raise Unusable(":context N K takes from 1 to 50 sentences for K")
        return message.context(citation, self._desk.context(citation, int(count or _NEIGHBOURS)))

    def _source(self, rest: str) -> Iterator[Paragraph]:
        if any(one.id == rest for one in self._desk.articles()):
            return message.article(self._desk.article(rest), None, 2 * _AROUND)
        citation = self._citation(rest)
        return message.article(self._desk.article(citation.article), citation, _AROUND)

    def _check(self, rest: str) -> Iterable[Paragraph]:
        if not rest:
            raise Unusable(":check needs a text: a quotation as you have it")
        return checked(self._desk.check(rest))

    def _why(self, _: str) -> Iterable[Paragraph]:
        weighed = self._desk.why()
        if not weighed:
            raise Unusable("nothing was considered yet: ask a question first")
        return message.why(weighed, _CONSIDERED)

    def _articles(self, rest: str) -> Iterable[Paragraph]:
        wanted = rest.casefold()
        found = [
            one for one in self._desk.articles()
            if wanted in f"{one.id}\n{one.title or ''}\n{one.source or ''}".casefold()
        ]  # fmt: skip
        if not found:
            raise Unusable(
                f"no article has {rest!r} in its title, outlet or id" if rest else "there are no articles yet"
            )
        return message.listing(found, _LISTED)

    def _set(self, rest: str) -> Iterable[Paragraph]:
        if not rest:
            return message.table(self._desk.settings())
        name, _, value = rest.partition(" ")
        if not value:
            raise Unusable(f":set {name} needs a value; :set alone lists what there is")
        return [line(f"{name} is now {self._desk.set(name, value.strip())}")]

    def _begin_anew(self, _: str) -> Iterable[Paragraph]:
        self._talk.forget()
        return [line("The next question follows on nothing that was said.")]

    def _citation(self, number: str) -> Citation:
        """The citation that is shown as [number] in the last answer; counted as people see it, never from the end."""
        for citation in self._cited:
            if number in (str(citation.marker), f"[{citation.marker}]"):
                return citation
        if not self._cited:
            raise Unusable("the last answer has no citation; ask a question first")
        last = f" to [{len(self._cited)}]" if len(self._cited) > 1 else ""
        raise Unusable(f"give the number of a citation: [1]{last}")


def _safely(say: Callable[[], Iterable[Paragraph]]) -> list[Paragraph]:
    """What is to be said, or the one line that says what went wrong; nothing escapes but Ctrl-C."""
    try:
        return list(say())
    except (BylineError, IndexFailure, OSError) as failure:
        return [line(" ".join(str(failure).split()), "error")]
    except Exception as failure:
        log.exception("a line was not answered")
        return [line(f"Byline failed inside ({type(failure).__name__}); please ask again or report it.", "error")]


def _command(word: str) -> str:
    """The command that is meant: its name or a beginning that no other has."""
    meant = [name for name in _COMMANDS if name.startswith(word)] if len(word) > 1 else []
    if word in _COMMANDS or len(meant) == 1:
        return word if word in _COMMANDS else meant[0]
    if meant:
        raise Unusable(f"{word} can be {' or '.join(meant)}")
    near = get_close_matches(word, _COMMANDS, n=1, cutoff=0.5)
    raise Unusable(f"no command {word}; {f'did you mean {near[0]}?' if near else 'see :help'}")


def _help() -> Iterator[Paragraph]:
    yield line("Ask in your own words; the answer is quoted from the articles, letter by letter.")
    yield BLANK
    yield from message.table({f"{name} {takes}".strip(): does for name, (takes, does) in _COMMANDS.items()})
