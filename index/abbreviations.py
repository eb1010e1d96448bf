"""Words that a full stop may follow without ending a sentence, and words that a new sentence likes to begin with.

Constants only: small letters, without the last full stop. Written for news; a list for another language is read
together with the English one, as none of its entries ends an English sentence.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Something always follows them.
NEVER_LAST: Final = _words(
    """e.g i.e cf vs approx ca viz messrs mr mrs ms mx gen lt sgt capt cmdr cdr adm supt insp brig pvt cpl
    amb atty hon msgr fr.dr prof dr dr.med dipl.-ing sen rep gov rev det z.b d.h u.a bzw evtl ggf inkl rd
    mme mlle mm p.ex sra srta mevr dhr drs sig.ra dott avv"""
)

# A name follows them; before a word that opens sentences they may also end one ("in the U.S. The …").
BEFORE_CAPITAL: Final = _words(
    """col maj pres st mt ft pt sr jr sig m lic lts gens sens reps govs profs drs insp dep asst ass dir sec
    u.s u.k u.n e.u d.c hr fr ing mons pte sq bros ste"""
)

# A number follows them.
BEFORE_NUMBER: Final = _words(
    """no nos nr núm num n° fig figs vol vols pp p pg art arts sec sect ch chap cl para ver jan feb mar apr jun jul
    aug sept sep oct nov dec janv févr juil déc abs bd"""
)

# The engine takes them for the middle of a sentence; a word of STARTERS after them says otherwise.
MAY_END: Final = _words(
    """u.s u.k u.n e.u u.a.e u.s.a d.c a.m p.m etc inc ltd co corp llc plc jr sr ph.d m.a b.a m.d m.b.a bros ft in lb
    lbs oz gal mi km min hrs sq usw al no ok st ave rd blvd"""
)

# One letter after them is a name of its own ("plan B."), not an initial.
LETTERED: Final = _words("plan vitamin group class category grade type hepatitis option team terminal zone gate block")

MONTHS: Final = _words(
    """january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun"""
)

ZONES: Final = _words("gmt utc est edt et cst cdt ct mst mdt mt pst pdt pt cet cest bst eet msk ist jst aest local")

# Function words, and the plain nouns with which news sentences begin; none of them is part of a usual name.
STARTERS: Final = _words(
    """a an the this that these those he she it they we you i his her its their our your my who what when where why
    how which there here then now but and or so yet nor if as at by for from in into of on to with without after
    before since until while although though because when whenever once both each every all some any many most
    several few no nobody none nothing one two three four five others another such still also even only however
    meanwhile moreover instead later earlier today yesterday police officials troops soldiers residents critics
    witnesses analysts investors voters workers students people children women men prices rain half not nor never
    despite according asked under over between during among about above against across along around that's it's
    mr mrs ms he's she's they're we're i'm don't didn't"""
)
