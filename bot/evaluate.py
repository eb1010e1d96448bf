"""A question file -> how often the first citation was right, and how often a refusal was.

Comes in: JSON lines `{"id", "question", "answers": [...], "sentences": [...]}`: the accepted short answers and, if
they are known, distinctive pieces of the sentences that may be cited; a question without answers has none in the
articles. Goes out: counts and shares, the questions that went wrong by id. The measure is strict: a first citation is
right when its quote holds a listed piece (or, where none is listed, an accepted answer).
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.answer import Answer
from bot.archive import Archive
from bot.errors import QuestionFileInvalid
from bot.leader import plain


def evaluate(archive: Archive, file: Path, half: str | None = None) -> dict[str, Any]:
    """Ask every question of the file and count; raises `QuestionFileInvalid` naming the line."""
    right: list[str] = []
    wrong: list[str] = []
    missed: list[str] = []
    refused: list[str] = []
    invented: list[str] = []
    confidences: list[float] = []
    held: list[bool] = []
    for question in _questions(file):
        if half is not None and question.get("half") != half:
            continue
        answer = archive.ask(question["question"]).answer
        if not question["answers"]:
            (refused if answer.status == "not_found" else invented).append(question["id"])
        elif answer.status == "not_found":
            missed.append(question["id"])
        else:
            (right if is_right(answer, question) else wrong).append(question["id"])
        if answer.status == "answered":
            confidences.append(answer.confidence)
            held.append(bool(question["answers"]) and is_right(answer, question))
    answerable, unanswerable = len(right) + len(wrong) + len(missed), len(refused) + len(invented)
    return {
        "answerable": answerable, "right": len(right), "right_share": _share(len(right), answerable),
        "unanswerable": unanswerable, "refused": len(refused), "refused_share": _share(len(refused), unanswerable),
        "expected_calibration_error": calibration_error(confidences, held),
        "calibration_error_by_chance": calibration_chance(confidences),
        "wrong": wrong, "missed": missed, "invented": invented,
    }  # fmt: skip


def is_right(answer: Answer, question: Mapping[str, Any]) -> bool:
    """Whether the first citation holds what the question file accepts."""
    if not answer.citations:
        return False
    quote = plain(answer.citations[0].quote)
    return any(f" {plain(piece)} " in f" {quote} " for piece in question.get("sentences") or question["answers"])


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = 10) -> float | None:
    """Expected calibration error over equally wide bins of confidence (Naeini et al., AAAI 2015); None for none."""
    if not confidences:
        return None
    apart = [0.0] * bins
    for confidence, good in zip(confidences, right, strict=True):
        apart[min(int(confidence * bins), bins - 1)] += confidence - good
    return round(sum(map(abs, apart)) / len(confidences), 4)


def calibration_chance(confidences: Sequence[float], draws: int = 200) -> float | None:
    """The error that confidences which are true would show on average on so few questions; the same for the same ones."""
    rng = random.Random(len(confidences))
    errors = [calibration_error(confidences, [rng.random() < c for c in confidences]) or 0.0 for _ in range(draws)]
    return round(sum(errors) / draws, 4) if confidences else None


def score_lines(score: Mapping[str, Any]) -> list[str]:
    """The score for people."""
    lines = [
        f"answerable    {score['right']} of {score['answerable']} with the right first citation ({score['right_share']})",
        f"unanswerable  {score['refused']} of {score['unanswerable']} refused ({score['refused_share']})",
        f"calibration   expected error {score['expected_calibration_error']}, "
        f"{score['calibration_error_by_chance']} if every confidence were true",
    ]
    return lines + [f"{name:<14}{' '.join(score[name])}" for name in ("wrong", "missed", "invented") if score[name]]


def _questions(file: Path) -> list[dict[str, Any]]:
    found = []
    with open(file, encoding="utf-8-sig", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    question = json.loads(line)
                    question = {"answers": [], "id": str(number), **question}
                    if not isinstance(question["question"], str) or not isinstance(question["answers"], list):
                        raise TypeError
                except (ValueError, KeyError, TypeError):
                    raise QuestionFileInvalid(
                        f'{file}, line {number}: expected {{"question": "...", "answers": ["..."]}}'
                    ) from None
                found.append(question)
    return found


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
