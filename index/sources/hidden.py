"""A page's tree -> the same tree without what its readers cannot see.

Text that no reader of the page sees must not become a quote: it is where search spam, words for screen readers and
instructions to machines are put. Taken out is what HTML attributes, inline styles, well-known class names and plain
rules of the page's own `style` elements hide. What a linked style sheet or a script hides cannot be known here.
"""

from __future__ import annotations

import re

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
    r"display:none|visibility:(?:hidden|collapse)|content-visibility:hidden|opacity:0*(?:\.0+)?%?(?=;|$|!)"
    r"|font-size:0*(?:\.\d+)?(?:px|pt|em|rem|%|ex|ch|vw|vh)?(?=;|$|!)"
    r"|font:(?:[a-z]+ )*0(?:px|pt|em|rem|%)?[ /]"
    r"|(?:left|right|top|bottom|text-indent|margin-left|margin-top|margin-right):" + _FAR + r"|"
    r"transform:(?:[^;]*\bscale[xy3d]*\(0[,)]|[^;]*translate[xy3d]*\([^;)]*" + _FAR + r")"
    r"|clip:rect\((?:0|1)(?:px)?[, ]|clip-path:(?:inset\((?:50|100)%|circle\(0)|filter:opacity\(0"
    r"|color:transparent|-webkit-text-fill-color:transparent)"
)
_BOX = re.compile(r"(?:^|;)(?:max-)?(?:height|width):0*[01]?(?:px|em|rem|%)?(?=;|$|!)")
_CLIPPED = re.compile(r"(?:^|;)overflow(?:-[xy])?:(?:hidden|clip)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_GROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_WHITE = re.compile(r"(?:#f{3,4}|#(?:f[a-f0-9]){3}(?:ff)?|white|snow|rgba?\((?:25[0-5],){2}25[0-5](?:,[\d.%]+)?\))$")

_RULE = re.compile(r"([^{}]{1,2000})\{([^{}]{0,4000})\}")
_SIMPLE = re.compile(r"(?:[a-z0-9]+)?([.#])([A-Za-z_][\w-]*)$")


def remove_hidden(tree: Element) -> int:
    """Take hidden elements out of the tree; how many of them held words."""
    classes, ids = _hiding_names(tree)
    removed = 0
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in _NEVER or element.getparent() is None:
            continue
        if _is_hidden(element, classes, ids):
            # Within something removed before, it is already gone from the tree; dropping it again does no harm.
            removed += bool("".join(element.itertext()).strip()) and element.getroottree().getroot() is tree
            drop(element)
    return removed


def _is_hidden(element: Element, classes: set[str], ids: set[str]) -> bool:
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
    if not classes.isdisjoint(names) or attributes.get("id") in ids:
        return True
    if "style" in attributes and _hides(attributes["style"]):
        return True
    return _white_on_white(element)


def _hides(style: str) -> bool:
    style = _squeezed(style)
    return bool(_HIDING.search(style) or (_CLIPPED.search(style) and _BOX.search(style)))


def _squeezed(style: str) -> str:
    """A style in lower case without comments and without spaces around its punctuation."""
    style = re.sub(r"/\*.*?\*/", "", style.lower(), flags=re.DOTALL)
    return re.sub(r"\s*([:;,()])\s*", r"\1", re.sub(r"\s+", " ", style)).strip().replace("!important", "")


def _white_on_white(element: Element) -> bool:
    """Whether its own style or `font` colour writes in the colour of its ground, which is white unless said."""
    if "style" not in element.attrib and element.tag != "font":
        return False
    colour = _first(_COLOUR, element) or _squeezed(element.get("color", "") if element.tag == "font" else "")
    if not colour:
        return False
    above: Element | None = element
    while above is not None:
        ground = _first(_GROUND, above) or _squeezed(above.get("bgcolor", ""))
        if ground and ground not in ("none", "transparent", "inherit", "initial"):
            return ground == colour or bool(_WHITE.match(ground) and _WHITE.match(colour))
        above = above.getparent()
    return bool(_WHITE.match(colour))


def _first(pattern: re.Pattern[str], element: Element) -> str:
    match = pattern.search(_squeezed(element.get("style", "")))
    return match[1].strip() if match else ""


def _hiding_names(tree: Element) -> tuple[set[str], set[str]]:
    """Classes and ids that the page's own `style` elements hide by a rule for that class or id alone.

    Rules within `@media` and longer selectors depend on the screen or on scripts: they are left alone.
    """
    classes: set[str] = set()
    ids: set[str] = set()
    for element in tree.iter("style"):
        sheet = re.sub(r"/\*.*?\*/", "", (element.text or "")[:500_000], flags=re.DOTALL)
        for selectors, style in _RULE.findall(_top_level(sheet)):
            if _hides(style):
                for selector in selectors.split(","):
                    if match := _SIMPLE.match(selector.strip()):
                        (classes if match[1] == "." else ids).add(match[2])
    return classes, ids


def _top_level(sheet: str) -> str:
    """The sheet without blocks that hold blocks (`@media`, `@supports`, `@keyframes`)."""
    kept: list[str] = []
    depth = start = 0
    nested = False
    for brace in re.finditer(r"[{}]", sheet):
        if brace[0] == "{":
            nested = nested or depth > 0
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not nested:
                    kept.append(sheet[start : brace.end()])
                start, nested = brace.end(), False
    return "".join(kept)
