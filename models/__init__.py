"""The models that ship with Byline; this file lets them travel in the wheel."""
