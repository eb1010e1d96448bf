"""The labelled pairs of articles, and the rule they were labelled by: benchmarks/duplicate_pairs.csv -> two hands'
answers.

What one story is for: somebody asks, and is told how many witnesses say a thing. A second telling of a text is no
second witness, so it counts once; an independent report, or a page that only shares a block with another, is one of
its own.

The rule of the second hand
---------------------------
Two articles are one story when A and B both hold; different when one of them does not; "cannot say" by C.

What counts. Sentences of running text. Neither counted nor matter: links, credits, notes on the author, calls to read
or subscribe, advertisements, headings, contents and key points above an article, bylines and datelines, captions of
pictures (but of two pages that are nothing but captions these are the text), and quotations of one public statement
(a speech, a ruling, a post, a law), which everybody may have from its source. Words said to the outlet itself do
count.

A. More than half of the sentences of the shorter one (the one with fewer of them) stand in the other. A sentence
stands there when the other makes the same statement in recognisably the same words: someone who sees both would say
that one was made from the other. Shortened, split, joined, put into another tense, with another day, name's title or
figure, it still stands.
- Half of its words are new: it stands where its main statement is the old one and the new is added to it; it does not
  where the new is the statement and the old a clause that says who somebody is or what went before.
- A figure changed because the same event went on (a toll, a count, a forecast come true): it stands. A figure or name
  changed because another occasion is told in the same form (next week's rate, another match, the next day's numbers):
  it does not, whatever the words.
- The same fact in other words does not stand: that is what an independent report looks like.

B. What the shorter one has beside those sentences, and, unless three quarters of it stand there, what the longer one
has too, is the same matter: give each article a headline without a date; the rest of each would have to fit under
both. An article that was worked over fits (what happened next in the same event, reactions to it, more of it, its
background). It does not fit where the news itself is another event, decision, match, person or product, and the
common part is background, or one item.
- From three quarters on the rest of the longer one may be anything: an item that stands whole in a round-up, a report
  inside an analysis, is told there once more.
- Pages of items (round-ups, newsletters, live pages, quizzes, lists of what to see or buy this week): with each
  other, and with an article, they are one story only from three quarters on. Below it they share a block, even a long
  one.
- Galleries: their running text alone decides. An opening taken from the report is that report; a page whose running
  text is its own is a witness of its own, whatever pictures it shares.
- Editions of an explainer, a guide or a list that is printed again (each year, or at each occasion): one story by A
  and B like any other article worked over; the occasion (this year's solstice, eclipse, storm, deadline) is its newer
  state and no other event. Where the occasion is the news, and what is explained about it is new, A fails by itself.

C. Cannot say: where after reading both the answer hangs on how one or two sentences are counted, or on whether the
rest is one matter and a reader might well see it either way; or where fewer than three sentences of the shorter one
count, and they are not all in the other. It is no way out of counting: where a count is plain it decides.

Pairs of one address are versions of one page whatever they say: the address decides there, and no hand is asked. Of a
pair where one has no running text at all the answer is "different".
"""
