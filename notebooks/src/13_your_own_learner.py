# %% [markdown]
# # 13 · Build your own learner
#
# You have used `ll.learn`. Now you write it. Nine functions, about 80 lines of Python, and at the end *your* learner
# asks a model questions until it has the model's distribution, to more digits than you will print. You need nothing of
# the package for it: only an oracle that answers `logits(prefixes)`, numpy, and a solver of linear programs.
#
# **You will learn to**
#
# - turn Algorithms 1, 2 and 3 of [arXiv:2512.09892](https://arxiv.org/abs/2512.09892) into code, line by line;
# - test each part before the next one needs it;
# - let your learner loose on a teacher of which you are not told what it is.
#
# **You need** spanners (notebook 07), the linear program (notebook 08) and sections 1 to 3 of notebook 09. This
# notebook comes after those three.
# **Time**: 120 minutes; all cells together run in less than a minute. The last part, on a transformer, is harder, and
# you may leave it out.

# %% tags=["setup"]
import numpy as np
from scipy.linalg import qr
from scipy.optimize import linprog

import lowlogit_edu as ll
from lowlogit_edu.exercises.own_learner import Cut, Own, hidden_teacher, texts, trial
from lowlogit_edu.exercises.own_run import OwnRunExplorer, own_atlas
from lowlogit_edu.widgets.faithful_run import EpochExplorer

SEED = 0

# %% [markdown]
# This is the goal. The picture shows the last epoch of `ll.learn` on a random ISAN: spanners as large as the ranks,
# residuals far below the threshold. Below you draw the same picture of your own run.

# %%
EpochExplorer(seed=SEED, epoch=4).picture()

# %% [markdown]
# ## 1 · What you are given
#
# **The oracle.** `oracle.logits(prefixes)` takes a list of tuples and answers with one row of centred logits for each.
# `oracle.alphabet_size` is the number of tokens. **Texts.** `texts(oracle, n, length, rng)` draws from the teacher.

# %%
teacher = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=6, seed=SEED)
oracle = ll.oracles.ExactOracle(teacher)
print(oracle.logits([(), (0,), (2, 1)]).round(2))
print(texts(oracle, 3, length=4, rng=np.random.default_rng(SEED)))
print(texts(oracle, 3, length=0, rng=np.random.default_rng(SEED)))
assert np.allclose(oracle.logits([(), (0,), (2, 1)]).sum(axis=1), 0)

# %% [markdown]
# **One number per word.** The last token of a word is predicted, the others are the prefix:
# $L(w) = L(w_\text{last} \mid \text{all before it})$. So $L(h \circ f)$ is one number, for every history $h$ and every
# nonempty future $f$.
#
# **A cut** holds what your learner knows between token $s-1$ and token $s$. It has three fields:
#
# | field | what it is | in the paper |
# |---|---|---|
# | `histories` | list of tuples, each of $s-1$ tokens: the spanner | $h_{s,1}, h_{s,2}, \dots$ |
# | `futures` | list of nonempty tuples | $F_s$ |
# | `logits` | dict: a future → array, one number per history | $L(h_{s,i} \circ f)$ |
#
# The dict has an entry for each $f \in F_s$, and for each token $z$ followed by an $f \in F_{s+1}$. Python counts from
# 0, the paper from 1: **`cuts[s - 1]` is cut $s$.** There are $T-1$ cuts for texts of $T$ tokens.

# %%
example = Cut(
    histories=[(0,), (2,)],
    futures=[(0,), (1,), (2,)],
    logits={(1,): np.array([0.5, -1.0]), (2, 1): np.array([0.25, 2.0])},  # and so on
)
c = np.array([1.0, -0.5])
print("a history with coefficients", c, "has L(h o (2, 1)) =", c @ example.logits[2, 1])
assert c @ example.logits[2, 1] == -0.75

# %% [markdown]
# **Two tools.** `qr` with pivoting picks independent rows: they come first in `order`, and the diagonal of `r` says how
# far each is from the span of those before. `linprog` finds numbers that satisfy equations, each within its bounds.
# With a cost of zero it takes any.

# %%
_, r, order = qr(np.array([[2.0, 4.0], [1.0, 2.0], [0.0, 1.0]]).T, mode="economic", pivoting=True)
print("order of the rows:", order, "- distances:", np.abs(np.diag(r)).round(3))
answer = linprog([0.0, 0.0], A_eq=[[1.0, 2.0]], b_eq=[3.0], bounds=[(-2, 2), (-2, 2)])
print("c_1 + 2 c_2 = 3 has a solution in the box:", answer.success)
print("c_1 + 2 c_2 = 7 has one:", linprog([0.0, 0.0], A_eq=[[1.0, 2.0]], b_eq=[7.0], bounds=[(-2, 2)] * 2).success)
assert answer.success and np.isclose(answer.x @ [1.0, 2.0], 3.0)

# %% [markdown]
# ## 2 · The recursion
#
# The text is $y_1, y_2, \dots$ Your learner never asks about it. It carries coefficients: at cut $s$ the beginning
# $y_{1:s-1}$ is the combination $c_s$ of the spanner's histories. How does $c_s$ come from $c_{s-1}$? Say token
# $y_{s-1}$ behind all of the old histories, and look at the futures in $F_s$:
#
# $$c_s\, L(h_s, F_s) \;=\; c_{s-1}\, L(h_{s-1} \circ y_{s-1},\, F_s), \qquad c_1 = 1 .$$
#
# The right side is known: $y_{s-1} \circ f$ with $f \in F_s$ is in the dict of cut $s-1$.
#
# A case by hand: noisy parity. The rank is 1, so one history per cut is enough; take the zeros. One future is enough
# too: zeros up to the label, then label 1.
#
# > **Predict.** Each token multiplies the coefficient by a number. By which, if its bit is in the secret, and by which,
# > if it is not?

# %%
parity = ll.models.noisy_parity(bits=5, seed=1)
ask = ll.oracles.ExactOracle(parity)
text = (1, 1, 0, 1, 1)
c = 1.0
for s in range(2, 7):
    known = (0,) * (s - 2) + (text[s - 2],) + (0,) * (6 - s)  # h_{s-1} o y_{s-1} o (the future without its label)
    carried = c * ask.logits([known])[0, 1]
    c = carried / ask.logits([(0,) * 5])[0, 1]
    print(f"token {text[s - 2]} said: c_{s} = {c:+.0f}")
assert np.isclose(c * ask.logits([(0,) * 5])[0, 1], ask.logits([text])[0, 1])

# %% [markdown]
# The coefficient ends as the parity of the bits that were said, and the label's logit is right, although nobody asked
# about this text. With more rows the division becomes a linear program: all cuts at once, all entries between $-C$ and
# $C$ (notebook 08 shows what happens without).
#
# ## 3 · The algorithms
#
# The numbers are the paper's. On the right stands the function that you write for the line.
#
# ```text
# ALGORITHM 1                                                              written in
#  2  F_s <- all one-token futures, for s = 1 .. T                         learn
#  3  for each epoch:                                                      learn
#  4    for s = 1 .. T-1:                                                  epoch
#  5      columns <- F_s, and every token z followed by every f in F_s+1   dist_spanner
#  8      spanner h_s,1 h_s,2 ..; keep L(h_s,i o f) for all columns f      dist_spanner
#  9    draw fresh texts                                                   epoch
# 10    for t = 1 .. T-1, for each of their prefixes y_1 .. y_t:           epoch
# 11      c_1 .. c_t <- a solution of the linear program                   solve
# 12      if there is none: next epoch, F unchanged                        epoch, learn
# 13      P_s(a) <- sum_i c_s(i) L(h_s,i o y_s .. y_t o a), s = 1 .. t     opinions
# 15      if |P_s-1(a) - P_s(a)| > threshold for some s and a:             epoch
# 16        (y_s, .., y_t, a) joins F_s                                    epoch, learn
# 17        next epoch                                                     learn
# 19  no witness: return the cuts                                          learn
#
# ALGORITHM 3 (inside line 8)
#  2  draw histories of s-1 tokens, ask for their rows                     dist_spanner, told
#  3  a C-barycentric spanner of the rows                                  spanner
#
# ALGORITHM 2 (no oracle)
#  1  y_1 ~ softmax(L(a))                                                  next_logits, sample
#  3  for t = 1 .. T-1: solve the program of y_1 .. y_t                    next_logits
#  4    if there is no solution: all tokens are equally likely             next_logits
#  5    Lhat(a) <- sum_i c_t(i) L(h_t,i o y_t o a)                         next_logits
#  8    y_t+1 ~ softmax(Lhat)                                              sample
# ```
#
# Line 2 is a correction: as printed, it takes the tokens of one sample; Algorithm 2 asks for all of them.
#
# **References** (numbering of arXiv:2512.09892): Algorithms 1 to 3; Definitions 1.7 and 5.2; Section 2.3; Equations 8,
# 10 and 14.

# %% [markdown]
# ## Exercises
#
# Write the functions in this order: each check uses yours alone, but later functions call earlier ones. A check counts
# the parts that are right and says what is wrong with the next. It stops a function after 10 seconds.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. Ask for $L(h \circ f)$: rows are histories, columns are futures.
#
# <details><summary>Hint 1</summary>The prefix to ask about is the history and the future without its last token:
# h + f[:-1].</details>
# <details><summary>Hint 2</summary>Make one list of prefixes for all pairs and ask once. Of answer number n keep the
# entry of its future's last token; then reshape.</details>


# %%
def told(oracle, histories, futures):
    """L(h o f), shape (len(histories), len(futures)); histories and futures are lists of tuples."""
    # BEGIN SOLUTION
    prefixes = [h + f[:-1] for h in histories for f in futures]
    last = [f[-1] for _ in histories for f in futures]
    answers = oracle.logits(prefixes)
    return answers[np.arange(len(last)), last].reshape(len(histories), len(futures))
    # END SOLUTION


check.nb13_told(told)

# %% [markdown]
# **Exercise 2**. Loop your swap of notebook 07. Begin with independent rows, as many as the rank; while a coefficient
# is above the bound in size, swap its row in. If all rows are zero, one of them is the spanner.
#
# <details><summary>Hint 1</summary>To begin: q, r, order = qr(rows.T, mode="economic", pivoting=True). The rank is the
# number of entries of abs(diag(r)) that are not tiny compared with the largest entry; the first rows of order are
# independent.</details>
# <details><summary>Hint 2</summary>np.linalg.lstsq(rows[chosen].T, rows.T) has the coefficients, one line per place in
# the spanner and one column per row. np.unravel_index finds where the largest is.</details>
# <details><summary>Hint 3</summary>"Tiny": below 1e-6 of the largest serves single precision too.</details>


# %%
def spanner(rows, bound):
    """Indices of rows: every row is their combination with coefficients of at most bound."""
    # BEGIN SOLUTION
    _, r, order = qr(rows.T, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(r)) > 1e-6 * np.abs(rows).max()).sum())
    chosen = [int(row) for row in order[: max(rank, 1)]]
    while True:
        coefficients = np.linalg.lstsq(rows[chosen].T, rows.T, rcond=None)[0]
        place, row = np.unravel_index(np.abs(coefficients).argmax(), coefficients.shape)
        if np.abs(coefficients[place, row]) <= bound:
            return chosen
        chosen[place] = int(row)
    # END SOLUTION


check.nb13_spanner(spanner)

# %% [markdown]
# **Exercise 3**. One cut: lines 5 and 8. `here` is $F_s$, `beyond` is $F_{s+1}$, `length` is $s-1$.
#
# <details><summary>Hint 1</summary>The columns are here, and (z, *f) for every token z and every f in beyond. A future
# may come twice; dict.fromkeys keeps the first.</details>
# <details><summary>Hint 2</summary>set(texts(...)) drops histories that were drawn twice; sorted makes a list in an
# order that does not depend on chance.</details>
# <details><summary>Hint 3</summary>rows = told(...) has a column for each future. In the dict goes that column at the
# chosen rows.</details>


# %%
def dist_spanner(oracle, here, beyond, length, samples, bound, rng):
    """A Cut whose histories are a spanner of `samples` sampled ones."""
    # BEGIN SOLUTION
    carried = [(z, *f) for z in range(oracle.alphabet_size) for f in beyond]
    columns = list(dict.fromkeys(here + carried))  # line 5
    histories = sorted(set(texts(oracle, samples, length, rng)))
    rows = told(oracle, histories, columns)
    chosen = spanner(rows, bound)  # line 8
    logits = {f: rows[chosen, column] for column, f in enumerate(columns)}
    return Cut([histories[row] for row in chosen], here, logits)
    # END SOLUTION


check.nb13_dist_spanner(dist_spanner)

# %% [markdown]
# **Exercise 4** *(the heart)*. Solve the program of a prefix $y_{1:t}$. Unknown are all entries of $c_1, \dots, c_t$,
# one long vector. There is one equation for each $s = 2, \dots, t$ and each $f \in F_s$, the recursion of section 2:
#
# $$\sum_i c_s(i)\, L(h_{s,i} \circ f) \;-\; \sum_i c_{s-1}(i)\, L(h_{s-1,i} \circ y_{s-1} \circ f) \;=\; 0 .$$
#
# Return the list $c_1, \dots, c_t$, or None if there is no solution.
#
# <details><summary>Hint 1</summary>linprog(cost, A_eq=matrix, b_eq=zeros, bounds=box): any solution will do, so the
# cost is zero. The attribute success says whether there is one.</details>
# <details><summary>Hint 2</summary>box has a pair (least, largest) for every unknown. The first unknown is c_1, which
# is 1: its pair is (1, 1). linprog's own bounds, if you give none, forbid negative numbers.</details>
# <details><summary>Hint 3</summary>ends = np.cumsum([0] + sizes) says where each cut begins in the long vector. A row
# of the matrix has numbers at cut s and, with a minus, at cut s - 1.</details>
# <details><summary>Hint 4</summary>A prefix of one token has no equation: np.array(equations).reshape(-1, ends[-1])
# has the right shape even then. np.split cuts the vector up.</details>


# %%
def solve(cuts, prefix, bound):
    """c_1 to c_t, a list of arrays, for a prefix of t >= 1 tokens; None if the program has no solution."""
    # BEGIN SOLUTION
    ends = np.cumsum([0] + [len(cut.histories) for cut in cuts[: len(prefix)]])
    equations = []
    for s in range(1, len(prefix)):  # cuts[s] is cut s + 1, and prefix[s - 1] the token before it
        for f in cuts[s].futures:
            equation = np.zeros(ends[-1])
            equation[ends[s] : ends[s + 1]] = cuts[s].logits[f]
            equation[ends[s - 1] : ends[s]] = -cuts[s - 1].logits[prefix[s - 1], *f]
            equations.append(equation)
    matrix = np.array(equations).reshape(-1, ends[-1])
    box = [(1, 1)] + [(-bound, bound)] * int(ends[-1] - 1)
    answer = linprog(np.zeros(ends[-1]), A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=box)
    return np.split(answer.x, ends[1:-1]) if answer.success else None
    # END SOLUTION


check.nb13_solve(solve)

# %% [markdown]
# **Exercise 5**. What each cut says about the token after the prefix: line 13. Here the oracle may be asked, since this
# is the test.
#
# <details><summary>Hint</summary>Cut s has histories of s - 1 tokens. What is missing up to the whole prefix is
# y_s .. y_t: in Python, prefix[s - 1:].</details>


# %%
def opinions(oracle, cuts, prefix, path):
    """P_s(a), shape (t, alphabet_size); path is the list c_1 to c_t."""
    # BEGIN SOLUTION
    said = []
    for s, coefficients in enumerate(path):
        rows = oracle.logits([h + prefix[s:] for h in cuts[s].histories])
        said.append(coefficients @ rows)
    return np.array(said)
    # END SOLUTION


check.nb13_opinions(opinions)

# %% [markdown]
# **Exercise 6** *(longest)*. One epoch: lines 4 to 16. `futures` is the list $F_1, \dots, F_T$; `trials` is the
# number of fresh texts. Return three things: the cuts; the largest residual seen at each cut, an array of shape
# $(T,)$; and what was found: `"verified"`, `"infeasible"`, or the witness `(cut, future)`, with the cut counted from 1.
#
# <details><summary>Hint 1</summary>Fresh texts need T - 1 tokens. For each t look at the set of their prefixes of t
# tokens: equal ones need one program only.</details>
# <details><summary>Hint 2</summary>gaps = abs(diff(opinions, axis=0)) has t - 1 lines. Line 0 is the step from cut 1 to
# cut 2, so it belongs to cut 2.</details>
# <details><summary>Hint 3</summary>Stop at the first witness or at the first program without solution: return.
# "verified" stands behind the loops.</details>
# <details><summary>Hint 4</summary>For t = 1 there are no gaps, and the maximum of nothing is an error:
# gaps.max(initial=0).</details>


# %%
def epoch(oracle, futures, samples, trials, bound, threshold, rng):
    """(cuts, residuals, found)."""
    # BEGIN SOLUTION
    T = len(futures)
    cuts = [dist_spanner(oracle, futures[s], futures[s + 1], s, samples, bound, rng) for s in range(T - 1)]
    fresh = texts(oracle, trials, T - 1, rng)  # line 9
    residuals = np.zeros(T)
    for t in range(1, T):  # line 10
        for prefix in sorted({text[:t] for text in fresh}):
            path = solve(cuts, prefix, bound)  # line 11
            if path is None:  # line 12
                return cuts, residuals, "infeasible"
            gaps = np.abs(np.diff(opinions(oracle, cuts, prefix, path), axis=0))
            residuals[1:t] = np.maximum(residuals[1:t], gaps.max(axis=1))
            if gaps.max(initial=0) > threshold:  # line 15
                gap, token = np.unravel_index(gaps.argmax(), gaps.shape)
                return cuts, residuals, (int(gap) + 2, (*prefix[gap + 1 :], int(token)))
    return cuts, residuals, "verified"
    # END SOLUTION


check.nb13_epoch(epoch)

# %% [markdown]
# **Exercise 7**. The learner. Keep a history: for each epoch the tuple `(futures, cuts, residuals, found)`, with the
# futures as they were *before* the witness joined. Return the last cuts and the history.
#
# <details><summary>Hint 1</summary>[tokens] * horizon is one list, known under several names: what joins one cut joins
# all of them. And append changes the list that lies in your history.</details>
# <details><summary>Hint 2</summary>So make new lists: the futures of cut s, and [future] behind it where s is the
# witness's cut.</details>


# %%
def learn(oracle, horizon, samples, trials, bound, threshold, epochs, rng):
    """(cuts, history) after at most so many epochs."""
    # BEGIN SOLUTION
    futures = [[(a,) for a in range(oracle.alphabet_size)] for _ in range(horizon)]  # line 2
    history = []
    for _ in range(epochs):  # line 3
        cuts, residuals, found = epoch(oracle, futures, samples, trials, bound, threshold, rng)
        history.append((futures, cuts, residuals, found))
        if found == "verified":  # line 19
            break
        if found != "infeasible":  # line 16
            cut, future = found
            futures = [[*F, future] if s == cut else F for s, F in enumerate(futures, start=1)]
    return cuts, history
    # END SOLUTION


check.nb13_learn(learn)

# %% [markdown]
# **Exercise 8**. Algorithm 2, lines 1 to 7: the logits of the next token, without an oracle. Where the program has no
# solution, return zeros.
#
# <details><summary>Hint 1</summary>The empty prefix: cut 1 has one history, the empty one, and the logits of (a,) are
# in its dict.</details>
# <details><summary>Hint 2</summary>After t tokens read cut t, on the futures (y_t, a). Why are they in the dict? F of
# cut t + 1 holds all tokens.</details>


# %%
def next_logits(cuts, prefix, alphabet_size, bound):
    """Logits of the next token, shape (alphabet_size,)."""
    # BEGIN SOLUTION
    if not prefix:
        return np.array([cuts[0].logits[(a,)][0] for a in range(alphabet_size)])
    path = solve(cuts, prefix, bound)
    if path is None:
        return np.zeros(alphabet_size)
    logits = cuts[len(prefix) - 1].logits
    return np.array([path[-1] @ logits[prefix[-1], a] for a in range(alphabet_size)])
    # END SOLUTION


check.nb13_next_logits(next_logits)

# %% [markdown]
# **Exercise 9**. Algorithm 2, whole: draw one text of $T$ tokens, a tuple. There are $T-1$ cuts.
#
# <details><summary>Hint</summary>rng.choice(alphabet_size, p=...) draws a token; p is exp(logits), divided by its
# sum.</details>


# %%
def sample(cuts, alphabet_size, bound, rng):
    """A text, drawn from the learned model."""
    # BEGIN SOLUTION
    text = ()
    while len(text) < len(cuts) + 1:
        p = np.exp(next_logits(cuts, text, alphabet_size, bound))
        text += (int(rng.choice(alphabet_size, p=p / p.sum())),)
    return text
    # END SOLUTION


check.nb13_sample(sample)

# %% [markdown]
# ### Your learner at work
#
# `trial` runs your functions and `ll.learn` with the same settings: 300 histories per spanner, 60 fresh texts per
# epoch, $C = 2$, a threshold of $10^{-6}$ nats. Both have an oracle that remembers its answers; a query is a prefix
# asked about for the first time. First a random ISAN.
#
# > **Predict.** Who asks more questions, you or `ll.learn`? By how much?

# %%
mine = Own(told, spanner, dist_spanner, solve, opinions, epoch, learn, next_logits, sample)
isan = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=6, seed=SEED)
on_isan = trial(isan, mine, seed=SEED)
print(on_isan)
if on_isan:
    print("lines of code of your learner:", mine.lines)
    assert on_isan.distance < 1e-6

# %% [markdown]
# The two differ in little: each takes another solution of the program, and so meets other witnesses. Now noisy parity,
# which no learner from samples alone is known to learn efficiently (notebook 04). Rank 1, and long witnesses:

# %%
on_parity = trial(ll.models.noisy_parity(bits=6, seed=1), mine, seed=SEED)
print(on_parity)
for number, (*_, found) in enumerate(on_parity.history, start=1):
    print("epoch", number, "found", found)
if on_parity:
    assert on_parity.distance < 1e-6

# %% [markdown]
# **The course's picture, of your run.** `OwnRunExplorer` is the explorer of notebook 09 with a small adapter: futures,
# spanners, residuals and witnesses are yours; the potential is computed from the logits in your cuts, and the true
# ranks from the teacher. Queries per epoch are not in it, since your epochs do not count them.

# %%
explorer = OwnRunExplorer(isan, on_isan) if on_isan else None
explorer or on_isan

# %%
if explorer:
    explorer.set(epoch=len(on_isan.history) - 1)  # the last one that found a witness
explorer.picture() if explorer else on_isan

# %%
if explorer:
    explorer.set(epoch=len(on_isan.history))
    print("ends as", explorer.run.status.name, "- largest residual below 1e-9:", max(explorer.row.residuals) < 1e-9)
    assert all(len(words) <= rank for words, rank in zip(explorer.row.spanners, explorer.run.ranks, strict=True))
else:
    print(on_isan)

# %% [markdown]
# **The atlas of your run.** The whole of it in one picture: the logit matrices of all cuts, side by side. A row is a
# history. A column is a future: the word above a block, then one of the next tokens. Coloured cells are the numbers
# that your cuts hold; green rows are your spanners, purple columns your $F_s$, and the witness has a frame in the step
# that finds it. Move **Step**, and watch the columns join.
#
# Between two cuts stands the token of a text that is read there. The lines are *your* coefficients: those of the old
# spanner run into the token, those of the new one come out of it. A thick line is a large coefficient; dashed ones are
# negative. Click a cell, or move with the arrow keys; Enter opens a block.

# %%
atlas = own_atlas(isan, on_isan, mine)
atlas

# %% [markdown]
# Are the lines right? In the last step, at cut 4: the spanner's rows, added up by the coefficients, against the row of
# the text's first three tokens. Your learner never asked about that row; here the oracle may be asked.

# %%
if on_isan:
    cut = on_isan.cuts[3]
    of_text = told(ll.oracles.ExactOracle(isan), [atlas.atlas.texts[0][:3]], cut.futures)[0]
    spanned = np.array([cut.logits[future] for future in cut.futures])
    added_up = spanned @ atlas.atlas.frames[-1].paths[0][3]
    print("futures compared:", len(cut.futures), "- they agree:", np.allclose(added_up, of_text, atol=1e-6))
    assert np.allclose(added_up, of_text, atol=1e-6)

# %% [markdown]
# **The hidden teacher.** It is one of the package's small models; you are not told which. It has two tokens and texts
# of six. Your learner does not need to know.

# %%
hidden = hidden_teacher(3)
on_hidden = trial(hidden, mine, seed=SEED)
print(on_hidden)
if on_hidden:
    print("spanner sizes:", [len(cut.histories) for cut in on_hidden.cuts])
    print("logits of the first token:", next_logits(on_hidden.cuts, (), 2, 2.0).round(6) + 0.0)
    print("texts of your model:", [sample(on_hidden.cuts, 2, 2.0, np.random.default_rng(seed)) for seed in range(4)])
    assert on_hidden.distance < 1e-6

# %% [markdown]
# **Exercise 10**. What is it? Ask your model, `next_logits(on_hidden.cuts, ...)`, or the oracle. Answer with one of
# "copying", "noisy parity", "Fourier-sparse function", "hidden Markov model", "random ISAN".
#
# <details><summary>Hint 1</summary>The size of the spanner is the rank of the cut: how much has to be remembered
# there.</details>
# <details><summary>Hint 2</summary>Compare the two halves of the texts.</details>

# %%
# BEGIN SOLUTION
#: kind = ...
kind = "copying"
# END SOLUTION
check.nb13_hidden_kind(kind)

# %% [markdown]
# ### The harder track: TinyStories
#
# A transformer is not of low rank (notebook 07), has 512 tokens, and its texts are long. The practical learner of
# notebook 10 gives up the promise and keeps the steps: a spanner of rows, one map per token, and the text followed from
# map to map. You write a small one. Its state is the row of next-token logits, told by its coefficients in a few real
# rows; futures beyond the next token are left out.
#
# **Exercise 11**. Choose $k$ rows that carry the others as well as $k$ rows can: project all rows on their $k$ main
# directions, and take a spanner there.
#
# <details><summary>Hint</summary>np.linalg.svd(rows, full_matrices=False) gives the directions as the rows of its third
# result. Your spanner does the rest.</details>


# %%
def few_rows(rows, k, bound):
    """Indices of k rows."""
    # BEGIN SOLUTION
    _, _, directions = np.linalg.svd(rows, full_matrices=False)
    return spanner(rows @ directions[:k].T, bound)
    # END SOLUTION


check.nb13_few_rows(few_rows)

# %% [markdown]
# **Exercise 12**. One map per token: `before[n] @ maps[tokens[n]]` should be near `after[n]`. Most tokens are rare, so
# fit in two steps, both by ridge regression with the same strength $\lambda$: a map $A$ that all tokens share, and for
# each token a map $D_z$ of what $A$ leaves of its own examples. The token's map is $A + D_z$.
#
# <details><summary>Hint</summary>Ridge regression of Y on X: solve (X.T X + strength I) A = X.T Y. A token without
# examples gets D = 0 from the same formula.</details>


# %%
def token_maps(before, tokens, after, alphabet_size, strength):
    """Maps, shape (alphabet_size, coordinates, columns)."""

    # BEGIN SOLUTION
    def ridge(x, y):
        return np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ y)

    shared = ridge(before, after)
    maps = np.repeat(shared[None], alphabet_size, axis=0)
    for token in np.unique(tokens):
        here = tokens == token
        maps[token] += ridge(before[here], after[here] - before[here] @ shared)
    return maps
    # END SOLUTION


check.nb13_token_maps(token_maps)

# %% [markdown]
# **Exercise 13**. Follow a text: `first` is the row before the first token; each token's map makes the next row of the
# coordinates of the last. Return one row per token of the text: what the model says *before* it.
# `coordinates(row, inverse)` is given: `inverse` is the pseudo-inverse of the spanner's rows, and a 1 is put behind the
# coefficients.
#
# <details><summary>Hint</summary>The last token of the text is never read: nothing is said after it.</details>

# %% tags=["setup"]
from lowlogit_edu.exercises.own_learner import unwritten
from lowlogit_edu.exercises.own_stories import coordinates, kl_along


# %%
def follow(first, inverse, maps, text):
    """Rows along a text, shape (len(text), columns)."""
    # BEGIN SOLUTION
    rows = [first]
    for token in text[:-1]:
        rows.append(coordinates(rows[-1], inverse) @ maps[token])
    return np.array(rows)
    # END SOLUTION


check.nb13_follow(follow)

# %% [markdown]
# Now the teacher of notebook 10: 1,500 texts of 12 tokens, 18,000 queries. The trigram table gets the same answers.
#
# > **Predict.** Your model remembers 96 numbers of the past, a trigram two tokens. Which is closer to the teacher?

# %%
missing = unwritten(few_rows=few_rows, token_maps=token_maps, follow=follow, spanner=spanner)
if missing:
    print("Not run yet. Still to write:", ", ".join(missing))
else:
    story_teller = ll.oracles.TransformerOracle.from_pretrained("embedded")
    tokens, rows = ll.oracles.sample_with_logits(story_teller, 1500, 12, rng=np.random.default_rng(SEED))
    pool = rows[np.random.default_rng(SEED).permutation(1500)[:170]].reshape(-1, 512).astype(float)
    inverse = np.linalg.pinv(pool[few_rows(pool, 96, 2.0)])
    before = coordinates(rows, inverse)
    print("96 rows; the largest coefficient of all is below the bound of 2:", bool(np.abs(before).max() < 2))

# %%
if not missing:
    x = before[:, :-1].reshape(-1, 97)
    y = rows[:, 1:].reshape(-1, 512).astype(float)
    maps = token_maps(x, tokens[:, :-1].ravel(), y, 512, strength=0.5)
    fresh, truth = ll.oracles.sample_with_logits(story_teller, 300, 12, rng=np.random.default_rng(SEED + 1))
    trigram = ll.baselines.fit_ngram([(tokens, rows, np.ones(tokens.shape, dtype=bool))], 512, order=3)
    said = {"yours": np.array([follow(truth[0, 0].astype(float), inverse, maps, text) for text in fresh])}
    said["trigram"] = trigram.logits_along(fresh)
    said["bigram"] = trigram.truncated(2).logits_along(fresh)

# %%
if missing:
    print("Not run yet. Still to write:", ", ".join(missing))
else:
    kl = {name: kl_along(truth, rows_of).mean(axis=1) for name, rows_of in said.items()}
    for name, of_texts in kl.items():
        print(f"{name:8} {of_texts.mean():.2f} nats per token")
    gain = kl["trigram"] - kl["yours"]
    print("gain over the trigram, in standard errors: more than 2 is", bool(gain.mean() > 2 * gain.std() / 300**0.5))
    assert gain.mean() > 2 * gain.std() / 300**0.5

# %% [markdown]
# **Exercise 14** *(challenge, no check)*. Nothing here asks more than the texts themselves. The practical learner does
# four things more: it asks about rare contexts, looks at futures of two tokens and more, solves one program for whole
# texts, and refines the maps by gradient descent (notebook 10 and `lowlogit_edu/practical`). Add one of them to your
# learner. How many nats does it bring, for how many queries?
#
# ## Recap
#
# 1. Algorithm 1 is four parts: ask, span, solve, test. Each is a dozen lines, and each can be tested by itself.
# 2. The coefficients of a text obey a recursion; the linear program solves it for all cuts at once, in a box.
# 3. A learner that is right does not need to know what it learns: your hidden teacher had rank 3, and it found out.
# 4. For a transformer the same steps work without a promise; there, a fresh sample is the judge.
