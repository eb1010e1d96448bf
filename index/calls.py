"""How pages call on their readers: where they send them, what they ask of them, and what they say of their own making.

Patterns for one sentence, or one line without its line end, of a few hundred characters. What a page makes of them is
`boilerplate.py`'s. A pattern that ends with the line is meant for calls that say nothing of what they point at; where one
tells something ("Watch this gorilla greet the visitors"), it is text.
"""

from __future__ import annotations

import re

# What stands elsewhere: on another page, or in a player.
_THING = (
    r"(?:list|look|stor(?:y|ies)|reports?|recap|coverage|review|interview|transcript|column|article|teaser|trailer|letter|"
    r"statement|ruling|complaint|lawsuit|indictment|methodology|schedule|results|photos?|pictures|images|galler(?:y|ies)|updates|"
    r"(?:live )?blog|thread|guide|map|tracker|interactive|series|playlist|latest|nominees|winners)"
)
# Words that, beside those, tell "You can find details here" from "You can find snow leopards here".
_ON_PAGE = rf"(?:{_THING}|more (?:about|on|from|details|information|of (?:her|his|our|the) work)|links?|lists|details|information|stud(?:y|ies)|fact checks?|guidelines|rundown|videos?|podcasts?|episodes?|piece)"
# Documents that an argument sends to ("If you doubt it, read the ruling"), and works and rooms that people are told to go to.
_NO_CALL = (
    r"(?!.{0,200}\band you\b|(?:if|to|for)\b[^.]{0,120}, (?:read|see) the (?:letter|statement|ruling|complaint|lawsuit|indictment|results)\b"
    r"(?! here| below)|(?:follow|explore|watch|see|browse|view) the (?:stor(?:y|ies)|series|galleries|guide) (?:of|on|at|for|from|in)\b|"
    r"follow the (?:guide|map|thread)\b)"
)
_OF_IT = r"(?:(?:the|our|an?|her|his|their|its|more|all|full|complete|latest|live|entire|whole|this|photo|[\w.’'&-]+['’]s) ){0,5}"
_CLAUSE = r"(?:[^.!?:;“”\"]|\.(?=\w))"
_SENDS = rf"""
{_NO_CALL}((if|to|for)\b{_CLAUSE}{{0,120}}, |also |and |then |please )?(see|view|read|check out|browse|explore|scroll through|take a look at|watch|follow) {_OF_IT}{_THING}(?<!updates)
    (( of| from| on| about| in| for| at| with| throughout)\b{_CLAUSE}{{0,70}}| here| below| above)?
follow (along|here)\b(?! (the|an?|its|their|this|that)\b|.{{0,60}}\bbehind\b){_CLAUSE}{{0,120}}|follow (the )?((latest|live|action)\b|updates\b){_CLAUSE}{{0,110}}
((if|to|for|as)\b{_CLAUSE}{{0,120}}, )?(click|tap|check|see|read) (here|below|this link)\b( (to|for|on)\b{_CLAUSE}{{0,90}})?
((for|to) [^.,]{{0,60}}\b(more|latest|updates|details|information|{_THING})\b{_CLAUSE}{{0,60}}, )?(go|head|look|visit) (here|below|this link)\b
    ( to (see|read|find|view|watch|learn|get|tell us)\b{_CLAUSE}{{0,90}}| for (more|the latest|updates|details|our)\b{_CLAUSE}{{0,90}})?
you can (also |still )?(read|find|see|follow|get|watch|listen|learn|scroll|view)\b{_CLAUSE}{{0,90}}\b{_ON_PAGE}\b{_CLAUSE}{{0,90}}((?<!from )\bhere|
    \bbelow|(show|episode)(['’]s)? (notes|description))
(you can (also )?)?((read|see|view|find) more (photos?|pictures|images|stories|coverage|details|ideas)|read more (about|on|at|from|here)|
    (see|view|find|learn|find out|hear) more (here|(on|at|from|about)\b{_CLAUSE}{{0,90}} (here|\S+\.\w{{2,}})))\b([^.!?;“”"]|\.(?=\w)){{0,120}}
(see|find out|learn|hear) more about\b([^.!?;“”"]|\.(?=\w)){{0,120}}
scroll (down )?to (see|read|find|view) {_CLAUSE}{{0,60}}\b{_THING}\b{_CLAUSE}{{0,80}}
for more( (on|of|about|from) {_CLAUSE}{{2,60}})?, (visit|go to|see|head to|check out|search)\b:?.{{0,90}}
(below|above),? (find|are|is|see|you['’]ll find|you can find) (the |our |some |an? )?(links?|latest|more)\b.{{0,70}}
(go deeper|quick links|notable links|more (photos|coverage)|see (photos|more photos)|read the rest of the series|more to read)\s*:?
more (top )?(reads|stories|coverage|news|photos|headlines|columns) (from|on|about|in) {_CLAUSE}{{2,40}}:
(also of interest, (an? |the )?)?(more )?(photo )?(gallery|photos|pictures|slideshow) (of photos |of pictures )?(is |are )?below:?
(story|column|article|text) continues (below|after)( the| this)?( photo)? ?(gallery|photos?|video|map|graphic|advertisement|form|survey)?
here(['’]s| is) (the|an?) (full )?(transcript|recap|link(?! between\b))\b{_CLAUSE}{{0,80}}
looking for the latest( updates| news)?
(full|complete|whole|rest of the) story,? (from|at|in|on|here)\b{_CLAUSE}{{0,60}}|read up on {_CLAUSE}{{3,90}}
sign up (at|on) \S+\.\w{{2,}}\S*|don['’]t miss {_CLAUSE}{{3,80}}\bnewsletter
(follow )?live updates( on .{{1,40}})?|latest updates:? here|(leer|lea) en español|read (this )?in spanish|skip advert|watch (it )?live
"""
_ASKS = r"""
we (want|would (like|love)) to hear (from you|how you|about your|your)\b
(if you|got|have (?!(we|you|they|he|she|i)\b))[^.!?“”"]{0,160}(?:[,;—–-] (you can )?|\b(?:please|can|also|and|just|or) )(please |just )?
    (e-?mail|drop|send|contact|write|text|message) (me|us|our (\w+ )?(team|desk|newsroom|reporters?|editors?|journalists?|staff|tip ?line|form|inbox))\b
help us (report|tell|cover) th(is|e) story\b|you can help us report\b
send (your )?(news |story )?(tips|questions|photos|pictures|ideas|memories)\b[^.!?“”"]{0,40}\bto (our|\S+@)
share your (pictures|images|videos|memories)\b[^.!?“”"]{0,40}\b(with us|here|below)\b
please (consider )?(subscribe|subscribing|becoming a subscriber|joining our)\b|if not, please (subscribe|sign up)\b
to (access|get|read|receive|enjoy|see)\b[^.!?“”"]{0,140}\b((please |consider )+(subscrib\w+|join\w* (us|our)|becom\w+ an? [^.!?]{0,30}\b(subscriber|member|supporter))|activate your)\b
your (subscription|membership|donation) (helps?|makes?|supports?|allows? (us|our)|is (what|how|why|vital|essential|important))\b
(as a public service|to provide (you|our (community|readers))\b[^.!?,]{0,90}), (?=[^!?“”"]{0,160}\b(free|offering)\b)[^!?“”"]{0,160}\b(stor(y|ies)|coverage|content|pages?|articles?|reporting|journalism)\b
this (story|content|coverage) is being (provided|made|offered)\b[^.!?“”"]{0,60}\bfree\b
we['’]ll (send you(?! (to|home|back|off|into)\b)|be in your inbox)\b
subscribe (at|on) \S+\.\w{2,}
(use|visit) [\w.’' ]{2,30}\blite site\b|you (also )?can (also )?(text|whatsapp|message)\b[^.!?“”"]{0,60}\bto ((?-i:(?!US\b|UK\b|EU\b)[A-Z]{2,5})|(?-i:us))\b
(thanks|thank you) for (using|visiting)\b[^.!?“”"]{0,40}$
"""
_SAYS = r"""
this (is|remains) a (developing|breaking|running)( news)? story\b|developing story\s*[:.]?$
this (story|article|page|blog|live blog|post|file|roundup|gallery|list) (will|may) be (\w+ )?updated\b(?! (every|each) (year|season|quarter|month)\b)
(we|we['’]ll|we will|our reporters will)( will)? (keep|continue|be) updating (this|the) (story|page|blog|post|list|map)\b
we['’]ll update this \w+( (as|when|throughout|with)\b[^.!?“”"]{0,90})?\W*$
check back (here |often |later |soon |regularly |to this (story|page|article|blog) )*(for (more|updates|the latest)|often|throughout|to see)\b
come back (here |often |later |soon |regularly |to this (story|page|article|blog) )*for (updates|the latest|more (updates|news|stories|coverage|on|from))\b
refresh (this|the) page\b|stay tuned( for (more|updates)[^.!?“”"]{0,40})?\W*$
scroll (down )?for\b[^.!?“”"]{0,80}$
this (fact[- ]check|story|article|column|content|podcast|episode) is (also )?available (at|in|on|via|to|for|from)\b
this version of (our|the) (live blog|page|story) is\b
this (piece|column|essay|interview|story|article|excerpt|review) (was|has been|is) ((also |first |originally )+published|republished)\b
this is an? ((updated|edited|abridged|condensed|expanded) version of an?|compilation of) (story|stories|article|articles|column|columns|post|interview)\b
(story|words|text) by (?-i:[A-Z])[^.!?“”"]{2,60}(\||\b(photos|photographs|photography|video|videos|illustrations)\b)
produced by [^.!?,“”"]{2,60}\b(team|desk|staff|unit)\W*$
additional (reporting|editing|writing|research(?! was done)) (was )?(contributed|provided|done) by\b
compiled by (?-i:[A-Z])[^.!?“”"]{2,60}$
"""

# Calls that may begin with anything, by a word that all of one kind have: what goes on from the beginning, up to the end.
_WITH = {
    " be ": rf"{_CLAUSE}{{0,90}}\b{_ON_PAGE}\b{_CLAUSE}{{0,90}} (?:can|may) be (?:found|read|viewed|watched|downloaded) (?:here|below)\W*$",
    " subscription ": r"a subscription (?:helps?|makes?)\b[^.!?“”\"]{0,80}\b(?:us|possible|journalism|reporting|newsroom)\b",
    " were ": r"the (?:capsules|blurbs|entries|reviews|items|profiles|summaries) were (?:written|compiled) by(?::| (?-i:[A-Z]))",
    "subscriber-only": r"(?=.{0,90}\b(?:we|our)\b)[^.!?“”\"]{2,90}\bsubscriber-only\W*$",
    " covered": r"[^.!?“”\"]{0,60}\bhave (?:got )?(?:all )?your [\w ]{0,30}\b(?:needs|questions|plans|week|weekend|season) covered\W*$",
    "your inbox": r"(?:[^.!?:“”\"]{2,40}: )?(?:get|have|receive|read|want|subscribe|sign up|join)\b[^.!?“”\"]{0,90}\bin your inbox(?: (?:daily|weekly|every \w+))?\W*$",
    "podcasts": r"[^.!?“”\"]{0,90}\bwherever you (?:get|find|listen to) (?:your )?podcasts\b",
    "review": r"[^.!?“”\"]{0,90}\b(?:(?:write|leave|give) us an? (?:rating|review|five)|\b(?:ask|leave|give|write|please)\b[^.!?“”\"]{0,40} rating and (?:a )?review\b)",
}


def _either(lines: str) -> str:
    """One alternative a line of `lines`; an indented line goes on with the one before."""
    joined = re.sub(r"\n\s+", "", lines.strip())
    return "|".join(f"(?:{line})" for line in joined.split("\n"))


# Marks and pictures may stand before a call, and nothing of a quotation.
_BEFORE = r"[^\w“„«»\"'‘@]*+"
_CALL = re.compile(rf"{_BEFORE}(?:(?:{_either(_SENDS)})\W*$|{_either(_ASKS)}|{_either(_SAYS)})", re.IGNORECASE)
# What a call begins with; nine sentences in ten need no closer look.
_FIRST = re.compile(_BEFORE + r"(\w+)")
_FIRST_WORDS = frozenset(
    "above additional also and article as below browse check click column come compiled complete developing don explore find follow for "
    "full gallery go got have head hear help here if latest lea leer learn live look looking more notable our photo photos pictures please produced quick "
    "read refresh rest scroll see send share sign skip slideshow stay story subscribe take tap text thank thanks then this to use view visit "
    "watch we whole words you your".split()
)
_BY_WORD = {word: re.compile(_BEFORE + rule, re.IGNORECASE) for word, rule in _WITH.items()}


def is_call(line: str) -> bool:
    """Whether the sentence, or the line of one, only sends the reader elsewhere, asks something, or speaks of its own making."""
    first = _FIRST.match(line)
    if first and first[1].lower() in _FIRST_WORDS and _CALL.match(line):
        return True
    return any(word in line and rule.match(line) for word, rule in _BY_WORD.items())
