"""From articles to a published index: canonical text, sentences, passages, vectors, generations.

`index` knows nothing of questions and never imports `bot`.
"""
