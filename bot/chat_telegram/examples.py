"""Three questions for /start that this very archive answers.

Comes in: the sentences of a scope. Goes out: at most three questions, each asked of this generation and answered from
the very article that it was made from. The promises: a question that was not answered rightly is never shown; where
neither the sentences (in the languages named here) nor, in any language, the titles yield one, there is none. They are
made once for a generation and a scope, by asking when nobody else asks; whoever wants to see them meanwhile gets those of
the generation before whose articles stand as they were, and waits only where nothing else does. No question that a
person asked is ever shown to another. Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from telegram.ext import Application

from bot.chat_telegram.asking import Busy
from bot.chat_telegram.catalogue import newest
from bot.chat_telegram.office import Office
from bot.errors import BylineError
from index.errors import IndexFailure
from index.store import Entry, Scope, Snapshot

SCHEMA = """
CREATE TABLE IF NOT EXISTS examples (generation TEXT NOT NULL, scope TEXT NOT NULL, questions TEXT NOT NULL,
    PRIMARY KEY (generation, scope));
"""
MOST = 3
_TRIES, _TITLES, _ARTICLES, _OF_ONE = 12, 4, 40, 3  # questions that are tried, titles among them; articles looked at
_SECONDS = 6.0  # that /start may take for the first look, where nobody else waits: the models may just be loaded
_SURE = 0.6  # confidence below which an example might embarrass
_CAPITAL = "[A-ZÀ-ÖØ-Þ]"
_NAME = rf"(?:(?:The|Der|Die|Das|Le|La|Les|El|Los|Las|Il|Lo|Gli|I|De|Het|O|A|Os|As) )?{_CAPITAL}[\w’'-]+(?:(?: (?:of|the|and|von|der|und|de|du|des|la|del|y|di|e|van|en|do|da))* {_CAPITAL}[\w’'-]+){{0,5}}"
# Where the subject comes first, the word for "who" can stand in its place. A language is told by its commonest words;
# its verbs are those that news are full of: what somebody did.
_LANGUAGES: Mapping[str, tuple[str, str]] = {
    "the of and to that was": ("Who {}?", "[a-z]{3,}ed|became|began|bought|broke|brought|built|came|fell|fought|found|"
        "gave|held|kept|led|left|lost|made|met|paid|put|raised|read|ran|said|saw|sold|sent|set|shook|spoke|spent|stood|"
        "struck|swept|told|took|went|won|wrote"),
    "der die das und nicht ist": ("Wer {}?", "hat|hatte|ist|war|wurde|wird|will|[a-zäöüß]{3,}te|kam|ging|gab|gewann|verlor|starb|fand"),
    "le les des et une est": ("Qui {}?", "a|avait|est|était|sera|va|veut|doit|[a-zà-ÿ]{3,}ait"),
    "el los las que una por": ("¿Quién {}?", "ha|había|es|fue|será|va|quiere|[a-zà-ÿ]{3,}(?:ó|aba|ía)"),
    "il che di gli una della": ("Chi {}?", "ha|aveva|è|era|sarà|vuole|[a-zà-ÿ]{3,}(?:ò|ava|eva)"),
    "het een van dat niet zijn": ("Wie {}?", "heeft|had|werd|wordt|wil|zei|kreeg|gaf|won|verloor|[a-z]{3,}(?:de|te)"),
    "os que uma não do em": ("Quem {}?", "é|foi|tem|tinha|será|vai|quer|[a-zà-ÿ]{3,}(?:ou|eu|iu|ava)"),
}  # fmt: skip
# The rest of the sentence up to a comma, since a question is shorter than what it asks for.
_SENTENCES = {
    words: re.compile(rf"({_NAME}) ({verbs}) ([^.?!,;:“”„«»\"()\n]{{12,80}})(?:, [^?!;:“”\"()\n]+)?\.")
    for words, (_, verbs) in _LANGUAGES.items()
}
_SAID = re.compile(
    rf"“([^“”\n]{{15,100}}?)[,.!]?” (?:({_NAME})(?:, [^,“”\n]{{3,60}},)? (?:said|wrote)|(?:said|wrote) ({_NAME}))\b[^“”\n]*\."
)
_NOBODY = frozenset(
    "A An He She They Several Many Some Most All Both More It We You I This That These Those There Here What Who When Where But And If So "
    "Er Sie Es Wir Ihr Man Das Dies Diese Was Wer Il Elle Ils Elles On Nous Vous Cela Ce Qui Él Ella Ellos Esto Eso Lui Lei Loro Questo "
    "Hij Zij Ze Dit Dat Ele Ela Eles Isso Isto "
    # where the sentence begins with something else, its subject comes later
    "Am Im Zum Zur In Nach Vor Seit Mit Bei Auf An Aus Für Um Unter Über Doch Auch Dann Da En À Dans Pour Avec Depuis Après Selon Por Con "
    "Desde Según Tras Nel Per Dopo Op Met Na Em No Após On At After Before Since With For As By From To".split()
)


_Key = tuple[str, Scope]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, what it asks for (nothing, where it is a title), and the article that it was made from."""

    question: str
    answer: str
    article: str


class Showcase:
    """The examples of all scopes, one making of each at a time; shared by the commands and the duties."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._kept: dict[_Key, tuple[str, ...]] = {}
        self._making: dict[_Key, asyncio.Task[None]] = {}
        self._found: dict[_Key, list[Candidate]] = {}
        self._awaited = False

    async def examples(self, scope: Scope, generation: str, seconds: float = _SECONDS) -> tuple[str, ...]:
        """What can be shown now; so many seconds are waited at most, and none while anybody's question waits.

        Only one waits at a time, and none where there is one worker only: were all of the front's here, a question would
        not even come into the line.
        """
        key = generation, scope
        if await self._known(key) or (earlier := await self._earlier(key)) is None:
            return self._kept.get(key, ())
        making = self._make(key)
        if earlier:
            return earlier
        if seconds and not self._awaited and self._office.config.telegram.workers > 1:
            self._awaited = True
            try:
                await self._watch(making, time.monotonic() + seconds)
            finally:
                self._awaited = False
        return self._kept.get(key) or tuple(one.question for one in self._found.get(key, ()))

    async def prepare(self, scope: Scope, generation: str) -> bool:
        """Have them made, unless they are there; false where others ask so much that it has to be tried again later."""
        key = generation, scope
        if not await self._known(key):
            await asyncio.shield(self._make(key))
        return key in self._kept

    async def _watch(self, making: asyncio.Task[None], until: float) -> None:
        while not making.done() and time.monotonic() < until and not self._office.asking.people_waiting():
            await asyncio.wait({making}, timeout=0.2)

    def close(self) -> None:
        """Give up what is being made."""
        for making in self._making.values():
            making.cancel()

    async def _known(self, key: _Key) -> bool:
        if key not in self._kept:
            rows = await self._office.records.do(lambda c: _rows(c, key[1]))
            if key[0] in rows:
                self._kept[key] = tuple(question for question, *_ in rows[key[0]])
        return key in self._kept

    async def _earlier(self, key: _Key) -> tuple[str, ...] | None:
        """Those of an earlier generation whose articles this one holds unchanged; None where this one is not there."""
        rows = await self._office.records.do(lambda c: _rows(c, key[1]))

        def standing() -> tuple[str, ...] | None:
            try:
                snapshot = newest(self._office.config.index.dir)
            except IndexFailure:
                return None
            if snapshot.name != key[0]:
                return None
            prints = {one.id: one.fingerprint for one in snapshot.entries(key[1])} if rows else {}
            sound = [tuple(q for q, article, made in kept if prints.get(article) == made) for kept in rows.values()]
            return max(sound, key=len, default=())

        return await self._office.asking.off(standing)

    def _make(self, key: _Key) -> asyncio.Task[None]:
        if key not in self._making:
            self._making[key] = asyncio.create_task(self._made(key))
            self._making[key].add_done_callback(lambda _: self._making.pop(key, None))
        return self._making[key]

    async def _made(self, key: _Key) -> None:
        generation, scope = key
        found = self._found[key] = []
        try:
            prints = await _look(self._office, scope, generation, found)
        except (Busy, BylineError, IndexFailure):
            return  # not kept: there will be a better moment
        finally:
            del self._found[key]
        if prints is None:
            return  # nor is this: there is a newer generation, and what was kept before may still be shown of it
        kept = [(one.question, one.article, prints.get(one.article, "")) for one in found]

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM examples WHERE scope = ?", (_name(scope),))
            connection.execute("INSERT INTO examples VALUES (?, ?, ?)", (generation, _name(scope), json.dumps(kept)))

        await self._office.records.do(keep)
        self._kept = {other: those for other, those in self._kept.items() if other[0] == generation}
        self._kept[key] = tuple(question for question, *_ in kept)


def showcase(application: Application[Any, Any, Any, Any, Any, Any], office: Office) -> Showcase:
    """The one showcase of the application."""
    found = application.bot_data.setdefault("showcase", Showcase(office))
    assert isinstance(found, Showcase)
    return found


def forget(connection: sqlite3.Connection, articles: frozenset[str]) -> None:
    """Delete the examples of which an article is gone."""
    for generation, scope, questions in connection.execute("SELECT * FROM examples").fetchall():
        kept = _parsed(questions)
        if kept is None or any(article not in articles for _, article, _ in kept):
            connection.execute("DELETE FROM examples WHERE generation = ? AND scope = ?", (generation, scope))


def _rows(connection: sqlite3.Connection, scope: Scope) -> dict[str, list[tuple[str, str, str]]]:
    """What is kept for a scope, by generation: each question with its article and that one's fingerprint."""
    found = connection.execute("SELECT generation, questions FROM examples WHERE scope = ?", (_name(scope),))
    return {generation: kept for generation, questions in found.fetchall() if (kept := _parsed(questions)) is not None}


def _parsed(questions: str) -> list[tuple[str, str, str]] | None:
    kept = json.loads(questions)
    if not all(isinstance(one, list) and len(one) == 3 for one in kept):
        return None  # as an earlier version wrote it: made anew
    return [(str(question), str(article), str(made)) for question, article, made in kept]


def _name(scope: Scope) -> str:
    return "all" if scope is None else json.dumps(sorted(scope))


async def _look(office: Office, scope: Scope, generation: str, found: list[Candidate]) -> dict[str, str] | None:
    """Ask the candidates one after the other, until three are answered as they should be; the articles' fingerprints.

    None where there is another generation by now.
    """

    def make() -> tuple[tuple[Candidate, ...], dict[str, str] | None]:
        snapshot = newest(office.config.index.dir)
        if snapshot.name != generation:
            return (), None
        asking = tuple(itertools.islice(candidates(snapshot, scope), _TRIES))
        named = tuple(itertools.islice(titles(snapshot, scope), _TITLES))
        prints = {one.id: one.fingerprint for one in _newest(snapshot, scope)}
        return (*asking[: _TRIES - len(named)], *named), prints

    made, prints = await office.asking.off(make)
    used: set[str] = set()
    for candidate in made:
        if len(found) == MOST or candidate.article in used:
            continue
        answer = (await office.asking.ask(candidate.question, scope)).answer
        if answer.generation not in (generation, None):
            return None
        if answer.status != "answered" or answer.confidence < _SURE:
            continue
        short = (answer.answer or "").strip()
        right = not candidate.answer or (short and short in candidate.answer)
        if answer.citations[0].article == candidate.article and right:
            used.add(candidate.article)
            found.append(candidate)
    return prints


def candidates(snapshot: Snapshot, scope: Scope) -> Iterator[Candidate]:
    """Sentences "Somebody did something." as questions "Who did something?"; the newest articles first, in turn."""
    made = [list(_made(snapshot, entry.id)) for entry in _newest(snapshot, scope)]
    for turn in range(_OF_ONE):
        yield from (some[turn] for some in made if turn < len(some))


def titles(snapshot: Snapshot, scope: Scope) -> Iterator[Candidate]:
    """The titles of the newest articles, as people type them, whatever their language."""
    for entry in _newest(snapshot, scope):
        if entry.title and 12 <= len(entry.title) <= 100:
            yield Candidate(entry.title, "", entry.id)


def _newest(snapshot: Snapshot, scope: Scope) -> list[Entry]:
    return sorted(snapshot.entries(scope), key=lambda one: one.published or "", reverse=True)[:_ARTICLES]


def _made(snapshot: Snapshot, article: str) -> Iterator[Candidate]:
    stored = snapshot.article(article)
    words = Counter(stored.article.text[:20_000].lower().split())
    language = max(_LANGUAGES, key=lambda common: sum(words[word] for word in common.split()))
    for sentence in stored.sentences:
        if sentence.kind != "sentence":
            continue
        if found := _SENTENCES[language].fullmatch(sentence.text):
            who, question = found[1], _LANGUAGES[language][0].format(f"{found[2]} {found[3]}")
        elif found := _SAID.fullmatch(sentence.text):
            who, question = found[2] or found[3], f"Who said “{found[1]}”?"
        else:
            continue
        if who.split()[0] not in _NOBODY:
            yield Candidate(question, who, article)
