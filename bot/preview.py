"""Questions and two ways to answer them -> which answers differ, before a new generation is made current.

Comes in: questions that people asked, and what answers them from the generation of now and from the one to come. Goes
out: the questions whose short answer or first citation differs, with both answers. The promise: nothing is left out
that changes what people are told first. Knows nothing of generations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.answer import Answer


@dataclass(frozen=True, slots=True)
class Changed:
    """A question that would be answered otherwise."""

    question: str
    before: Answer
    after: Answer


def changed_answers(
    questions: Iterable[str], ask_old: Callable[[str], Answer], ask_new: Callable[[str], Answer]
) -> tuple[Changed, ...]:
    """The questions, in order and each once, whose short answer or first citation differs.

    A citation is the same where the same words stand in the same article, wherever in it they stand.
    """
    changed = []
    for question in dict.fromkeys(questions):
        before, after = ask_old(question), ask_new(question)
        if _told_first(before) != _told_first(after):
            changed.append(Changed(question, before, after))
    return tuple(changed)


def _told_first(answer: Answer) -> tuple[object, ...]:
    return answer.answer, [(one.article, one.quote) for one in answer.citations[:1]]
