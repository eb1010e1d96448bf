"""How the reader is made: public question sets in, `models/reader` out. Nothing of it is needed to answer."""
