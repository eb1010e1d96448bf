"""Three questions for /start that this very archive answers.

Comes in: the sentences of a scope. Goes out: at most three questions, each asked of this generation and answered from
the very article that it was made from. The promise: a question that was not answered rightly is never shown; where
neither the sentences (in the languages named here) nor, in any language, the titles yield one, there is none. No question
that a person asked is ever shown to another. Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
_SECONDS = 4.0  # that /start may take for it; a question takes a third of one
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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question, what it asks for (nothing, where it is a title), and the article that it was made from."""

    question: str
    answer: str
    article: str


async def examples(office: Office, scope: Scope, generation: str, seconds: float = _SECONDS) -> tuple[str, ...]:
    """The questions of this generation and scope; looked for once, then kept until the articles change."""
    key = (generation, "all" if scope is None else json.dumps(sorted(scope)))
    kept = await office.records.do(
        lambda c: c.execute("SELECT questions FROM examples WHERE generation = ? AND scope = ?", key).fetchone()
    )
    if kept is not None:
        return tuple(json.loads(kept[0]))
    found: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            await _look(office, scope, generation, found)
    except (TimeoutError, Busy, BylineError, IndexFailure):
        return tuple(found)  # not kept: there will be a better moment

    def keep(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM examples WHERE generation <> ?", (generation,))
        connection.execute("INSERT OR REPLACE INTO examples VALUES (?, ?, ?)", (*key, json.dumps(found)))

    await office.records.do(keep)
    return tuple(found)


async def _look(office: Office, scope: Scope, generation: str, found: list[str]) -> None:
    """Ask the candidates one after the other, until three are answered as they should be."""

    def make() -> tuple[Candidate, ...]:
        snapshot = newest(office.config.index.dir)
        asking = tuple(itertools.islice(candidates(snapshot, scope), _TRIES))
        named = tuple(itertools.islice(titles(snapshot, scope), _TITLES))
        return (*asking[: _TRIES - len(named)], *named)

    made = await office.asking.off(make)
    used: set[str] = set()
    for candidate in made:
        if len(found) == MOST or candidate.article in used:
            continue
        answer = (await office.asking.ask(candidate.question, scope)).answer
        if answer.generation != generation or answer.status != "answered" or answer.confidence < _SURE:
            continue
        short = (answer.answer or "").strip()
        right = not candidate.answer or (short and short in candidate.answer)
        if answer.citations[0].article == candidate.article and right:
            used.add(candidate.article)
            found.append(candidate.question)


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
