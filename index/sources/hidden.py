"""A page's tree -> the same tree without what its readers cannot see.

Text that no reader of the page sees must not become a quote: it is where search spam, words for screen readers and
instructions to machines are put. Taken out is what HTML attributes, inline styles, well-known class names and plain
rules of the page's own `style` elements hide. What a linked style sheet or a script hides cannot be known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.sources.tree import Element, drop

_CLASSES = frozenset(
    "sr-only visually-hidden visuallyhidden screen-reader-text screen-reader-only screenreader-only screenreader-text "
    "a11y-hidden a11y-only u-visually-hidden u-hidden assistive-text element-invisible hidden d-none is-hidden "
    "visually-hidden-focusable sr-only-focusable hide-visually offscreen off-screen".split()
)
# `hidden md:block` and `d-none d-md-block` are seen on wider screens.
_SHOWN_WIDER = re.compile(r"^(?:(?:sm|md|lg|xl|2xl):(?!hidden)|d-(?:sm|md|lg|xl|xxl)-(?!none))")
_NEVER = frozenset(("html", "body", "head"))

_FAR = r"(?:-\d{3,}|-\d+\d(?:em|rem|vw|vh)\b|[1-9]\d{3,})"
_HIDING = re.compile(
    r"(?:^|;)(?:"
    r"display:none|visibility:(?:hidden|collapse)|content-visibility:hidden|opacity:0*(?:\.0\d*)?%?(?=;|$)"
    r"|font-size:(?:0*1?(?:\.\d+)?(?:px|pt)|0*(?:\.0\d*)?(?:em|rem|%|ex|ch|vw|vh)?)(?=;|$)"
    r"|font:(?:[a-z]+ )*0(?:px|pt|em|rem|%)?[ /]"
    r"|(?:left|right|top|bottom|text-indent|margin-left|margin-top|margin-right):" + _FAR + r"|"
    r"transform:(?:[^;]*\bscale[xy3d]*\(0[,)]|[^;]*translate[xy3d]*\([^;()]*" + _FAR + r")"
    r"|clip:rect\((?:0|1)(?:px)?[, ]|clip-path:(?:inset\((?:50|100)%|circle\(0)|filter:opacity\(0"
    r"|color:transparent|-webkit-text-fill-color:transparent)"
)
_BOX = re.compile(r"(?:^|;)(?:max-)?(?:height|width):(?:0*1?px|0+(?:em|rem|%)?)(?=;|$)")
_CLIPPED = re.compile(r"(?:^|;)overflow(?:-[xy])?:(?:hidden|clip)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_WHITE = re.compile(r"(?:#f{3,4}|#(?:f[a-f0-9]){3}(?:ff)?|white|snow|rgba?\((?:25[0-5],){2}25[0-5](?:,[\d.%]+)?\))$")

_SIMPLE = re.compile(r"(?:[a-z0-9]+)?([.#])([A-Za-z_][\w-]*)$")


# More of a style than any writer needs, pictures within it aside: it is there to be hard to read.
_LONGEST_STYLE = 4000


def remove_hidden(tree: Element) -> int:
    """Take hidden elements out of the tree; how many of them held words."""
    classes, ids = _hiding_names(tree)
    grounds: dict[Element, str] = {}
    hidden: list[Element] = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        style = _squeezed(element.get("style", ""))
        # In document order, so that the ground of what is around an element is known before.
        grounds[element] = _ground(element, style) or grounds.get(element.getparent(), "")
        if element.tag not in _NEVER and (
            _is_marked(element, classes, ids) or _hides(style) or _is_unlit(element, style, grounds[element])
        ):
            hidden.append(element)
    removed = 0
    for element in hidden:
        # What lies within something removed before is gone with it, and not counted again.
        if element.getroottree().getroot() is tree:
            removed += any(text.strip() for text in element.itertext())
            drop(element)
    return removed


def _is_marked(element: Element, classes: set[str], ids: set[str]) -> bool:
    """Whether its tag, its attributes, its class or a rule for its class or id hides it."""
    attributes = element.attrib
    if "hidden" in attributes and attributes["hidden"].strip().lower() != "until-found":
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if element.tag in ("template", "noscript") or (element.tag == "dialog" and "open" not in attributes):
        return True
    names = attributes.get("class", "").split()
    if not _CLASSES.isdisjoint(name.lower() for name in names) and not any(map(_SHOWN_WIDER.match, names)):
        return True
    return not classes.isdisjoint(names) or attributes.get("id") in ids


def _hides(style: str) -> bool:
    if len(style) > _LONGEST_STYLE:
        return True
    return bool(_HIDING.search(style) or (_CLIPPED.search(style) and _BOX.search(style)))


def _squeezed(style: str) -> str:
    """A style in lower case without comments, pictures and spaces around its punctuation."""
    if not style:
        return ""
    style = re.sub(r"url\([^()]*\)", "", _without_comments(style.lower()))
    return re.sub(r" ?([:;,()]) ?", r"\1", " ".join(style.split())).replace("!important", "")


def _without_comments(sheet: str) -> str:
    first, *parts = sheet.split("/*")
    return first + "".join(part.partition("*/")[2] for part in parts)


def _ground(element: Element, style: str) -> str:
    """The colour that an element is drawn on, if it says so itself."""
    match = _GROUND.search(style[:_LONGEST_STYLE])
    ground = match[1].strip() if match else element.get("bgcolor", "").strip().lower()
    return "" if ground in ("none", "transparent", "inherit", "initial") else ground


def _is_unlit(element: Element, style: str, ground: str) -> bool:
    """Whether it writes in the colour of its ground, which is white unless something around it says otherwise."""
    match = _COLOUR.search(style[:_LONGEST_STYLE])
    colour = match[1].strip() if match else element.get("color", "").strip().lower() if element.tag == "font" else ""
    if not colour:
        return False
    return colour == ground or bool(_WHITE.match(colour) and (not ground or _WHITE.match(ground)))


def _hiding_names(tree: Element) -> tuple[set[str], set[str]]:
    """Classes and ids that the page's own `style` elements hide by a rule for that class or id alone.

    Rules within `@media` and longer selectors depend on the screen or on scripts: they are left alone.
    """
    classes: set[str] = set()
    ids: set[str] = set()
    for element in tree.iter("style"):
        for selectors, style in _rules(_without_comments(element.text or "")):
            if _hides(_squeezed(style)):
                for selector in selectors.split(","):
                    if match := _SIMPLE.match(selector.strip()):
                        (classes if match[1] == "." else ids).add(match[2])
    return classes, ids


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """Selectors and styles of a sheet, not those within blocks that hold blocks (`@media`, `@keyframes`)."""
    depth = start = opened = 0
    nested = False
    for brace in re.finditer(r"[{}]", sheet):
        if brace[0] == "{":
            if depth == 0:
                opened, nested = brace.start(), False
            nested = nested or depth > 0
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not nested:
                    yield sheet[start:opened], sheet[opened + 1 : brace.start()]
                start = brace.end()
