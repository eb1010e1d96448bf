"""How the furniture of pages is worded: whole lines, beginnings of lines, parts of them, credits, signatures.

Patterns for one line each, without its line end. What they make of a page, and where they may be wrong, is
`boilerplate.py`'s. All of them are meant for lines of a few hundred characters.
"""

from __future__ import annotations

import re

_WHOLE_LINES = r"""
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
ad|ads?|advert|advertisements?(\s*[-–—:]\s*(article|story) continues below)?|(story|article) continues below( advertisement)?|scroll (down )?to continue( reading)?|
    continue reading|keep reading|anzeige|werbung|publicité|publicidad|reklama
how relevant is this ad to you|why (am i seeing|this) (this )?ad|report (this )?ad|
    did you encounter any technical issues|
    video player was slow to load|ad never finished loading|
    your effort and contribution in providing this feedback.{0,60}
leave a (comment|reply)|comments?( \(\d+\))?|\d+ comments?|(no|add|post|view|read|show) (a )?comments?|
    join the conversation|
    be the first to comment|\d+ shares?|\d+ min(ute)?s?['’]? read|\d+ (second|minute|hour|day)s? ago|reading time.{0,20}
accept( all)?( cookies)?|reject( all)?|manage (cookies|preferences|consent)|i (agree|accept)|got it|cookie settings
(staff |special |senior |contributing |guest )?(writer|reporter|correspondent|columnist|contributor)s?|
    javascript is (not available|not enabled|disabled|required)|
    (the )?associated press|ap|afp|reuters|agence france-presse|usa ?today( sports| network)?|
    (from )?(usa today network|staff|wire)( and (staff|wire))? (reports?|services?)|
    editors|staff|special (to|for) [^.,!?]{3,40}|opinion (staff|contributors?|columnists?)|the editorial board
[^\s@]+@[^\s@]+\.\w{2,}|@\w+
video ad feedback\b.{0,200}|hide caption\b.{0,200}|\d+ of \d+( photos.{0,160})?|loading|please wait|
    https?://\S+( https?://\S+)*|
    click here( to .{1,60})?|tap here|listen|play|watch( now| live| video)?|photo gallery|gallery|slideshow
"""

_LEAD_LINES = r"""
read (more|also|next)\s*[:>»|–—-]|also read\s*[:>»|–—-]|see also\s*[:>»|–—-]|related\s*[:>»|–—-]|
    (lesen sie auch|mehr dazu|(à )?lire aussi|voir aussi|lea también|leggi anche|lees ook|zum thema)\s*[:>»|–—-]|
    (more|recommended|don['’]t miss|watch|listen|must read)\s*[:>»]\s*((?-i:[^\sa-z])|$)|
    (more|also) (from|on|in) [^.!?]{1,40}:\s*$
sign up\b(?! (sheet|fee)s?)(?=.{0,160}\b(newsletter|inbox|alerts?|updates?|briefing|dispatch|e-?mails?|here|free|today|now|
    for our|to our)\b)
subscribe\b(?=.{0,160}\b(newsletter|inbox|channel|podcast|today|now|here|print|digital|our|free)\b)
(to )?(get|receive) (our|the|a|your|more|all|updates|breaking|daily|weekly|free|stories|news)\b
    (?=.{0,160}\b(newsletter|in(to)? your inbox|to your inbox|to your phone|e-?mails?|alerts|sign up)\b)
follow (us( on\b|\s*[:!.@]|$)|@\w|our \w+ on|([^.,;“”"]|\b[A-Z]\.){1,60} on (twitter|facebook|instagram|tiktok|x|linkedin|
    telegram|youtube)\b|[^!?;“”"]{1,80} at (https?:|www\.|\S+\.(com|org|net)\b))(?!.{0,200}[”"]\s*\w)
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
(this|the) (article|story|post|report|headline)\b[^.]{0,40}\b(has been|have been|was) (updated|originally published|
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
(?-i:JUST WATCHED|MUST WATCH)\b
(the )?(opinions?|views?)( expressed)?( here| in this \w+)?,? (is|are) (solely |entirely )?(those of|his|her|their|my)\b
read more (opinion|stories|news|coverage|articles|columns|of (his|her|their|our)|about|on|from|here|at)\b
view more (opinions?|commentary|stories|news|articles|columns)\b|visit \S+\.\w{2,4}\S* for more\b|(he|she|they) tweets? (at )?@\w
this (story|article|column) (is|was) part of [^.!?“”"]{0,60}\bnewsletter\b
if you or (someone|anyone) you (know|love)\b(?=.{0,200}\b(call|text|contact|visit|dial)\b)
(learn|find out|see|hear|discover) more\s*[:>»]
check out more \b|take a look at the (photos|pictures|images|video)\W*$|check out (the|our) [^.!?“”"]{2,40} (podcast|newsletter)\b
sponsor(ed)? (content|post|message)\s*:
in (pictures|photos|video|graphics)\s*:
share your (thoughts|story|stories|experiences?|views?|opinions?|photos?|memories)( and \w+)?\s+(with (us|(the )?(?-i:[A-Z]))|below|here|in the comments)
if you (don['’]t|do not|cannot|can['’]t) see the (form|video|survey|poll)\b|tell us (what you think|your story|about your)\b
(to|for) [^.,:]{1,90}, (check out (this|our|the)|click here|visit (this|our))\b(?=.{0,80}\b(interactive|gallery|video|page|guide|map|tracker|site|website|quiz|
    podcast|newsletter|here)\b)
stock advisor returns\b|the motley fool (owns|recommends|has)\b|try any of our [^.]{0,40}newsletter
the authors?(\(s\))? (may have|has|have|does not have|holds?|owns?) (a |no |an? \w+ )*(position|stake|shares)\b
[^!?,:“”"]{2,60} is an? [^.!?,:“”"]{2,40} content partner\b|its content is produced independently
our fact[- ]?check(ing)? work\b
(this|the) (story|article|podcast|transcript|newsletter) (was|is) (automatically|produced|sponsored|free)\b
(you can )?(also )?follow\s[^.!?,:;“”"]{0,60}((?<!\w)@\w|\b(twitter|facebook|instagram)\.com)
(you can )?(also )?(contact|reach|e-?mail|call|text)\s+(?!.{0,60}\b(?:police|sheriff|detectives?|stoppers)\b(?! reporter))(him|her|them|me|us|(reporter |writer )?(?-i:[A-Z][\w.’'-]* [A-Z]))[^!?:;“”"]{0,60}?
    ([^\s@]+@[^\s@]+\.\w{2,}|(?<!\w)@\w|\(?\d{3}\)?[ .-]\d[\d .-]{4,}|\b(twitter|facebook)\b)
(twitter|facebook|instagram)\s*:\s*@\w|((or|and) )?[^\s@]+@[^\s@]+\.\w{2,}\.?$|for the latest,? (visit|see|go to)\b
(keep|continue) reading\b.{0,30}$
the [\w ]{2,30} newsletter (provides|brings|gives) you\b
e-?mail\s*:\s*[^\s@]+@[^\s@]+\.\w{2,}
you can (also )?(get|receive|read|find|follow|listen to)\b(?=.{0,160}\b(inbox|newsletter|sign up here)\b)
by (the )?(associated press|ap|afp|reuters)\.?$
(for )?(more|ap)\b[^.!?:“”"]{0,50}:\s*(https?://|www\.)
stay (connected|informed|in touch|in the (know|conversation)|up to date)\b[^.!?“”"]{0,60}[:–—-]\s*(subscribe|sign up|download|follow)\b
get (more|the latest) [^.!?“”"]{1,80}\bby (listening to|subscribing to|signing up)\b
(photo )?(gallery|galleries|slideshow|podcast|newsletter)\s*[:|]\s*\S
follow (every|the|each|all) (game|match|race|live|latest)\b[^.]{0,60}$
(please )?(support (?!for\b|of\b|from\b)(\w+ )?(quality|local|our|independent|investigative)? ?(journalism|newsrooms?|reporters) (like|and|who|by|here|that)\b|
    consider supporting (our|local|independent) |help us continue (this|our)\b|
    never miss a story\s*([:.!]|$)|to access (our|the) [^.!?]{0,80}\bbecome an? [^.!?]{0,30}\bsubscriber\b|just for subscribers\s*:|find offers for new subscribers\b)
(send|shoot|drop) (him|her|them|me|us) (an? )?(e-?mail|note|line)\b|want to send [\w’'. ]{2,40} (an? )?(e-?mail|note|line)\b
send (us )?(your |any |story )?(news )?(tips|questions|comments|feedback|story ideas)( (or|and) \w+)? (to \S+@|here\b)
(message|text|whatsapp|write( to)?|e-?mail|contact|tweet) us (on (whatsapp|twitter|facebook|instagram|signal|telegram)|at \S*[@\d]|via|about)
listen to (our|the|this|more|all) [^.!?]{0,30}podcasts?\W*$|this week['’]s podcast$|(hit|press) play on the player\b|prefer to listen\?|
    there may be some differences between the (audio|video) and the (text|transcript)\b|
    (thanks|thank you) for (listening|reading|tuning in)( to (?-i:[\dA-Z])[^,.!?]{0,40})?\s*([.!]|$)
this (article|story|piece|essay) (is|was) ((re(published|printed)|excerpted) from|re(published|printed) with permission)\b|read the original (article|story)\b
take (our|the|this|[\w.’' ]{2,25}['’]s) (weekly |daily )?(news )?quiz\b
[^.!?“”"]{0,80}(?<!health )(?<!insurance )(?<!medical )(?<!dental )(?<!vaccine )\bcoverage (at|on|in|by|of) ([^.!?“”"]|\.(?=\w)){2,110} (is|are) (made possible|supported|funded|underwritten)\b[^.!?“”"]{0,40}\bgrants? from (the )?(?-i:[A-Z])
[^.!?:;,“”"]{2,90} (do|does) not provide (any )?editorial input\W*$
read the (full|whole|entire|rest of the|complete) ?(story|article|column|interview|piece|review)?( here)?\W*$
here['’](s|re) (an?|the|our|more on)\b[^.!?“”"]{3,60} \.$
(our |all |these )?(recommendations|products|picks) are (independently |carefully )?(chosen|selected|reviewed)( and \w+)? by (us|our|[^.!?]{1,30}['’]s? editors)\b
want (this|more|our)\b[^.!?“”"]{0,60}\b(in your inbox|newsletter)\b
connect with (this|the) (reporter|author|writer|columnist)\b
tags?\s*:|topics?\s*:|filed under\s*:|categor(y|ies)\s*:|share this\s*:|posted (in|by)\b
"""

_ANYWHERE_LINES = r"""
\b(fill out|using|on|in) the form below\b|\bwants to (know|hear) (if|how|what|whether|from) you\b
^([^.!?“”"]|\b[a-z]\.){2,380}\bcontributed (additional |to the )?(reporting|(to|for) this (report|story|article|column|post|piece|section|newsletter)(?=\W*$|\.\s))
^\W*((the )?(associated press|ap|afp|reuters|[\w’']+['’]s)\b|([\w.’']+ ){0,4}(reporters?|writers?|correspondents?|producers?) (?-i:[A-Z])|(?-i:[A-Z][\w.’'-]+ (?:[A-Z]\. )?[A-Z][\w’'-]+(?:,| and| of| in| contributed)\b))
    ([^.!?“”"]|\b[a-z]\.){0,380}\bcontributed (to|for) the (report|story|article|column|post|piece)(?=\W*$|\.\s)
(delivered|sent|straight|right|direct(ly)?) (right |straight |directly )?(in|to|into) your (inbox|phone|e-?mail)\b
\bsign up (to|for) (the|our|my|this|his|her|their|\w+['’]s?)(?!\w).{0,60}\bnewsletter\b|\bsign up for free,? here\b
^\W*for (more|the full|further)\b[^.!?:;“”"]{0,80}, (click|tap|go|see|visit) here\W*$
^\W*(check|see|find|read|watch|view|get|learn|follow|click|tap|listen|explore|browse|buy|shop|take|vote|go|sign)\b
    [^.!?:;“”"]{0,120}\b(here|below)\b[\s>»→)\]*.!]*$
\bsign up (for free )?(right )?(here|now|today|below)\b|^rsvp here\b|\bsubscribe (here|now|today)\b|subscribe to (the|our)( \w+){0,3} newsletter
all rights reserved\b|may not be (published|reproduced),? (broadcast|republished|without)
follow (her|him|them|me) on (twitter|facebook|instagram|x)\b|on twitter(: | @|: ?@)\w+\.?$
\bdownload our (free )?app\b
\baccept (all )?(our )?cookies\b|\bcookie (policy|settings|preferences)\b
"""

_CAPTION_LINES = r"""
(photo(graph)?s?|pictures?|images?|video|foto|bild|illustration|graphic|map)(\s+(by|credit|source|
    courtesy( of)?))?\s*:\s*(?-i:[^\sa-z])
(image|media|video|photo|picture)\s+(caption|copyright|source|credit|courtesy)\b
(file|archive|handout|undated)(\s+(photo|picture|image))?\s*[-–—:]\s*\S
(file|archive|handout|stock|undated)\s+(photo|picture|image)\b
(caption|bildunterschrift|légende)\s*:\s*\S|credit\s*:\s*\S|©\s*(getty|reuters|ap|afp|epa)\b.{0,60}$
(getty images|ap photo|reuters photo|afp photo)\b.{0,60}$
"""

CREDITED = re.compile(
    r"[(\[](?:(?:ap|afp|epa|reuters|file|getty|handout)\b[^()]{0,60}(?:photo|images?|picture|file)\b|(?:ap|afp) photo|"
    r"getty images|(?:photo(?:graph)?|picture|image|foto|credit)s?\b\s*[:/]?)[^()]{0,60}[)\]]\s*$",
    re.IGNORECASE,
)
_NAME = r"(?-i:[A-Z][\w.’'-]*(?:\s(?:[A-Z][\w.’'-]*|de|del|la|van|von|al|bin|of|the|and|for|&)){0,6})"
_AGENCY = (
    r"(?:(?:the )?(?:associated press|ap|afp|epa|reuters|getty(?: images)?|bloomberg|cnn|nbc|abc|cbs|fox|bbc|nasa|alamy|"
    r"shutterstock|zuma|xinhua|anadolu|sipa|redux|pa|dpa|upi|imagn|istock)|[\w .’'&-]{2,40}\b(?:images?|news|photos?|press|pool|"
    r"agency|agencies|sports|times|post|network|wire|media|today|pictures|studios|films|"
    r"entertainment|television|netflix|hbo|hulu|disney)|handout|pool|file|via [\w .]{2,40})"
)
# "Jane Doe/Harbour Wire", "courtesy Jane Doe", "Photo: Jane Doe, Harbour Wire": who made a picture, and nothing of what is on it.
_FOR = r"(?:\s?[,/][^(),./]{2,40}|\s(?:via|for)\s[^(),./]{2,40}){0,3}"
CREDIT = re.compile(
    rf"[\s(\[]*(?:{_NAME}\s*(?:/[^/.]{{1,40}}){{0,4}}/\s*{_AGENCY}|"
    rf"(?:(?:photo(?:graph)?s?|pictures?|images?|video|foto|bild)\s*)?(?:courtesy(?: of)?|provided (?:by|to)|credits?\s*:|by\s*:)\s*{_NAME}|"
    rf"(?:photo(?:graph)?s?|pictures?|images?|foto|bild)\s*(?:by|:)\s*{_AGENCY}|"
    rf"(?:from|via) {_NAME}/(?:twitter|instagram|facebook|youtube|tiktok|telegram|vk|netflix|weibo)|"
    rf"(?:photo(?:graph)?s?|foto)\s*(?:by|:)\s*{_NAME}{_FOR}[)\s]*(?:\(photo by [^()]{{2,80}}\))?)[\s)\]]*$",
    re.IGNORECASE,
)
# What a page asks leave for, however long.
CONSENT = re.compile(
    r"\W*(?:we will use the (?:information|details|data) you\b|you agree to the processing\b|by (?:submitting|signing up|"
    r"entering) [^.]{0,80}\byou (?:agree|consent)\b|['‘]we['’] includes [^.]{2,80}\b(?:limited|ltd|inc|llc|gmbh|brands)\b)",
    re.IGNORECASE,
)
# Whose opinions they are: notes on the author run to a paragraph, and end so, as a sentence that nobody is quoted with.
VIEWS = re.compile(
    r"\b(?-i:The) (?:(?:opinions|views)(?: and (?:opinions|views))?) expressed (?:here|in this (?:article|column|commentary|essay|piece|story|post|blog|op-?ed|newsletter)) (?:are|belong|do not)"
    r"(?: solely| entirely)?(?: to)? (?:those of|his|her|their|my|the (?:author|writer)|necessarily reflect)\b(?!.*[“”„«»\"])",
    re.IGNORECASE | re.DOTALL,
)
# What an editor says of the author or the newsletter, and not of the news.
NOTE = re.compile(
    r"\W*editor['’]?s['’]? note\s*:(?=.*\b(?:(?:opinions?|views?)(?: expressed)?(?: here| in this \w+)?,? (?:is|are) |"
    r"(?:is|are|was|has been) (?:(?:an?|the|also) )?(?:[\w-]+ ){0,4}(?:author|host|professor|columnist|journalist|writer|"
    r"fellow|analyst|contributor|director|founder|editor|correspondent|reporter|economist|president|chief)\b|"
    r"newsletter|sign up|subscribe|(?:first|originally) (?:appeared|published)|part of (?:an?|the|our|an ongoing) ))",
    re.IGNORECASE,
)
RULE = re.compile(r"[\W_]{1,120}$")
STUB = re.compile(r"(?:(?:and )?[A-Z][\w.’'-]*,?\s+){0,5}(?:\([^()]{1,40}\)\s*)?[A-Z][\w.’'-]*\s*[—–]$")
TAIL = re.compile(
    r"(?:follow us|connect with us|share|(?:most|more) (?:popular|read|viewed|shared)|trending|related|recommended|"
    r"recent posts|you (?:may|might) also|top stories|editors?['’]?s? picks?|around the web|more on this)\b",
    re.IGNORECASE,
)
ADVERTISED = re.compile(r"\W*(?:sponsor(?:ed)?|paid|advertiser) (?:content|post|message)\s*:\s*\S", re.IGNORECASE)
# A gallery in one paragraph: captions with their numbers, or with what leads to the next one.
GALLERY = re.compile(
    r"\bhide caption \d+ of \d+\b.*\bhide caption \d+ of \d+\b|\bprev next\W*$", re.IGNORECASE | re.DOTALL
)
# "— Jane Doe, Harbour Wire" under a piece of a running report; under a quotation it says who spoke.
SIGNED = re.compile(
    rf"\s*[—–-]{{1,3}}\s*(?:the )?{_NAME}(?:,? (?:and|with) {_NAME}|, {_NAME})*(?:[,;] {_AGENCY})*\.?$", re.IGNORECASE
)
BETWEEN_NAMES = re.compile(r", (?:and )?| and | with |; ")
# Who wrote it, and where it was taken from, on lines of their own before the text begins.
AUTHOR = re.compile(
    rf"(?:by )?(?-i:[A-Z][\w.’'-]*(?: (?:[A-Z][\w.’'-]*|de|della?|van|von|le|la|di|du|bin|al)){{1,3}})(?:(?:,| and|, and) (?-i:[A-Z][\w.’'-]*(?: [A-Z][\w.’'-]*){{1,3}}))*"
    rf"(?:,? (?:{_AGENCY}|\S+@\S+|special (?:to|for) .{{3,40}}))?$",
    re.IGNORECASE,
)
OUTLET = re.compile(
    r"(?:the )?[\w ./|’'&-]{0,40}\b(?:press|times|news|post|journal|star|tribune|herald|gazette|register|democrat|republic|"
    r"today|network|courier|sun|globe|chronicle|observer|dispatch|enquirer|inquirer|union|sentinel|advertiser|record|ledger|statesman|examiner|independent|mail|telegraph|guardian|"
    r"fool|wire|street|\w+\.com)$|\S+@\S+(?:; [\d-]+)?$|@\w+$",
    re.IGNORECASE,
)
# Under who wrote it, and what a line over those words is, whatever it says: "Staff writer", "Special to the Harbour Wire".
ROLE = re.compile(
    r"(?:(?:staff |senior |opinion )?(?:writer|reporter|columnist|correspondent|contributor)s?|special (?:to|for) .{3,40}|"
    r"usa ?today(?: .{1,30})?|(?:the )?associated press)$",
    re.IGNORECASE,
)
STAFF = re.compile(r"(?:[A-Z][\w.’'-]* ){1,4}(?:[Ss]taff|[Ee]ditors)(?: [Rr]eports?(?: .{1,40})?)?$")
# A name of few words: behind an author's it is where that author works.
SHORT = re.compile(
    r"(?:(?:The |A )?[A-Z(][\w./|’'&()-]*)(?:,? (?:[A-Z(][\w./|’'&()-]*|of|the|a|and|for|staff|[–-])){0,4}(?<![.,–-])$"
)
# "Home | World | Sport": a menu or the path to the page.
PATH = re.compile(r"[^\W\d_][\w’'.&-]*(?: [\w’'.&-]+){0,3}(?: ?[|»›·] ?[^\W\d_][\w’'.&-]*(?: [\w’'.&-]+){0,3}){1,12}$")
# Whom to call is news where it is not who made the article.
POLICE = re.compile(
    r"\b(?:police|sheriff|detectives?|crime stoppers|crisis|hotline|helpline|lifeline)\b(?! reporter)", re.IGNORECASE
)
TO_READER = re.compile(r"\b(?:you|your|yours|you['’](?:ll|re|d|ve)|us|our)\b|!$", re.IGNORECASE)
# Behind a picture's caption on the same line, who made it.
AGENCY = re.compile(
    rf"(?:AP|AFP|EPA|Reuters|Getty Images|Associated Press|{_NAME} for [A-Z]{{2,5}}(?: [A-Z]{{2,5}})?)$"
)
# An address, or what led to one, as a sentence of its own.
ELSEWHERE = re.compile(r"\W*(?:https?://\S+(?: https?://\S+)*|read (?:more|on|next))\W*$", re.IGNORECASE)
OFFER = re.compile(r"\b(?:subscri\w+|newsletters?|podcasts?|apps?|learn more|members?|membership)\b", re.IGNORECASE)
ASKS_READER = re.compile(
    r"\W*(?:(?:want|need|have|got|interested|enjoying|looking|prefer|worried|questions|confused|curious|love)\b|"
    r"(?:do|are|have|would|were|is)(?:n['’]t)? (?:you|your)\b)[^.!?“”„«»\"]*\?$",
    re.IGNORECASE,
)
# "What's the weather up to where you are?": before a call, whatever such a question begins with.
_OF_READER = re.compile(r"(?:[^.!?“”„«»\"]*\b(?:you|your)\b|editor['’]?s['’]? note:)[^.!?“”„«»\"]*\?$", re.IGNORECASE)
SPOKEN = re.compile(r"[“”„«»\"]")
# "Send me a note, he told his aides": what somebody said without quotation marks around it.
TOLD = re.compile(
    r", (?:[\w’'.-]+ ){1,7}?(?:said|says|told|asked|urged|wrote|writes|warned|heard|found|ruled|argued|pleaded|added|announced)\b"
)


def asks_reader(sentence: str) -> bool:
    """Whether the sentence is a question to the reader, as they lead to calls."""
    return ASKS_READER.match(sentence) is not None or _OF_READER.match(sentence) is not None


def _either(lines: str) -> str:
    """One alternative a line of `lines`; an indented line goes on with the one before."""
    joined = re.sub(r"\n\s+", "", lines.strip())
    return "|".join(f"(?:{line})" for line in joined.split("\n"))


# Case is ignored in rules, but for names after "by": those say so themselves.
WHOLE = re.compile(rf"\W*(?:{_either(_WHOLE_LINES)})\W*$", re.IGNORECASE)
LEAD = re.compile(rf"[\s(>»►▶*•·#|–—-]*(?:(?-i:[A-Z])[\w ]{{1,30}}\) )?(?:{_either(_LEAD_LINES)})", re.IGNORECASE)
ANYWHERE = re.compile(_either(_ANYWHERE_LINES), re.IGNORECASE)
CAPTION = re.compile(rf"[\s(\[]*(?:{_either(_CAPTION_LINES)})", re.IGNORECASE)
