"""The whole way of this package: public data in, `models/reader` out. `python -m training --help`.

Stages, each left out when its result is there: lookalikes (runs/<name>/near.json), training (checkpoint), calibration
on the dev articles (calibration.json and the diagram), export.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from bot.evaluate import calibration_error
from bot.read_mini import load
from bot.span_model import score
from bot.weigh import Calibration, Weights
from training.asked import given, published, shown, trials, with_strangers
from training.calibrate import diagram, fit, fit_weights, reweighed
from training.data import Corpus, DataMissing, Part, read_corpus
from training.evaluate import sample
from training.export import averaged, export, mixed, shipped_weights
from training.lessons import lessons
from training.model import begun_model, fresh_model
from training.school import minilm, reader_tokenizer, school_of
from training.sentences import add_sentence_sets
from training.train import Recipe, Run, follow, train

log = logging.getLogger("training")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the stages that are still to do; 1 when data is missing."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the public originals")
    parser.add_argument("--run", type=Path, default=Path("runs/reader"), help="where checkpoints are kept")
    parser.add_argument("--out", type=Path, default=Path("models/reader"), help="the folder to ship")
    parser.add_argument("--tokens", type=float, default=Recipe().tokens / 1e6, help="budget in millions of tokens")
    parser.add_argument("--seed", type=int, default=Recipe().seed)
    parser.add_argument("--rate", type=float, default=Recipe().rate, help="highest learning rate; less to go on gently")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="checkpoints to average with this run's")
    parser.add_argument("--keep", type=float, default=0.0, help="share that the weights begun from have in the shipped")
    parser.add_argument("--kind", choices=("average", "master"), default="average", help="running average, or the last")
    parser.add_argument("--questions", type=int, default=900, help="held-out questions to calibrate on, and to check")
    parser.add_argument("--begin", type=Path, help="a reader's folder to go on from, instead of all-MiniLM-L6-v2")
    parser.add_argument("--shown", type=Path, help="what a teacher said (python -m training.teach): learn from that")
    parser.add_argument("--ranks-of", type=Path, help="a reader's folder whose rank weights are kept, instead of a fit")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    try:
        corpus = read_corpus(options.data)
        add_sentence_sets(corpus, options.data, seed=1)
    except DataMissing as error:
        print(error, file=sys.stderr)
        return 1
    recipe = Recipe(seed=options.seed, tokens=int(options.tokens * 1e6), rate=options.rate)
    _train(corpus, recipe, options.run, options.begin, options.shown)
    fixed = {"bert.words.weight": load_file(minilm() / "model.safetensors")["embeddings.word_embeddings.weight"]}
    tensors = averaged([options.run / "checkpoint.safetensors", *options.also], fixed, options.kind)
    if options.begin and options.keep:
        tensors = mixed(tensors, begun_model(options.begin, minilm()).state_dict(), options.keep)
    kept = shipped_weights(options.ranks_of) if options.ranks_of else None
    _calibrate_and_export(corpus, tensors, options.run / "asked", options.out, options.questions, kept)
    return 0


def _train(corpus: Corpus, recipe: Recipe, folder: Path, begin: Path | None, labels: Path | None) -> None:
    tokenizer = reader_tokenizer()
    model = begun_model(begin, minilm()) if begin else fresh_model(minilm(), recipe.seed)
    run = Run(model, partial(score, model), recipe, folder, "cuda" if torch.cuda.is_available() else "cpu")
    if run.resume():
        log.info("taken up at step %d, %.2f M tokens", run.progress.step, run.progress.tokens / 1e6)
    if run.progress.tokens >= recipe.tokens:
        return
    school = school_of(corpus, folder / "near.json")
    if labels:
        follow(run, lessons(school, labels, tokenizer, recipe, run.progress.chunk))
    else:
        train(run, school, tokenizer)


def _calibrate_and_export(
    corpus: Corpus, tensors: Mapping[str, Tensor], place: Path, out: Path, count: int, kept: Weights | None = None
) -> None:
    tokenizer = minilm() / "tokenizer.json"
    # First raw, to fit the weights on; what is fitted goes into the second export.
    export(out, "byline-reader", tensors, Weights(asks=0, unended=0), Calibration(), tokenizer, titles=True)
    reader = load(out)
    snapshot = published(corpus, place)
    parts: tuple[Part, ...] = ("dev", "test")
    asked = {part: sample(corpus, part, count) for part in parts}
    asked["dev"] = with_strangers(corpus, asked["dev"])
    raw = {part: trials(reader, snapshot, place, asked[part]) for part in parts}
    # The fit hangs on few articles: between two draws of questions the sentence's weight moved from 0.3 to 3.6 (docs/LOG.md).
    weights = kept or fit_weights(raw["dev"])
    held = {part: reweighed(found, weights) for part, found in raw.items()}
    calibration = fit(partial(given, held["dev"]))
    export(out, "byline-reader", tensors, weights, calibration, tokenizer, titles=True)
    drawn = {part: shown(found, calibration) for part, found in held.items()}
    diagram(out / "reliability.png", {"fitted on (dev)": drawn["dev"], "held out (test)": drawn["test"]})
    log.info("weights %s, calibration %s", asdict(weights), asdict(calibration))
    for part, (sure, right) in drawn.items():
        log.info(
            "%s: %d right of %d, calibration error %.3f", part, sum(right), len(right), calibration_error(sure, right)
        )


if __name__ == "__main__":
    sys.exit(main())
