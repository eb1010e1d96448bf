"""A larger teacher for the reader: `learn` trains it, `label` has it speak. `python -m training.teach --help`.

`python -m training --shown FOLDER` then trains the reader on what it said.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from bot import span_model
from training import lessons, teacher
from training.data import DataMissing, read_corpus
from training.export import averaged
from training.model import begun_model
from training.school import minilm, reader_tokenizer, school_of
from training.sentences import add_sentence_sets
from training.train import Recipe, Run, train

# How often each example is drawn in one pass: the teacher learns from few, so from those most like use.
SHARES = {
    "squad2": 1.0, "new_wiki": 1.0, "squad1": 1.0, "qed": 1.5, "reqa": 0.3, "generated": 0.3, "qamr": 0.12,
    "amazon_reviews": 0.12, "reddit": 0.12, "covidqa": 0.1, "policyqa": 0.03,
}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """One of the two stages; 1 when data is missing."""
    parser = argparse.ArgumentParser(prog="python -m training.teach", description=__doc__)
    parser.add_argument("stage", choices=("learn", "label"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the public originals")
    parser.add_argument("--mpnet", type=Path, required=True, help="folder of all-mpnet-base-v2 (model.safetensors)")
    parser.add_argument("--run", type=Path, default=Path("runs/teacher"), help="where checkpoints are kept")
    parser.add_argument("--out", type=Path, default=Path("runs/shown"), help="where labels are kept")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="checkpoints of teachers to average with it")
    parser.add_argument("--beside", type=Path, help="a reader's folder: what is kept is the mean of what both say")
    parser.add_argument("--trust", type=float, default=0.65, help="the teacher's share in that mean")
    parser.add_argument("--tokens", type=float, default=6.0, help="budget in millions of tokens")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--rate", type=float, default=6e-5, help="highest learning rate")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--part", type=int, nargs=2, default=(0, 1), help="label chunks i of n: several at once")
    parser.add_argument("--late", action="store_true", help="label long passages, as in use")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    try:
        corpus = read_corpus(options.data)
        add_sentence_sets(corpus, options.data, seed=1)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    tokenizer, school = reader_tokenizer(), school_of(corpus, options.run / "near.json")
    tokens, device = int(options.tokens * 1e6), "cuda" if torch.cuda.is_available() else "cpu"
    if options.stage == "learn":
        recipe = Recipe(options.seed, tokens, batch_tokens=4096, rate=options.rate, average=0.99, decay=0.6)
        # Teachers to be averaged begin with the same heads.
        model = teacher.fresh_teacher(options.mpnet, Recipe().seed)
        run = Run(model, partial(teacher.score, model), recipe, options.run, device)
        run.resume()
        train(run, school, tokenizer, SHARES)
        return 0
    learnt = averaged([options.run / "checkpoint.safetensors", *options.also], {})
    voices: list[tuple[float, lessons.Score]] = [
        (
            options.trust if options.beside else 1.0,
            partial(teacher.score, teacher.taught(options.mpnet, learnt).to(device)),
        )
    ]
    if options.beside:
        reader = begun_model(options.beside, minilm()).to(device, torch.bfloat16).eval()
        voices.append((1 - options.trust, partial(span_model.score, reader)))
    speaks = partial(lessons.in_unison, voices)
    lessons.write(
        speaks, school, SHARES, options.out, tokenizer, options.seed, tuple(options.part), tokens, options.late
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
