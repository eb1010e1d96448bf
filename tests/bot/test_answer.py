"""What is said to a question: the best sentence first, the same answer from other articles after it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from bot.answer import Answer, Rules, answer, further
from bot.ask import window
from bot.cite import Place, cite
from bot.errors import CitationBroken
from bot.leader import evidence, surely
from bot.read import Reading, trimmed
from bot.retrieve import Candidate
from bot.weigh import Calibration
from index.article import Article
from index.passages import passages
from index.search import Hit
from index.split import Kind, Sentence
from index.store import StoredArticle


def sure(reading: Reading) -> float:
    """As of a reader whose scores are probabilities already."""
    return reading.score


def article(id_: str, *pieces: str | tuple[str, Kind]) -> Candidate:
    """A candidate of one passage: all the pieces, one a line."""
    text, sentences = "", []
    for piece in pieces:
        line, kind = piece if isinstance(piece, tuple) else (piece, "sentence")
        sentences.append(Sentence(len(text), len(text) + len(line), line, kind))
        text += line + "\n"
    text = text.rstrip("\n")
    stored = StoredArticle(Article(id_, text, "0" * 64, f"{id_}.txt"), tuple(sentences), range(1), ())
    (passage,) = passages(id_, text, sentences, 10_000, 10_000)
    return Candidate(stored, passage, Hit(0, 1.0, 1, 1.0, 1, 1.0))


def reading(candidates: Sequence[Candidate], window: int, sentence: int, words: str, score: float) -> Reading:
    """A reading of those words in that sentence."""
    candidate = candidates[window]
    chosen = candidate.sentences[sentence]
    start = candidate.passage.text.index(words, chosen.start - candidate.passage.start)
    return Reading(window, sentence, start, start + len(words), score)


def say(candidates: Sequence[Candidate], *readings: Reading, rules: Rules | None = None, asked: str = "who?") -> Answer:
    """The answer to those readings."""
    return answer(asked, candidates, readings, sure, rules or Rules(), "gen-000001-00000000")


HERALD = article("herald", "The mayor opened the bridge.", "A choir sang.", "It rained.")
COURIER = article("courier", "Rain fell all day.", "The bridge was opened by the mayor on Monday.")


def test_the_short_answer_is_a_slice_of_the_first_citation() -> None:
    said = say([HERALD], reading([HERALD], 0, 0, "The mayor", 0.9))
    (first,) = said.citations
    assert said.answer == "The mayor"
    assert first.quote == "The mayor opened the bridge."
    assert first.quote[first.answer_start - first.start : first.answer_end - first.start] == said.answer  # type: ignore[operator]  # an answer was given, so both are numbers


def test_another_article_that_gives_the_same_answer_is_cited_after_it() -> None:
    both = [HERALD, COURIER]
    said = say(both, reading(both, 0, 0, "The mayor", 0.9), reading(both, 1, 1, "the mayor", 0.8))
    assert [(c.marker, c.article) for c in said.citations] == [(1, "herald"), (2, "courier")]


def test_a_sentence_that_says_something_else_is_not_cited_with_it() -> None:
    said = say([HERALD], reading([HERALD], 0, 0, "The mayor", 0.9), reading([HERALD], 0, 1, "A choir", 0.8))
    assert len(said.citations) == 1


def test_the_same_words_in_a_sentence_that_hardly_answers_are_not_cited() -> None:
    both = [HERALD, COURIER]
    said = say(both, reading(both, 0, 0, "The mayor", 0.9), reading(both, 1, 1, "the mayor", 0.1))
    assert len(said.citations) == 1


def test_one_wording_printed_by_two_outlets_is_cited_once() -> None:
    twin = article("twin", "The mayor opened the bridge!")
    both = [HERALD, twin]
    said = say(both, reading(both, 0, 0, "The mayor", 0.9), reading(both, 1, 0, "The mayor", 0.9))
    assert len(said.citations) == 1


def test_a_sentence_goes_before_the_heading_that_says_the_same() -> None:
    paper = article("paper", ("Mayor opens bridge", "heading"), "On Monday the mayor opened the bridge.")
    said = say([paper], reading([paper], 0, 0, "Mayor", 0.9), reading([paper], 0, 1, "the mayor", 0.6))
    assert said.citations[0].quote == "On Monday the mayor opened the bridge."


def test_a_heading_is_cited_where_no_sentence_says_it() -> None:
    paper = article("paper", ("Mayor opens bridge", "heading"), "It rained.")
    assert say([paper], reading([paper], 0, 0, "Mayor", 0.9)).citations[0].quote == "Mayor opens bridge"


def test_below_the_least_confidence_nothing_is_cited_and_the_nearest_sentence_is_marked_as_such() -> None:
    said = say([HERALD], reading([HERALD], 0, 0, "The mayor", 0.34))
    assert (said.status, said.reason, said.answer, said.citations) == ("not_found", "no_answer_in_articles", None, ())
    assert said.nearest[0].quote == "The mayor opened the bridge."


def test_the_nearest_sentences_need_not_agree() -> None:
    said = say([HERALD], reading([HERALD], 0, 0, "The mayor", 0.3), reading([HERALD], 0, 1, "A choir", 0.2))
    assert [c.quote for c in said.nearest] == ["The mayor opened the bridge.", "A choir sang."]


def test_without_any_reading_nothing_was_close() -> None:
    assert say([HERALD]).reason == "nothing_close"


def test_no_more_is_cited_than_the_rules_allow() -> None:
    many = [article(f"a{i}", f"Edition {i}: the mayor opened it.") for i in range(9)]
    said = say(many, *(reading(many, i, 0, "the mayor", 0.9) for i in range(9)), rules=Rules(max_citations=4))
    assert [c.marker for c in said.citations] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "second",
    [
        "“We are glad of it.”",
        "She thanked the builders.",
        "Her builders were thanked.",
        "Its towers are high.",
        "It bears trains.",
    ],
)
def test_a_sentence_that_leans_on_the_one_before_it_is_quoted_with_it(second: str) -> None:
    paper = article("paper", "The mayor opened the bridge.", second)
    said = say([paper], reading([paper], 0, 1, second.split()[-1].rstrip(".”"), 0.9))
    assert said.citations[0].quote == f"The mayor opened the bridge.\n{second}"


@pytest.mark.parametrize(
    "second", ["It is feared that the bridge fell.", "It’s over.", "Itself a wonder, it stands.", "Hers won."]
)
def test_a_sentence_whose_first_word_stands_for_nobody_before_it_is_quoted_alone(second: str) -> None:
    paper = article("paper", "The mayor opened the bridge.", second)
    assert say([paper], reading([paper], 0, 1, second.split()[-1].rstrip("."), 0.9)).citations[0].quote == second


def test_a_yes_or_no_is_said_by_one_whole_sentence() -> None:
    """What its span names is no answer, so no other sentence can agree with it."""
    readings = reading([HERALD, COURIER], 0, 0, "the bridge", 0.9), reading([HERALD, COURIER], 1, 1, "The bridge", 0.8)
    said = say([HERALD, COURIER], *readings, asked="was the bridge opened?")
    assert (said.status, said.answer, len(said.citations), said.citations[0].answer_start) == (
        "answered",
        None,
        1,
        None,
    )
    assert len(say([HERALD, COURIER], *readings, asked="was it opened or closed?").citations) == 2


def test_a_voice_is_cited_beside_those_for_whom_it_speaks() -> None:
    papers = [article("one", "The SDF won."), article("two", "SDF spokeswoman Ana Bell said so.")]
    forces, voice = reading(papers, 0, 0, "The SDF", 0.8), reading(papers, 1, 0, "Ana Bell", 0.7)
    assert [one.article for one in say(papers, forces, voice).citations] == ["one", "two"]


def test_those_for_whom_a_spokeswoman_speaks_go_before_her_unless_she_is_asked_for() -> None:
    papers = [article("one", "The SDF won."), article("two", "SDF spokeswoman Ana Bell said so.")]
    forces, voice = reading(papers, 0, 0, "The SDF", 0.5), reading(papers, 1, 0, "Ana Bell", 0.7)
    given = say(papers, voice, forces, asked="who said so?")
    assert (given.answer, given.confidence, [one.article for one in given.citations]) == (
        "The SDF",
        0.5,
        ["one", "two"],
    )
    assert say(papers, voice, forces, asked="which spokeswoman said so?").answer == "Ana Bell"
    assert say(papers, voice, replace(forces, score=0.3), asked="who said so?").answer == "Ana Bell"


def test_no_citation_is_cut_from_anything_but_whole_sentences_of_the_article() -> None:
    with pytest.raises(CitationBroken):
        cite(Place(HERALD.article, 2, 3, None, 0.5), 1)
    with pytest.raises(CitationBroken):
        cite(Place(HERALD.article, 0, 0, (5, 400), 0.5), 1)


def test_a_sentence_that_could_not_stand_by_itself_does_not_displace_a_good_heading() -> None:
    paper = article("paper", ("Mayor opens bridge", "heading"), "On Monday the mayor opened the bridge.")
    said = say([paper], reading([paper], 0, 0, "Mayor", 0.9), reading([paper], 0, 1, "the mayor", 0.3))
    assert (said.status, said.citations[0].quote) == ("answered", "Mayor opens bridge")


def test_a_leaning_sentence_at_the_beginning_of_its_passage_is_quoted_with_the_one_before_it() -> None:
    paper = article("paper", "The mayor opened the bridge.", "She thanked the builders.", "It rained.")
    late = passages("paper", paper.article.article.text, paper.article.sentences[1:], 10_000, 10_000)[0]
    second = Candidate(paper.article, replace(late, first=1, last=2), paper.hit)
    start = second.passage.text.index("the builders")
    said = say([second], Reading(0, 0, start, start + len("the builders"), 0.9))
    assert said.citations[0].quote == "The mayor opened the bridge.\nShe thanked the builders."


def test_no_sentence_is_cited_twice_for_leaning_on_another() -> None:
    paper = article("paper", "The mayor opened the bridge.", "She, the mayor, thanked the builders.")
    both = [paper]
    said = say(both, reading(both, 0, 0, "The mayor", 0.9), reading(both, 0, 1, "the mayor", 0.8))
    assert [c.quote for c in said.citations] == ["The mayor opened the bridge."]


ODD = article("odd", "The baker opened a shop.")


def test_the_likeliest_answer_is_given_though_another_reads_better() -> None:
    """What makes it likelier is that a second sentence agrees."""
    papers = [ODD, HERALD, COURIER]
    found = (
        reading(papers, 0, 0, "The baker", 2.0),
        reading(papers, 1, 0, "The mayor", 1.0),
        reading(papers, 2, 1, "the mayor", 1.0),
    )
    calibrated = Calibration(bias=1.0, odds=0.0, share=1.0)

    def said(*readings: Reading) -> Answer:
        likely = surely(papers, readings, partial(calibrated.confidence, windows=[window(one) for one in papers]))
        return answer("who?", papers, readings, likely, Rules(), "gen-000001-00000000")

    assert said(*found[:2]).answer == "The baker"
    both = said(*found)
    assert (both.answer, [c.article for c in both.citations]) == ("The mayor", ["herald", "courier"])
    assert both.confidence > said(found[1], found[0]).confidence


def test_a_wording_a_story_and_a_heading_are_no_further_evidence() -> None:
    """Others are held for a reading or against it once a wording and once a story; headings never."""
    paper = article("paper", ("Mayor opens bridge", "heading"), "On Monday the mayor opened the bridge.")
    papers = [
        HERALD,
        article("copy", "The mayor opened the bridge!"),
        article("edited", "The mayor opened a bridge."),
        paper,
    ]
    found = [
        reading(papers, 0, 0, "The mayor", 0.9), reading(papers, 1, 0, "The mayor", 0.8),
        reading(papers, 2, 0, "The mayor", 0.7), reading(papers, 3, 0, "Mayor", 0.6), reading(papers, 3, 1, "the mayor", 0.5),
    ]  # fmt: skip
    story = {"herald": "bridge", "edited": "bridge"}
    assert evidence(papers, found, lambda id_: story.get(id_, id_)) == [found[0], found[4]]


def test_of_an_article_without_a_date_the_reader_is_told_the_years_that_it_names() -> None:
    held = article("one", "The dam broke in 1953.", "It was built in 1911 and fell in 1953.")
    dated = replace(held.article, article=replace(held.article.article, published="2019-03-23"))
    assert window(held).years == ("1953", "1911")
    assert window(replace(held, article=dated)).years == ()


def test_a_reporters_stub_is_no_part_of_what_a_sentence_says() -> None:
    wire = article("wire", "LOWMOOR (Agency) – The mayor opened the bridge.")
    assert window(wire).sentences == ((len("LOWMOOR (Agency) – "), len(wire.passage.text)),)
    said = say([wire], reading([wire], 0, 0, "The mayor", 0.9))
    assert said.citations[0].quote == wire.passage.text


@pytest.mark.parametrize(
    ("words", "kept"),
    [("The mayor (of Lowmoor", "The mayor (of Lowmoor)"), ("The mayor (of", "The mayor"), ("The mayor", "The mayor")],
)
def test_a_short_answer_has_no_bracket_left_open(words: str, kept: str) -> None:
    text = "The mayor (of Lowmoor) opened the bridge."
    start, end = trimmed(text, 0, len(words), (0, len(text)))
    assert text[start:end] == kept


def more(
    candidates: Sequence[Candidate], *readings: Reading, most: int = 3, rules: Rules | None = None
) -> list[str | None]:
    """The short answers that stand behind the one given."""
    given = say(candidates, *readings, rules=rules)
    others = further(given, candidates, readings, sure, most)
    assert [one.marker for one in others] == list(
        range(len(given.citations) + 1, len(given.citations) + len(others) + 1)
    )
    return [
        one.quote[one.answer_start - one.start : one.answer_end - one.start]
        if one.answer_start is not None and one.answer_end is not None
        else None
        for one in others
    ]


def test_further_answers_are_the_next_best_others_each_once() -> None:
    """Not the answer given, not the same in other words, not a sentence that is cited already; best first."""
    told = article(
        "told", "The mayor opened it.", "A bishop blessed it.", "Then the bishop went home.", "Children sang."
    )
    both = [told, COURIER]
    readings = [
        reading(both, 0, 0, "The mayor", 0.9), reading(both, 0, 1, "A bishop", 0.5), reading(both, 1, 1, "the mayor", 0.4),
        reading(both, 0, 2, "the bishop", 0.3), reading(both, 0, 3, "Children", 0.2), reading(both, 1, 0, "Rain", 0.1),
    ]  # fmt: skip
    assert more(both, *readings) == ["A bishop", "Children", "Rain"]
    assert more(both, *readings, most=1) == ["A bishop"]
    assert more(both, *readings, most=0) == []


def test_of_further_answers_the_likeliest_is_first_though_another_reads_better() -> None:
    post = article("post", "The mayor opened the bridge.", "A choir sang.", "Rain fell.")
    found = [
        reading([post], 0, i, words, p)
        for i, words, p in ((0, "The mayor", 0.9), (1, "A choir", 0.1), (2, "Rain", 0.2))
    ]
    assert more([post], *found) == ["Rain", "A choir"]
    assert more([post], *found, most=1) == ["A choir"]


def test_a_further_answer_is_never_from_a_cited_sentence() -> None:
    """Another span of the sentence that was cited is no other answer, nor is one that a pronoun drew in."""
    told = article("told", "The mayor spoke to the bishop.", "He opened the bridge.")
    readings = [reading([told], 0, 1, "He", 0.9), reading([told], 0, 0, "the bishop", 0.5)]
    assert more([told], *readings) == []


def test_headings_signs_and_what_is_hardly_likely_are_no_further_answers() -> None:
    told = article("told", "The mayor opened it.", ("Bishop at bridge", "heading"), "A choir sang “.", "It rained.")
    readings = [
        reading([told], 0, 0, "The mayor", 0.9), reading([told], 0, 1, "Bishop", 0.5), reading([told], 0, 2, "“", 0.5),
        reading([told], 0, 3, "It", 0.02),
    ]  # fmt: skip
    assert more([told], *readings) == []


def test_where_no_answer_was_given_there_is_no_further_one() -> None:
    """The nearest sentences are all there is; a list of guesses is not offered in the answer's place."""
    two = [reading([HERALD], 0, 0, "The mayor", 0.3), reading([HERALD], 0, 1, "A choir", 0.2)]
    assert more([HERALD], *two) == []
    assert more([HERALD], *two, rules=Rules(min_confidence=0.1)) == ["A choir"]
