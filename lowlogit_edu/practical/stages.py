"""The stages of an epoch, in their order, and of refinement.

Each uses what those before it left in the run's state, but for `verify`: it is for people, and ends the run where an
`epsilon` is set.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lowlogit_edu.core.rng import stream
from lowlogit_edu.events import Event
from lowlogit_edu.oracles.base import device_of, reads_texts_of, sample_with_logits
from lowlogit_edu.practical.answers import LOGITS, SAMPLED_AT_ONCE, Answers, Block, sample_block
from lowlogit_edu.practical.coordinates import Coordinates
from lowlogit_edu.practical.maps import CoefficientMaps
from lowlogit_edu.practical.memory import give_back
from lowlogit_edu.practical.misfit import LogitMisfit, Misfit, ProbabilityMisfit
from lowlogit_edu.practical.refine import Refinement
from lowlogit_edu.practical.returned import isan_of_maps
from lowlogit_edu.practical.row_code import RowCode
from lowlogit_edu.practical.session import DURATIONS, Session
from lowlogit_edu.practical.solve import Round, Solver
from lowlogit_edu.practical.span import in_terms_of_histories, largest_coefficients
from lowlogit_edu.practical.span import span as span_histories
from lowlogit_edu.practical.start import SHARP, SMOOTH, OwnRows, Start, ask_futures, first_futures
from lowlogit_edu.practical.state import PracticalState
from lowlogit_edu.practical.verify import Fresh, kl_along, kl_apart, residuals
from lowlogit_edu.practical.witness import ask_witnesses, rare_contexts

STRETCH = 4  # times the horizon: the length of longer texts
PARTS = 4  # of the texts, for rounds by probability
FEW = 20  # texts kept apart, at least, where there are as many
SPANNED = 400  # texts that the spanner's histories are chosen from

Step = tuple[PracticalState, Event]


def sample(run: Session) -> Step:
    """Texts drawn from the teacher, with the logits of every token (Algorithm 1, lines 2 and 9)."""
    config = run.config
    rng = stream(run.seed, "sample", run.epoch)
    texts = run.share(config.sequences, config.epochs)
    longer = 0
    if reads_texts_of(run.oracle, STRETCH * run.horizon):
        longer = int(texts * config.longer) // STRETCH
    texts -= STRETCH * longer
    answers = run.state.answers
    apart = run.state.apart
    with run.oracle.purpose("sample"):
        if answers is None or apart is None:
            # Whole rows of a few texts show how to keep those of the others.
            whole = max(8, LOGITS // (run.horizon * run.oracle.alphabet_size))
            n = min(texts, whole, SAMPLED_AT_ONCE // run.horizon + 1)
            tokens, logits = sample_with_logits(run.oracle, n, run.horizon, rng=rng)
            code = RowCode.of(logits.reshape(-1, run.oracle.alphabet_size), config.columns)
            drawn = Block.whole(tokens, code.compress(logits))
            del logits
            drawn = sample_block(run.oracle, code, texts - n, run.horizon, rng=rng, after=drawn)
            enough = max(FEW, config.sequences // 50)  # with few texts each is worth more to the fit than to the choice
            held = max(1, min(config.kept_apart, enough, texts // 2))
            apart = drawn[:held]
            answers = Answers(code, (drawn[held:],))
            texts = 0
        for count, length in ((texts, run.horizon), (longer, STRETCH * run.horizon)):
            if count:
                answers = answers.add(sample_block(run.oracle, answers.code, count, length, rng=rng))
    data = {"texts": run.share(config.sequences, config.epochs) - (STRETCH - 1) * longer, "longer": longer}
    message = f"Sampled {data['texts']:,} texts with the logits of every token."
    if longer:
        message += f" Of these, {longer:,} are {STRETCH} times as long."
    return run.report("sample", message, data, answers=answers, apart=apart)


def span(run: Session) -> Step:
    """A few histories in terms of whose learned coefficients all are told (Algorithm 1, lines 4 to 8; Algorithm 3)."""
    answers = run.answers
    coordinates = run.state.coordinates
    maps = run.state.maps
    if maps is None or coordinates is None:
        coordinates = Coordinates.of(answers, run.config.width, run.config.weighting)
        maps = _first_maps(run, coordinates)
    texts = answers.blocks[0].tokens[:SPANNED]
    spanner, maps = span_histories(maps, texts, answers.code.columns[texts], run.config.bound)
    data = {
        "spanner": [list(history) for history in spanner.histories],
        "largest_coefficient": spanner.largest,
        "bound": run.config.bound,
    }
    message = f"{len(spanner.histories)} histories span the coefficients of the others; largest {spanner.largest:.2f}."
    return run.report("span", message, data, coordinates=coordinates, maps=maps, spanner=spanner)


def _first_maps(run: Session, coordinates: Coordinates) -> CoefficientMaps:
    """Where the loop starts: from the rows along the texts or, where those are short, from rows after futures."""
    answers = run.answers
    config = run.config
    map_count = int(answers.code.columns.max()) + 1
    starts = [Start(OwnRows(answers, coordinates), coordinates.width)]
    futures = first_futures(answers, coordinates.width, config.rank, run.horizon)
    ridge = SMOOTH
    if len(futures) > 1:
        with run.oracle.purpose("futures"):
            rows = ask_futures(run.oracle, answers, coordinates, futures)
        # Where a future would pass the end of the text, zeros tell histories by their length; or it is left out.
        starts += [Start([rows.part(beyond)], coordinates.width) for beyond in (0.0, np.nan)]
        ridge = SHARP
    ridge = ridge if config.start_ridge is None else config.start_ridge
    return min((start.first_maps(map_count, config.rank, ridge) for start in starts), key=_solver(run, coordinates).kl)


def _solver(run: Session, coordinates: Coordinates) -> Solver:
    config = run.config
    shared = config.readout == "shared" and run.horizon > 1  # of one token the row is told: there is nothing to share
    return Solver(run.answers, run.apart, coordinates, config.ridge, config.equation_weight, shared)


def solve(run: Session) -> Step:
    """Maps that carry coefficients and read rows: the program over whole texts (Eqs. 9 and 10), round by round."""
    coordinates = run.coordinates
    solver = _solver(run, coordinates)
    maps = run.maps
    done: list[Round] = []
    for misfit, answers in _rounds(run, len(maps.step)):
        maps, found = replace(solver, answers=answers).round(maps, misfit)
        done.append(found)
        give_back()
    # New steps have moved the spanner's own coefficients: they are what all others are told by.
    maps = in_terms_of_histories(maps, run.spanner.histories, run.answers.code.columns)
    model = isan_of_maps(maps, coordinates, run.answers.code, run.horizon, run.oracle.fingerprint, run.settings)
    steps = max(0, run.horizon - 2)  # longer texts have more, but not in every round
    alike = [found for found in done if found.errors_of == done[-1].errors_of]
    data = {
        "kl_apart": [done[0].before, *(found.after for found in done)],
        "slack": done[-1].slack[:steps].tolist(),
        "slack_before": alike[0].slack[:steps].tolist(),
        "slack_in": done[-1].errors_of,
    }
    message = f"Solved in {len(done)} rounds: KL on texts kept apart {done[0].before:.3f} -> {done[-1].after:.3f}."
    apart_kl = done[-1].after
    return run.report("solve", message, data, maps=maps, plain=model, model=model, apart_kl=apart_kl)


def _rounds(run: Session, map_count: int) -> Iterator[tuple[Misfit, Answers]]:
    """What each round makes small, and on which answers: errors of logits first, of probabilities in the last epoch."""
    config = run.config
    answers = run.answers
    last = run.epoch == config.epochs
    if not last or config.epochs == 1:
        for _ in range(config.rounds):
            yield LogitMisfit(), answers
    if last:
        # Newton's steps: several on a part of the texts each bring as much as half as many on all of them.
        by_probability = ProbabilityMisfit.of(answers, run.coordinates, map_count)
        parts = min(PARTS, len(answers.blocks[0]))
        for number in range(2 * config.rounds):
            yield by_probability, answers.part(number % parts, parts)


def verify(run: Session) -> Step:
    """Fresh texts: KL at each position, residuals at each cut, largest coefficients (lines 9 to 15); the KL decides."""
    model = run.state.model
    assert model is not None, "maps are solved first"
    code = run.answers.code
    with run.oracle.purpose("verify"):
        rng = stream(run.seed, "verify", run.epoch)
        keep = code.lump
        fresh = Fresh(*sample_with_logits(run.oracle, run.config.validation, run.horizon, rng=rng, keep=keep))
        rng = stream(run.seed, "residuals", run.epoch)
        errors, worst = residuals(run.oracle, model, code, fresh.tokens, rng=rng)
    measured = kl_along(model, code, fresh)
    coefficients = largest_coefficients(run.maps, code.columns[fresh.tokens])
    data = {
        **run.test(measured),
        "residuals": [None, *errors.tolist()] if len(errors) else [],  # at cut 1 there is no history
        "coefficients": coefficients.tolist(),
        "bound": run.config.bound,
        "worst_futures": [[cut, list(word), error] for cut, word, error in worst[:3]],
    }
    message = (
        f"KL {measured.mean:.3f} nats per token on fresh texts; coefficients of at most {coefficients.max():.2f} "
        f"(bound {run.config.bound:g})."
    )
    if data["verified"]:
        message += f" Verified to {run.config.epsilon:g} nats."
    return run.report("verify", message, data, fresh=fresh)


def witness(run: Session) -> Step:
    """Contexts that are likely to betray an error, asked about for the next epoch's solve (lines 16 and 17)."""
    config = run.config
    # Asked after the last epoch they would never be fitted.
    count = run.share(config.most_witnesses, config.epochs - 1)
    answers = run.answers
    data = {}
    message = "No witnesses were asked."
    if count:
        rng = stream(run.seed, "witness", run.epoch)
        contexts = rare_contexts(answers, count, rng=rng)
        if len(contexts):
            with run.oracle.purpose("witness"):
                block = ask_witnesses(run.oracle, answers, contexts, config.witness_length, rng=rng)
            answers = answers.add(block)
            shown = [list(word) for word in contexts.words()[:8]]
            data = {"added": len(contexts), "rows": int(block.asked.sum()), "contexts": shown}
            message = f"Asked about {len(contexts):,} rare contexts and the rows that follow them."
    return run.report("witness", message, data, answers=answers)


EPOCH = (sample, span, solve, verify, witness)
assert [stage.__name__ for stage in EPOCH] == list(DURATIONS), "a run counts its stages by the names of DURATIONS"


def refine(run: Session) -> Step:
    """A pass of gradient descent over all answers; the model is the pass that did best on the texts kept apart."""
    answers = run.answers
    config = run.config
    if run.state.refinement:
        refinement = Refinement(dict(run.state.refinement), config, run.seed, device_of(run.oracle))
    else:
        refinement = Refinement.start(run.maps, run.coordinates, answers, config, run.seed, device_of(run.oracle))
    give_back()
    training = refinement.run_pass(answers)
    settings = {**run.settings, "passes": refinement.passes}
    model = refinement.model(answers.code, run.horizon, run.oracle.fingerprint, settings)
    apart_kl = kl_apart(model, answers.code, run.apart)
    better = apart_kl < run.state.apart_kl
    changes = {"model": model, "apart_kl": apart_kl} if better else {}
    measured = kl_along(model, answers.code, run.fresh)
    data = {**run.test(measured), "training_kl": training, "kl_apart": [apart_kl], "kept": better}
    message = f"Pass {refinement.passes} of {config.passes}: KL {measured.mean:.3f} nats per token on fresh texts."
    if not better:
        data["verified"] = False
        message += " On the texts kept apart it is no better than before, and the model stays as it was."
    return run.report("refine", message, data, passes=refinement.passes, refinement=refinement.arrays(), **changes)
