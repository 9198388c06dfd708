"""Answers to the exercises of notebook 13: a whole learner, and what goes wrong in one."""

import operator

import numpy as np
from scipy.linalg import qr
from scipy.optimize import linprog

from lowlogit_edu.exercises.own_learner import Cut, texts


def told(oracle, histories, futures, *, cut=-1, last=-1):
    prefixes = [h + f[:cut] for h in histories for f in futures]
    tokens = [f[last] for h in histories for f in futures]
    answers = oracle.logits(prefixes)
    return answers[np.arange(len(tokens)), tokens].reshape(len(histories), len(futures))


def all_told(oracle, histories, futures):
    return np.array([oracle.logits([h + f[:-1] for f in futures]) for h in histories])


def one_at_a_time(oracle, histories, futures):
    return [[oracle.logits([h + f[:-1]])[0][f[-1]] for f in futures] for h in histories]


def beginning(rows, most=None):
    _, r, order = qr(np.asarray(rows, dtype=float).T, mode="economic", pivoting=True)
    sizes = np.abs(np.diag(r))
    rank = int((sizes > 1e-6 * max(sizes.max(), 1e-300)).sum())
    return [int(row) for row in order[: max(1, rank if most is None else most(rows))]]


def spanner(rows, bound, *, size=np.abs, height=np.max, most=None, fixed=None, place_of=lambda place, n: place):
    bound = bound if fixed is None else fixed
    chosen = beginning(rows, most)
    for _ in range(1000):
        c = size(np.linalg.lstsq(rows[chosen].T, rows.T, rcond=None)[0])
        if height(c) <= bound:
            break
        place, row = np.unravel_index(c.argmax(), c.shape)
        chosen[place_of(place, len(chosen))] = int(row)
    return chosen


def dist_spanner(
    oracle, here, beyond, length, samples, bound, rng, *, longer=0, step=lambda z, f: (z, *f), of=None, kept=None
):
    carried = [step(z, f) for z in range(oracle.alphabet_size) for f in beyond]
    columns = list(dict.fromkeys(here + carried))
    histories = sorted(set(texts(oracle, samples, length + longer, rng)))
    rows = told(oracle, histories, columns)
    chosen = spanner(rows[:, : of or len(columns)], bound)
    logits = {future: rows[chosen, column] for column, future in enumerate(columns)}
    if kept == "all rows":
        logits = {future: rows[:, column] for column, future in enumerate(columns)}
    futures = columns if kept == "all futures" else here
    return Cut([histories[i] for i in chosen], futures, logits)


def equations(cuts, prefix, shift=-1):
    sizes = [len(cut.histories) for cut in cuts[: len(prefix)]]
    ends = np.cumsum([0, *sizes])
    found = []
    for s in range(1, len(prefix)):
        for future in cuts[s].futures:
            equation = np.zeros(ends[-1])
            equation[ends[s] : ends[s + 1]] = cuts[s].logits[future]
            equation[ends[s - 1] : ends[s]] = -cuts[s - 1].logits[prefix[s + shift], *future]
            found.append(equation)
    return np.array(found).reshape(-1, ends[-1]), ends


def solve(cuts, prefix, bound, *, shift=-1, first=(1, 1), low=-1.0, fixed=None, strict=True):
    bound = bound if fixed is None else fixed
    matrix, ends = equations(cuts, prefix, shift)
    box = [first] + [(low * bound, bound)] * (ends[-1] - 1)
    answer = linprog(np.zeros(ends[-1]), A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=box)
    if not answer.success:
        return None if strict else [np.ones(len(cut.histories)) for cut in cuts[: len(prefix)]]
    return np.split(answer.x, ends[1:-1])


def greedy(cuts, prefix, bound):
    path = [np.ones(1)]
    for s in range(1, len(prefix)):
        here = np.array([cuts[s].logits[future] for future in cuts[s].futures])
        carried = np.array([cuts[s - 1].logits[prefix[s - 1], *future] for future in cuts[s].futures])
        path.append(np.linalg.lstsq(here, carried @ path[-1], rcond=None)[0])
    return path


def opinions(oracle, cuts, prefix, path, *, shift=0, combine=lambda c, rows: c @ rows):
    rows = [oracle.logits([h + prefix[s + shift :] for h in cuts[s].histories]) for s in range(len(path))]
    return np.array([combine(c, of_cut) for c, of_cut in zip(path, rows, strict=True)])


def epoch(
    oracle,
    futures,
    samples,
    trials,
    bound,
    threshold,
    rng,
    *,
    size=np.abs,
    height=np.max,
    above=operator.gt,
    first=2,
    skip=1,
    noticed=True,
    measured=True,
):
    T = len(futures)
    cuts = [dist_spanner(oracle, futures[s], futures[s + 1], s, samples, bound, rng) for s in range(T - 1)]
    fresh = texts(oracle, trials, T - 1, rng)
    residuals = np.zeros(T)
    for t in range(1, T):
        for prefix in sorted({text[:t] for text in fresh}):
            path = solve(cuts, prefix, bound)
            if path is None:
                if noticed:
                    return cuts, residuals, "infeasible"
                continue
            gaps = size(np.diff(opinions(oracle, cuts, prefix, path), axis=0))
            if measured:
                residuals[1:t] = np.maximum(residuals[1:t], gaps.max(axis=1, initial=0.0))
            if gaps.size and above(height(gaps), threshold):
                gap, token = np.unravel_index(gaps.argmax(), gaps.shape)
                return cuts, residuals, (int(gap) + first, (*prefix[gap + skip :], int(token)))
    return cuts, residuals, "verified"


def learn(
    oracle, horizon, samples, trials, bound, threshold, epochs, rng, *, joins=lambda s, cut: s == cut, limit=True
):
    futures = [[(token,) for token in range(oracle.alphabet_size)] for _ in range(horizon)]
    history = []
    for _ in range(epochs if limit else 8):
        cuts, residuals, found = epoch(oracle, futures, samples, trials, bound, threshold, rng)
        history.append((futures, cuts, residuals, found))
        if found == "verified":
            break
        if found != "infeasible":
            cut, future = found
            futures = [of_cut + [future] * joins(s, cut) for s, of_cut in enumerate(futures, start=1)]
    return cuts, history


def aliased(oracle, horizon, samples, trials, bound, threshold, epochs, rng, *, shared=True):
    """Appends to lists that are kept in the history, and are one list or several."""
    tokens = [(token,) for token in range(oracle.alphabet_size)]
    futures = [tokens] * horizon if shared else [list(tokens) for _ in range(horizon)]
    history = []
    for _ in range(epochs):
        cuts, residuals, found = epoch(oracle, futures, samples, trials, bound, threshold, rng)
        history.append((futures, cuts, residuals, found))
        if found == "verified":
            break
        if found != "infeasible":
            futures[found[0] - 1].append(found[1])
    return cuts, history


def all_futures_at_once(oracle, horizon, *given):
    """Stops after the first witness."""
    cuts, history = learn(oracle, horizon, *given)
    return cuts, history[:1]


def next_logits(cuts, prefix, alphabet_size, bound, *, read=lambda z, a: (z, a), path_of=solve, shape=np.asarray):
    if not prefix:
        return shape(np.array([cuts[0].logits[token,][0] for token in range(alphabet_size)]))
    path = path_of(cuts, prefix, bound)
    if path is None:
        return shape(np.zeros(alphabet_size))
    rows = cuts[len(prefix) - 1].logits
    return shape(np.array([path[-1] @ rows[read(prefix[-1], token)] for token in range(alphabet_size)]))


def softmax(logits):
    p = np.exp(logits - logits.max())
    return p / p.sum()


def sample(cuts, alphabet_size, bound, rng, *, more=1, law=softmax, draw=None):
    text = ()
    while len(text) < len(cuts) + more:
        p = law(next_logits(cuts, text[: len(cuts)], alphabet_size, bound))
        text += (int(rng.choice(alphabet_size, p=p)) if draw is None else draw(p),)
    return text


def forgetful(*given):
    found = next_logits(*given)
    found = found - found.mean()


def no_way_back(*given):
    path = solve(*given)
    path = list(path) if path else path


def few_rows(rows, k, bound, *, kept=None, fixed=None):
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    return spanner(rows @ directions[: kept or k].T, fixed or bound)


def ridge(before, after, strength):
    return np.linalg.solve(before.T @ before + strength * np.eye(before.shape[1]), before.T @ after)


def token_maps(before, tokens, after, alphabet_size, strength, *, first=1.0, last=1.0, own=True):
    shared = ridge(before, after, strength)
    maps = []
    for token in range(alphabet_size):
        here = tokens == token
        rest = after[here] - first * before[here] @ shared
        maps.append(last * shared + own * ridge(before[here], rest, strength))
    return np.array(maps)


def follow(first, inverse, maps, text, *, ahead=0, start=True, one=1.0):
    rows = [first]
    for place in range(len(text) - start):
        x = np.append(rows[-1] @ inverse, one)
        rows.append(x @ maps[text[place + ahead]])
    return np.array(rows[not start :])


RIGHT = {
    "nb13_few_rows": [few_rows],
    "nb13_token_maps": [token_maps],
    "nb13_follow": [follow],
    "nb13_hidden_kind": ["copying", "Copying"],
    "nb13_told": [told, one_at_a_time],
    "nb13_spanner": [spanner, lambda rows, bound: np.array(spanner(rows, bound))],
    "nb13_dist_spanner": [dist_spanner],
    "nb13_solve": [solve, lambda *given: tuple(path) if (path := solve(*given)) else None],
    "nb13_opinions": [opinions],
    "nb13_epoch": [epoch],
    "nb13_learn": [learn],
    "nb13_next_logits": [next_logits],
    "nb13_sample": [sample, lambda *given: list(sample(*given))],
}
WRONG = {
    "nb13_few_rows": {
        "keep k columns": lambda rows, k, bound: spanner(rows[:, :k], bound),
        "C = 1.05: for 120": lambda *given: few_rows(*given, fixed=2.0),
        "different indices": lambda rows, k, bound: few_rows(rows, k, bound, kept=k + 1),
        "a coefficient of": lambda rows, k, bound: list(range(k)),
        "a list of indices": lambda rows, k, bound: 3,
    },
    "nb13_token_maps": {
        "that all tokens share": lambda *given: token_maps(*given, own=False),
        "towards zero": lambda *given: token_maps(*given, first=0.0, last=0.0),
        "add the shared one": lambda *given: token_maps(*given, last=0.0),
        "are transposed": lambda *given: token_maps(*given).swapaxes(1, 2),
        "in both regressions": lambda *given: token_maps(*given[:4], 2 * given[4]),
        "of shape": lambda *given: token_maps(*given)[..., 0],
    },
    "nb13_follow": {
        "before anything was said": lambda *given: follow(*given, start=False),
        "number 0 of the text": lambda *given: follow(*given, ahead=1),
        "row 1 is off": lambda *given: follow(*given, one=0.0),
        "the map of token": lambda *given: np.repeat(given[0][None], len(given[3]), axis=0),
        "of shape": lambda *given: follow(*given)[:, 0],
    },
    "nb13_hidden_kind": {
        "rank 1 at every cut": "noisy parity",
        "they are all equal": "hidden Markov model",
        "no rank falls": "Fourier-sparse function",
        "falls to 2": "random ISAN",
        "names in quotes": "transformer",
    },
    "nb13_told": {
        "all logits of each answer": all_told,
        "one row per future": lambda *given: told(*given).T,
        "the first token of f": lambda *given: told(*given, cut=0, last=0),
        "after the prefix (0,)": lambda *given: told(*given, cut=None),
        "is 0.000": lambda *given: told(*given) * 0,
        "it should be the logit of token": lambda *given: told(*given).astype(int),
        "is -0.638": lambda *given: -told(*given),
    },
    "nb13_spanner": {
        "where the farthest rows are not enough:": lambda rows, bound: beginning(rows),
        "Next, C = 1.05": lambda *given: spanner(*given, fixed=2.0),
        "needs a coefficient of -": lambda *given: spanner(*given, height=np.mean),
        "go on swapping": lambda *given: spanner(*given, size=np.asarray),
        "Return the indices": lambda rows, bound: rows[spanner(rows, bound)],
        "some are combinations": lambda *given: spanner(*given, most=lambda rows: min(rows.shape)),
        "out of their span": lambda rows, bound: spanner(rows, bound)[:1],
        "different indices": lambda rows, bound: [0] * len(spanner(rows, bound)),
    },
    "nb13_dist_spanner": {
        "Line 5: F_s, and every token": lambda oracle, here, beyond, *given: dist_spanner(oracle, here, [], *given),
        "is not in the logits": lambda *given: dist_spanner(*given, step=lambda z, f: (*f, z)),
        "histories have": lambda *given: dist_spanner(*given, longer=1),
        "needs a coefficient of": lambda *given: dist_spanner(*given[:5], 100.0, given[6]),
        "carry the others": lambda oracle, here, *given: dist_spanner(oracle, here, *given, of=len(here)),
        "of shape": lambda *given: dist_spanner(*given, kept="all rows"),
        "the cut's futures are F_s alone": lambda *given: dist_spanner(*given, kept="all futures"),
        "Next, the rng": lambda *given: dist_spanner(*given[:6], np.random.default_rng(0)),
        "as many as `samples` says": lambda *given: dist_spanner(*given[:4], 300, *given[5:]),
        "expected Cut(": lambda *given: dist_spanner(*given)[:2],
    },
    "nb13_solve": {
        "you returned None: no solution": lambda *given: solve(*given, low=0.0),
        "Next, C = 3": lambda *given: solve(*given, fixed=2.0),
        "Zeros would solve": lambda *given: solve(*given, first=(-2, 2)),
        "outside the box of C": greedy,
        "the equation of cut": lambda *given: solve(*given, shift=0),
        "there is no solution. You gave": lambda *given: solve(*given, strict=False),
        "expected a list of": lambda *given: np.concatenate(solve(*given) or [np.zeros(1)]),
        "is a `return` missing": no_way_back,
    },
    "nb13_opinions": {
        "one number per cut": lambda *given: opinions(*given)[:, 0],
        "does not use its coefficients": lambda *given: opinions(*given, combine=lambda c, rows: rows.mean(axis=0)),
        "is carried behind each": lambda *given: opinions(*given, shift=1),
        "you gave [0., 0., 0.]": lambda *given: opinions(*given, combine=lambda c, rows: 0 * rows[0]),
        "cut 2 should say": lambda *given: opinions(*given, combine=lambda c, rows: np.abs(c) @ rows),
        "an array of shape": lambda *given: opinions(*given)[-1:],
    },
    "nb13_epoch": {
        "Next, above, not at, the threshold": lambda *given: epoch(*given, above=operator.ge),
        "above 1e-05": lambda *given: epoch(*given, height=np.mean, above=lambda x, y: x > 2),
        "Largest absolute value": lambda *given: epoch(*given, above=lambda x, y: False, measured=False),
        "Counted from 1": lambda *given: epoch(*given, first=1),
        "the label alone": lambda *given: epoch(*given, skip=2),
        "tokens, y_2": lambda *given: epoch(*given, skip=0),
        "line 12": lambda *given: epoch(*given, noticed=False),
        "its residual in your list": lambda *given: epoch(*given, measured=False),
        "three things": lambda *given: epoch(*given)[::2],
        "no residual reaches": lambda *given: epoch(*given, above=lambda x, y: x > 1e-5),
    },
    "nb13_learn": {
        "the futures of cuts [1, 2, 3, 4] were changed": lambda *given: learn(*given, joins=lambda s, cut: True),
        "Was a list changed": aliased,
        "changed after it was kept": lambda *given: aliased(*given, shared=False),
        "the futures of cuts [3] were changed": lambda *given: learn(*given, joins=lambda s, cut: s == cut + 1),
        "go on until verified": all_futures_at_once,
        "one epoch is allowed": lambda *given: learn(*given, limit=False),
        "two things": lambda *given: learn(*given)[1],
        "a log-probability off by": lambda *given: ((found := learn(*given))[1][0][1], found[1]),
    },
    "nb13_next_logits": {
        "these are probabilities": lambda *given: next_logits(*given, shape=softmax),
        "has been said": lambda *given: next_logits(*given, read=lambda z, a: (a,)),
        "Next, C = 3": lambda *given: next_logits(*given[:3], 2.0),
        "equally likely": lambda *given: next_logits(*given, path_of=lambda *asked: solve(*asked, strict=False)),
        "up to a constant": lambda *given: next_logits(*given, read=lambda z, a: (a, z)),
        "raised KeyError": lambda cuts, prefix, *given: {}[prefix],
        "returned None": forgetful,
    },
    "nb13_sample": {
        "T = cuts + 1": lambda *given: sample(*given, more=0),
        "you gave 6 tokens": lambda *given: sample(*given, more=2),
        "Draw from the probabilities": lambda *given: sample(*given, draw=lambda p: int(p.argmax())),
        "by the rng": lambda *given: sample(*given[:3], np.random.default_rng(0)),
        "divided by their sum": lambda *given: sample(*given, law=lambda logits: softmax(2 * logits)),
        "its probability is": lambda *given: sample(*given, law=lambda logits: softmax(0 * logits)),
        "tokens are 0 to": lambda *given: tuple(token + 1 for token in sample(*given)),
    },
}
