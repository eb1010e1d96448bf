"""Paragraphs -> which of them are the page's furniture, and which are captions.

Comes in: canonical text and the spans of its paragraphs. Goes out: for each paragraph "boilerplate", "caption" or
None, by rule and one page at a time. The promise others lean on: running text is left alone (at most one real
sentence in a hundred lost, tests/index/test_boilerplate.py), so a rule matches a whole line, or a line's beginning
that no news sentence has; quotations are never furniture. Knows nothing of sentences, nor of what other pages of
the same outlet repeat.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Mark = Literal["boilerplate", "caption"]

# Furniture is short; the longest cookie notes seen have about this many characters.
_LONGEST = 420
# After "Most popular" and the like, this many lines without a full stop are a list of links.
_LONGEST_TAIL = 14
_BARE_LINK = 120

_WHOLE = r"""
home|menu|main menu|news|world|politics|business|sports?|video|videos|culture|opinion|weather|travel|tech|technology|
    science|health|lifestyle|entertainment|local|regions?|markets|live|podcasts?|about( us)?|contact( us)?|imprint|
    search|log ?in|sign in|sign up|register|my account|subscribe( now)?|donate|support us|jobs|careers|archive|e-?paper|
    newsletters?|rss|sitemap|privacy( policy)?|cookies?( policy| settings| preferences)?|terms( of (use|service))?|
    skip to (main )?content|back to top|top|next|previous|close|more|show more|load more|see more|view more|print|
    english|deutsch|français|startseite|menü|accueil
folgen sie uns.{0,40}|folge uns.{0,40}|suivez[ -]nous.{0,40}|síguenos.{0,40}|seguici.{0,40}|volg ons.{0,40}|
    teilen|drucken|weiterlesen|mehr zum thema|partager|imprimer|lire la suite|compartir|leer más|condividi|delen
follow us( on .{1,60})?|connect with us|stay connected|join us|find us on .{1,40}|like us on .{1,40}
share|share (this|it|on|via|with)\b.{0,50}|(re)?tweet( this)?|pin it|e-?mail( this)?( article| story| page)?|whatsapp|
    facebook|twitter|instagram|youtube|telegram|linkedin|pinterest|copy link|print this( page| article)?|
    save( for later)?
(most|more) (popular|read|viewed|shared|commented|watched)\b.{0,30}|trending( now)?|popular( posts| stories| now)?|
    editors?['’]?s? picks?|top stories|latest( news| stories| updates)?|recent (posts|stories|comments)|
    recommended( for you)?|
    you (may|might) (also )?(like|be interested in)\b.{0,20}|what to read next|up next|around the web|from the web|
    promoted (stories|content|links)|sponsored( content| links| by .{1,40})?|paid (content|post)|partner content
related( articles?| stories| story| posts| content| links| topics| news| coverage| tags)?|see also|read also|also read|
    read (more|next|on)|more on this( story| topic)?|further reading|in this section|topics?|tags?|filed under
ad|ads?|advert|advertisements?|(story|article) continues below( advertisement)?|scroll (down )?to continue( reading)?|
    continue reading|keep reading|anzeige|werbung|publicité|publicidad|reklama
how relevant is this ad to you|why (am i seeing|this) (this )?ad|report (this )?ad|
    did you encounter any technical issues|
    video player was slow to load|ad never finished loading|
    your effort and contribution in providing this feedback.{0,60}
leave a (comment|reply)|comments?( \(\d+\))?|\d+ comments?|(no|add|post|view|read|show) (a )?comments?|
    join the conversation|
    be the first to comment|\d+ shares?|\d+ min(ute)?s?['’]? read|\d+ (second|minute|hour|day)s? ago|reading time.{0,20}
accept( all)?( cookies)?|reject( all)?|manage (cookies|preferences|consent)|i (agree|accept)|got it|cookie settings
video ad feedback\b.{0,200}|hide caption\b.{0,200}|\d+ of \d+( photos.{0,160})?|loading|please wait|
    click here( to .{1,60})?|tap here|listen|play|watch( now| live| video)?|photo gallery|gallery|slideshow
"""

_LEAD = r"""
read (more|also|next)\s*[:>»|–—-]|also read\s*[:>»|–—-]|see also\s*[:>»|–—-]|related\s*[:>»|–—-]|
    (lesen sie auch|mehr dazu|(à )?lire aussi|voir aussi|lea también|leggi anche|lees ook|zum thema)\s*[:>»|–—-]|
    (more|recommended|don['’]t miss|watch|listen|must read)\s*[:>»]\s*((?-i:[^\sa-z])|$)|
    (more|also) (from|on|in) [^.!?]{1,40}:\s*$
sign up\b(?! (sheet|fee)s?)(?=.{0,160}\b(newsletter|inbox|alerts?|updates?|briefing|e-?mails?|here|free|today|now|
    for our|to our)\b)
subscribe\b(?=.{0,160}\b(newsletter|inbox|channel|podcast|today|now|here|print|digital|our|free)\b)
(to )?(get|receive) (our|the|a|your|more|all|updates|breaking|daily|weekly|free|stories|news)\b
    (?=.{0,160}\b(newsletter|in(to)? your inbox|to your inbox|to your phone|e-?mails?|alerts|sign up)\b)
follow (us( on\b|\s*[:!.@]|$)|@\w|our \w+ on|[^.,;“”"]{1,60} on (twitter|facebook|instagram|tiktok|x|linkedin|
    telegram|youtube)\b)(?!.{0,200}[”"]\s*\w)
(like|find|join|visit) us on (twitter|facebook|instagram|tiktok|telegram|youtube|whatsapp)\b
we use cookies|this (web)?site uses cookies|by (continuing|using|clicking).{0,80}(cookies|terms|privacy|consent)|
    (our|these) cookies\b|we and our partners (use|store|process)
(copyright\b|©|\(c\))\s*(©|\(c\))?\s*(by )?((19|20)\d\d|[A-Z][\w .]{1,40}(19|20)\d\d|all rights)
(ultimate|premium|responsive|free|a|an|the best)\b.{0,40}\b(theme|template|plug-?in)s?\b.{0,40}\b(wordpress|joomla|
    drupal|blogger)\b
(proudly )?powered by [^,.]{1,50}\.?$|(theme|site|website|web design|designed|developed|built) (by|with)\s*:?\s*\w+(\s\w+){0,4}\.?$|
    just another wordpress (site|weblog)
don['’]t be shy\b|(want to )?get in touch\b(?=.{0,120}\b(we|us|@|friends)\b)
(contact|e-?mail|reach) [^.!?]{1,80}\bat\s+\S+@\S+
(additional |extra )?(reporting|editing|writing|compiled|edited|translated|production) by\b(?!.{0,160}\b(the end of|
    has|had|was|were|said|says)\b)
(contributing|with (files|reporting|additional reporting) from)\s*:|from (staff|wire)( and (wire|staff))? reports
(by|von|par)\s+([A-Z][\w.’'-]*|our|the|staff)(\s+[\w.’'&-]+){0,4}\s+(desk|staff|correspondents?|reporters?|writers?|
    redaktion|agencies|rédaction|wires?|editors?)$
(first |last )?(published|updated|modified|posted|veröffentlicht|aktualisiert|publié|
    mis à jour)( on| at| am| le)?\s*:?\s+
    (?=\d|(mon|tues|wednes|thurs|fri|satur|sun)day|(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b|
    with)(?=.{0,60}\d)[^!?]{1,60}$
(this|the) (article|story|post|report|headline)[^.]{0,40}\b(has been|was) (updated|originally published|
    first published|produced in partnership)\b
(a version of )?this (article|story|newsletter) (first |originally )?(appeared|appears) (in|on)\b
(our|we) (journalism|newsroom) (needs|depends)|support (our|local|independent) (journalism|newsroom|reporting)|
    thank you for (reading|supporting|subscribing)
if you (wish|would like|want) to (object|unsubscribe|opt out)|would you like to receive|you can unsubscribe|
    enter your e-?mail|your e-?mail address|
    please (enter|tick|check|enable|disable|turn off|whitelist).{0,60}\b(e-?mail|javascript|here|ad-?block|box|browser)
you are here\s*:|(you are|you're) using an outdated|(click|tap) (here|the|on)\b(?=.{0,60}\b(to|for|here|button|link|
    below)\b)|download (our|the) .{0,30}\bapp\b
(prices|purchases you make)\b.{0,60}\b(at the time|commission)\b|we may earn (a|an affiliate)\b
tags?\s*:|topics?\s*:|filed under\s*:|categor(y|ies)\s*:|share this\s*:|posted (in|by)\b
"""

_ANYWHERE = r"""
(delivered|sent|straight|right|direct(ly)?) (right |straight |directly )?(in|to|into) your (inbox|phone|e-?mail)\b
\bsign up (here|now|today|below)\b|\bsubscribe (here|now|today)\b|subscribe to (the|our)( \w+){0,3} newsletter
all rights reserved\b|may not be (published|reproduced),? (broadcast|republished|without)
follow (her|him|them|me) on (twitter|facebook|instagram|x)\b|on twitter(: | @|: ?@)\w+\.?$
\baccept (all )?(our )?cookies\b|\bcookie (policy|settings|preferences)\b
"""

_CAPTION = r"""
(photo(graph)?s?|pictures?|images?|video|foto|bild|illustration|graphic|map)(\s+(by|credit|source|
    courtesy( of)?))?\s*:\s*(?-i:[^\sa-z])
(image|media|video|photo|picture)\s+(caption|copyright|source|credit|courtesy)\b
(file|archive|handout|undated)(\s+(photo|picture|image))?\s*[-–—:]\s*\S
(file|archive|handout|stock|undated)\s+(photo|picture|image)\b
(caption|bildunterschrift|légende)\s*:\s*\S|credit\s*:\s*\S|©\s*(getty|reuters|ap|afp|epa)\b.{0,60}$
(getty images|ap photo|reuters photo|afp photo)\b.{0,60}$
"""

_CREDITED = re.compile(
    r"[(\[](?:(?:ap|afp|epa|reuters|file|getty|handout)\b[^()]{0,60}(?:photo|images?|picture|file)\b|(?:ap|afp) photo|"
    r"getty images|(?:photo(?:graph)?|picture|image|foto|credit)s?\b\s*[:/]?)[^()]{0,60}[)\]]\s*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"[\W_]{1,120}$")
_STUB = re.compile(r"(?:[A-Z][\w.’'-]*,?\s+){0,5}(?:\([^()]{1,40}\)\s*)?[A-Z][\w.’'-]*\s*[—–]$")
_TAIL = re.compile(
    r"(?:follow us|connect with us|share|(?:most|more) (?:popular|read|viewed|shared)|trending|related|recommended|"
    r"recent posts|you (?:may|might) also|top stories|editors?['’]?s? picks?|around the web|more on this)\b",
    re.IGNORECASE,
)
# "Dam burst:What the engineers knew": a link inside an article lost the space after its colon with its mark-up.
_LINK = re.compile(r"[►•*\s]*[A-Z0-9][^:“”\".!?]{2,50}[^\W\d_]:[A-Z‘'“\"][^:]*[^:.!…]$")
# "Home | World | Sport": a menu or the path to the page.
_PATH = re.compile(r"[^\W\d_][\w’'.&-]*(?: [\w’'.&-]+){0,3}(?: ?[|»›·] ?[^\W\d_][\w’'.&-]*(?: [\w’'.&-]+){0,3}){1,12}$")
_SPOKEN = re.compile(r"[“”„«»\"]")


def _either(lines: str) -> str:
    """One alternative a line of `lines`; an indented line goes on with the one before."""
    joined = re.sub(r"\n\s+", "", lines.strip())
    return "|".join(f"(?:{line})" for line in joined.split("\n"))


# Case is ignored in rules, but for names after "by": those say so themselves.
_IS_WHOLE = re.compile(rf"\W*(?:{_either(_WHOLE)})\W*$", re.IGNORECASE)
_IS_LEAD = re.compile(rf"[\s(>»►▶*•·#|–—-]*(?:{_either(_LEAD)})", re.IGNORECASE)
_IS_ANYWHERE = re.compile(_either(_ANYWHERE), re.IGNORECASE)
_IS_CAPTION = re.compile(rf"[\s(\[]*(?:{_either(_CAPTION)})", re.IGNORECASE)


def boilerplate_lines(text: str, lines: Sequence[tuple[int, int]]) -> tuple[Mark | None, ...]:
    """For each line (a span of the text), whether it is the page's furniture, a caption, or neither (None)."""
    marks = [_mark(text[start:end]) if end - start <= _LONGEST else None for start, end in lines]
    _mark_tail(text, lines, marks)
    return tuple(marks)


def _mark(line: str) -> Mark | None:
    if _IS_CAPTION.match(line) or (_CREDITED.search(line[-140:]) and not _SPOKEN.search(line)):
        return "caption"
    if (
        _RULE.match(line)
        or _IS_WHOLE.match(line)
        or (len(line) <= 60 and _STUB.match(line))
        or _LINK.match(line)
        or _PATH.match(line)
    ):
        return "boilerplate"
    if line[:1] in "“„«\"'‘":
        return None
    if _IS_LEAD.match(line) and not _reports(line):
        return "boilerplate"
    return "boilerplate" if _IS_ANYWHERE.search(line) and not _SPOKEN.search(line) else None


def _reports(line: str) -> bool:
    """Whether the line tells what somebody said: such a line is news, whatever it begins with."""
    return re.search(r"[”\"»]\s*(?:,|\w+ ){0,4}(?:said|says|asked|told|tweeted|wrote)\b|,[”\"]", line) is not None


def _mark_tail(text: str, lines: Sequence[tuple[int, int]], marks: list[Mark | None]) -> None:
    """Marks the lines after the last "Most popular" and the like, when nothing but bare links stands there."""
    tail = next((i for i in range(len(lines) - 1, -1, -1) if marks[i] and _TAIL.match(text[slice(*lines[i])])), None)
    if tail is None or len(lines) - tail > _LONGEST_TAIL:
        return
    after = [(i, text[slice(*lines[i])]) for i in range(tail + 1, len(lines)) if marks[i] is None]
    if all(len(line) <= _BARE_LINK and line[-1] not in '.!…”"' for _, line in after):
        for i, _ in after:
            marks[i] = "boilerplate"
