# %% [markdown]
# # 09 · The full learner, step by step
#
# A program asks a language model questions, and at the end it says "verified": here is a model that is as good as
# yours. In this notebook you run Algorithm 1 on models so small that every result can be checked by writing out all
# sequences. You will see it succeed, and you will see three honest ways to fail. Why it works is the next notebook's
# subject: here you learn what it does.
#
# **You will learn to**
#
# - run Algorithm 1 of [arXiv:2512.09892](https://arxiv.org/abs/2512.09892) line by line, and Algorithm 2 on its result;
# - state the recursion that the coefficients of a text obey, and the test that finds a witness;
# - read the ledger of queries, and tell from a run that a model is not of low logit rank;
# - say what `VERIFIED` means, and what it does not.
#
# **You need** futures (notebook 06, section 6), spanners (Algorithm 3) and the linear program (Equation 14).
# **Time**: 50 minutes; all cells together run in about a quarter of a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu import lemmas
from lowlogit_edu.algorithm.learner import Drawn, first_futures, predictions, span, validate
from lowlogit_edu.algorithm.trace import trace
from lowlogit_edu.widgets.algorithm_picture import algorithm_picture
from lowlogit_edu.widgets.faithful_run import EpochExplorer
from lowlogit_edu.widgets.logit_atlas import LogitAtlas

SEED = 0

# %% [markdown]
# On the left is Algorithm 1 with the paper's numbers of lines; on the right one epoch of a run, on a teacher that
# copies three bits. A letter says which lines a panel shows. By the end of the notebook you can read every line and
# every bar.

# %%
algorithm_picture(EpochExplorer(teacher="copying, rank 3", seed=SEED, epoch=2))

# %% [markdown]
# ## 1 · The teacher, and the answer we hope for
#
# The teacher is a random ISAN (Definition 1.5): 3 tokens, a state of dimension 3, sequences of 5 tokens. There are only
# $3^5 = 243$ sequences, so the total variation distance can be computed exactly:
#
# $$\mathrm{TV}(M, M') = \tfrac12 \sum_{y \in \Sigma^T} |M(y) - M'(y)| .$$

# %%
teacher = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=5, seed=SEED)
oracle = ll.oracles.ExactOracle(teacher)
uniform = ll.models.TabularModel([np.zeros((3**t, 3)) for t in range(5)])
print("sequences:", len(teacher.log_probabilities()))
print("total variation from the uniform model:", round(ll.evaluation.total_variation(teacher, uniform), 3))

# %% [markdown]
# ## 2 · One epoch by hand
#
# Algorithm 1 keeps for every **cut** $s$ (between token $s-1$ and token $s$) a set of futures $F_s$. An epoch does four
# things with them:
#
# | step | what happens | line of Algorithm 1 | in the code |
# |---|---|---|---|
# | span | a few histories $h_{s,i}$ that span all rows on the futures | 4 to 8, Algorithm 3 | `span` |
# | sample | fresh sequences from the teacher | 9 | `sample` |
# | solve | each prefix as a bounded combination of the spanner | 10 to 12, Equation 10 | inside `validate` |
# | test | do neighbouring cuts agree about the next token? | 13 to 17 | `validate` |
#
# In full, with `o` for *followed by*, and `c_s L(h_s o f)` for the sum over i of `c_s(i) L(h_{s,i} o f)`:
#
# ```text
# F_s <- all futures of one token, for every cut s                              line 2, as corrected here
# for epoch 1, 2, ..., K:                                                       3
#     for every cut s:                                                          4
#         draw histories; ask for their rows on F_s and on z o F_{s+1}          5 to 7
#         h_{s,1}, h_{s,2}, ... <- a 2-barycentric spanner of these rows        8, Algorithm 3
#     draw n fresh texts                                                        9
#     for t = 1, ..., T-1:                                                      10
#         solve the program of y_{1:t}, for each text y: c_1, ..., c_t          11
#         if one has no solution: next epoch, with the same F                   12
#         P_s(a) <- c_s L(h_s o y_{s:t} o a), for all s <= t and all tokens a   13, 14
#         if some |P_{s-1}(a) - P_s(a)| > g: y_{s:t} o a joins F_s; next epoch  15 to 17
#     return the spanners and their rows                                        18, 19
# ```
#
# **The program of a prefix** (lines 11 and 12). Its unknowns are the coefficients of *all* cuts at once, and it is a
# recursion: what cut $s-1$ says about the futures of cut $s$, once the token $y_{s-1}$ is read, cut $s$ must say too
# (Equations 8 and 10):
#
# $$c_s\, L(h_s, F_s) = c_{s-1}\, L(h_{s-1} \circ y_{s-1}, F_s) \quad (2 \le s \le t), \qquad c_1 = (1), \quad
#   |c_s(i)| \le 2 .$$
#
# Here $L(h_s, F_s)$ is the matrix of the spanner's rows on $F_s$. So $c_s$ stands for the history $y_{1:s-1}$, as seen
# by the futures of its cut.
#
# In the beginning each $F_s$ holds the futures of one token.

# %%
config = ll.LearnerConfig(spanner_samples=300, validation_samples=60)
futures = first_futures(oracle, teacher.horizon, config, SEED)
print("futures of each cut:", futures[0])
drawn = Drawn.of(oracle, teacher.horizon - 1, config, seed=SEED, epoch=1)  # histories to choose from, for each cut
model = span(oracle, drawn, futures, config)
print("spanner sizes:", [len(cut.histories) for cut in model.cuts])

# %% [markdown]
# **The test of line 15.** After a prefix $y_{1:t}$ every cut $s \le t$ has an opinion about the next token $a$: carry
# its spanner along the rest of the prefix,
#
# $$P_s(a) = \sum_i c_s(i)\, L(h_{s,i} \circ y_{s:t} \circ a) .$$
#
# Cut 1 is always right: its only history is the empty one. Cut $t$ is what the learned model will use, because it needs
# the shortest futures. A **residual** is the step between neighbours, $P_{s-1}(a) - P_s(a)$.
#
# > **Predict.** With one-token futures only, do the three cuts below agree about the token after `[0, 1, 2]`?

# %%
prefix = np.array([[0, 1, 2]])
for s, opinion in enumerate(predictions(oracle, model, prefix, end=3), start=1):
    print(f"cut {s} says", opinion[0].round(3))
print("teacher:  ", teacher.next_token_logits([0, 1, 2]).round(3))

# %% [markdown]
# They do not. Each cut was matched to its neighbour on futures of one token, and rows that agree there may differ on
# longer futures. See how much is left open: cut 3 has three spanner rows, and on $F_3$ they have rank 2. So there is a
# combination of them that $F_3$ does not see. Add it, and the program of this prefix has another solution, which
# predicts something else:

# %%
rows = model.cuts[2].on_futures
unseen = np.linalg.svd(rows.T)[2][-1]
unseen /= unseen[-1]  # else its sign differs from machine to machine
print("rows of cut 3:", len(rows), "- rank on its futures:", np.linalg.matrix_rank(rows))
chosen = model.solution([0, 1, 2]).coefficients[2]
for name, c in (("chosen", chosen), ("other", chosen + unseen)):
    assert np.allclose(c @ rows, chosen @ rows)
    assert np.abs(c).max() <= model.bound
    print(f"{name:6} solution predicts", (c @ model.cuts[2].next_logits[2]).round(3))

# %% [markdown]
# Futures are **representative** if they leave nothing open: a combination of rows that is zero on $F_s$ is zero on all
# futures (**Equation 7**). Then all solutions say the same. The learner cannot check that, since it would have to ask
# about all futures. It can look for a future that betrays the difference: `validate` takes the largest step between
# neighbours, over all fresh trajectories and all tokens.

# %%
trajectories = ll.oracles.sample(oracle, 60, teacher.horizon, rng=np.random.default_rng(SEED))
test = validate(oracle, model, trajectories, config)
print("positions that passed:", test.passed, "of", teacher.horizon - 1)
print("witness:", test.witness, "with a residual of", round(float(test.residuals.max()), 2), "nats")
cut, word = test.witness
assert word not in futures[cut - 1]

# %% [markdown]
# ## 3 · Algorithm 1 is a loop
#
# The future that betrayed the error is the **witness**. It joins $F_s$ of its cut (line 16), and a new epoch begins.
# When no witness is left, the spanners and their rows are the learned model (line 19).
#
# > **Predict.** Cuts 2, 3 and 4 have 120, 39 and 12 futures. Each epoch adds one to $F_s$ of one cut. How many must
# > join before the learner is right: about 3, about 30, or nearly all?

# %%
epoch = 1
while test.witness:
    cut, word = test.witness
    print(f"epoch {epoch}: future {word} joins cut {cut}")
    futures = tuple(words + (word,) * (s == cut) for s, words in enumerate(futures, start=1))
    epoch += 1
    drawn = Drawn.of(oracle, teacher.horizon - 1, config, seed=SEED, epoch=epoch)
    model = span(oracle, drawn, futures, config)
    trajectories = ll.oracles.sample(oracle, 60, teacher.horizon, rng=np.random.default_rng(epoch))
    test = validate(oracle, model, trajectories, config)
print(f"epoch {epoch}: no witness, {test.passed} of {teacher.horizon - 1} positions passed")
assert ll.evaluation.total_variation(teacher, model) < 1e-9

# %% [markdown]
# One witness per cut was enough, and the learned model has the teacher's distribution, up to rounding. The futures are
# representative now. In the beginning they were not:

# %%
for when, now in (("first", first_futures(oracle, teacher.horizon, config, SEED)), ("last", futures)):
    for cut in (2, 3, 4):
        finding = lemmas.futures_are_representative(teacher, cut, now[cut - 1])
        print(f"{when:5} {finding.statement} {finding.holds!s:5} - {finding.sentence}")
        assert finding.holds == (when == "last")

# %% [markdown]
# `ll.learn` is the same loop with a ledger, a budget, and an end for runs that never pass.

# %%
config = ll.LearnerConfig(spanner_samples=300)
*_, (state, event) = ll.learn_steps(oracle, teacher.horizon, config, SEED)
result = state.result()
print(result.status.name, "-", result.status.value)
print("total variation below 1e-9:", ll.evaluation.total_variation(teacher, result.model) < 1e-9)
assert result.status.name == "VERIFIED"

# %% [markdown]
# The same run in the **atlas** of notebook 02, step by step: a cell lights up when it is asked about, green rows are
# spanners, purple columns are the futures $F_s$, lines are the coefficients of a text. Move the step to a witness, and
# see which column joins.

# %%
LogitAtlas.of_run(oracle, teacher.horizon, config, SEED, frame=-1)

# %% [markdown]
# **Algorithm 2** draws sequences from what was stored, without the oracle. The first token has the logits of the empty
# text. For each prefix $y_{1:t}$ after it, the program is solved again, *for all cuts at once and in the box*; then the
# next logits are read off the last cut, $\hat L(a) = \sum_i c_t(i)\, L(h_{t,i} \circ y_t \circ a)$. Without a solution,
# the tokens that are left are uniform.
#
# It is not enough to keep $c_{t-1}$ and to solve for $c_t$ alone. Where futures leave something open, an earlier choice
# may carry on into a false prediction, or leave no solution in the box (notebook 08). Where all $F_s$ are
# representative, as here, one step at a time carries the same rows as the whole program, while it stays in the box.

# %%
counted = ll.oracles.Counted(oracle)
print("drawn:", result.model.sample(3, seed=SEED).tolist(), "- queries:", counted.queries)
solution = result.model.solution([0, 1, 2])
print("coefficients at cut 3:", solution.coefficients[-1].round(3) + 0.0, "largest allowed:", result.model.bound)
read = result.model.cuts[2].next_logits[2]
assert np.allclose(solution.coefficients[-1] @ read, teacher.next_token_logits([0, 1, 2]))

# %% [markdown]
# ## 4 · Watch a run
#
# Choose a teacher, a seed and a sample size; the run is done once, then the slider walks through its epochs. **Blue**
# is what was there, **orange** what this epoch found. The diamonds are the teacher's true ranks, which the learner
# does not see.
#
# > **Predict, then choose the preset.** *Rank 1, long futures*: how many histories per spanner? How long is the
# > witness of the first epoch? *Far too few samples*: will it say something wrong, or will it say that it cannot?

# %%
explorer = EpochExplorer(seed=SEED)
explorer

# %% [markdown]
# The last epoch of the run with seed 0, kept in the notebook:

# %%
last = EpochExplorer(seed=SEED, epoch=4)
last.picture()

# %% [markdown]
# **What you should see.** A spanner is never larger than the rank of its cut. Each witness adds one future to one cut
# and raises $\log\det V$ there. When the run is accepted, all residuals are rounding errors,
# far below the threshold of $10^{-6}$.

# %%
sizes = np.array([[len(words) for words in row.spanners] for row in last.run.rows])
assert (sizes <= last.run.ranks).all()
assert last.row.witness is None
assert max(last.row.residuals) < 1e-12

# %% [markdown]
# ## 5 · The ledger
#
# Every query is counted under the line that asked it. A query is one prefix; its answer holds the logits of all tokens.
# The words asked about at cut $s$ are $F_s$ and every token followed by a word of $F_{s+1}$ (line 5): the second kind
# is needed for the right side of the recursion.
#
# > **Predict.** There are 4 tokens and texts of 8, so $1 + 4 + \dots + 4^7 = 21{,}845$ prefixes. Which line asks most?

# %%
larger = ll.models.random_isan(alphabet_size=4, dimension=3, horizon=8, seed=SEED)
config_larger = ll.LearnerConfig(spanner_samples=100)
*_, (state_larger, _) = ll.learn_steps(ll.oracles.ExactOracle(larger), 8, config_larger, SEED)
for line, queries in state_larger.ledger.items():
    print(f"{line:22} {queries:6,}")
print(f"{'all prefixes there are':22} {sum(4**t for t in range(8)):6,}")
assert sum(state_larger.ledger.values()) < sum(4**t for t in range(8)) / 3

# %% [markdown]
# Drawing texts costs a query per token, unless the prefix was asked about before: the learner remembers every answer.
# A budget is never passed; the run ends early and says so.

# %%
short = ll.learn(ll.oracles.Budgeted(ll.oracles.ExactOracle(larger), 1500), 8, config_larger, SEED)
print(short.status.name, "-", short.status.value, "Spent:", short.queries)
assert short.status.name == "BUDGET_EXHAUSTED"
assert short.queries <= 1500

# %% [markdown]
# ## 6 · What VERIFIED says
#
# The test of the last epoch found nothing wrong on fresh texts. Let us try it on a teacher that has rare histories,
# with 30 histories per spanner, too few to meet them all.
#
# > **Predict.** All runs that end as `VERIFIED` have passed 100 fresh trajectories. How far from the teacher is the
# > worst of them: a rounding error, 1 %, 10 %?

# %%
skewed = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=5, seed=3)
poor = ll.LearnerConfig(spanner_samples=30)
distances = []
for seed in range(10):
    run = ll.learn(ll.oracles.ExactOracle(skewed), skewed.horizon, poor, seed)
    distance = ll.evaluation.total_variation(skewed, run.model)
    if run.status.name == "VERIFIED":
        distances.append(distance)
print(len(distances), "of 10 verified")
print("exact, up to rounding:", sum(distance < 1e-9 for distance in distances))
print("the others:", [f"{distance:.5f}" for distance in sorted(distances) if distance >= 1e-9])
assert 1e-4 < max(distances) < 0.05

# %% [markdown]
# So `VERIFIED` does **not** mean equal. It means: *on fresh samples, nothing wrong was found*. Histories that are rarer
# than about $1/n$ may still be wrong. The promise is about total variation, in which rare histories count little; how
# much exactly is computed in the next notebook.
#
# Now turn the knobs in the wrong direction, one at a time.

# %%
settings = {
    "as before": {},
    "3 histories per spanner": {"spanner_samples": 3},
    "1 test trajectory": {"validation_samples": 1},
    "threshold of 2 nats": {"threshold": 2.0},
    "1 epoch": {"max_epochs": 1},
}
print(f"{'setting':25} {'status':20} distance")
found = {}
for name, changes in settings.items():
    bad = ll.LearnerConfig(**({"spanner_samples": 300, "max_epochs": 6} | changes))
    run = ll.learn(oracle, teacher.horizon, bad, seed=3)
    found[name] = run.status.name, ll.evaluation.total_variation(teacher, run.model)
    print(f"{name:25} {found[name][0]:20} {found[name][1]:.3f}")

# %% [markdown]
# Too few histories end in programs without a solution; too few epochs leave a witness. A threshold of 2 nats lets
# everything pass: it says `VERIFIED`, and a quarter of the distribution is wrong. One test trajectory is worth nothing
# either; this run was lucky. A word is as good as the test behind it.

# %%
assert found["3 histories per spanner"][0] == "PROGRAM_INFEASIBLE"
assert found["1 epoch"][0] == "EPOCH_LIMIT"
assert found["as before"][1] < 1e-9 < found["threshold of 2 nats"][1]

# %% [markdown]
# ## 7 · A model that is not of low rank
#
# A random table has independent logits after every prefix. Suppose we believe that its logit rank is 3. With exact
# answers each witness of a cut adds a dimension to what its futures see (notebook 06, section 7), so there are at most
# 3 at each of the cuts 2 to $T-1$, and one more epoch to be accepted: with horizon 7, 16 epochs.
#
# > **Predict.** What will the learner say after 16 epochs?

# %%
table = ll.models.random_table(alphabet_size=2, horizon=7, seed=SEED)
believed = 3
config = ll.LearnerConfig(spanner_samples=2000, max_epochs=believed * (table.horizon - 2) + 1)
*_, (refused, _) = ll.learn_steps(ll.oracles.ExactOracle(table), table.horizon, config, SEED)
finding = lemmas.run_fits_the_potential(trace(refused), believed)
print(refused.status.name, "-", refused.status.value)
print(finding.sentence)
assert refused.status.name == "EPOCH_LIMIT"
assert not finding.holds

# %% [markdown]
# More than 3 witnesses at one cut *prove* that the rank is above 3, because the answers were exact. Give the learner
# more epochs and it ends as `VERIFIED`, with spanners as large as its matrices allow: it has written the whole table
# down. Low rank is what makes the difference between learning and copying out.

# %%
patient = ll.learn(ll.oracles.ExactOracle(table), table.horizon, ll.LearnerConfig(spanner_samples=2000), SEED)
sizes = [len(cut.histories) for cut in patient.model.cuts]
print(patient.status.name, "with spanners of", sizes, "after", patient.history[-1].epoch, "epochs")
print("queries:", patient.queries, "of", sum(2**t for t in range(7)))
assert max(sizes) == 8

# %% [markdown]
# ## Recap
#
# 1. Algorithm 1: span, sample, solve, test; a failed test names a witness, and the witness joins its cut.
# 2. The coefficients of a text obey a recursion, and the program solves it for all cuts at once, in a box.
# 3. Line 15 compares what neighbouring cuts say about the next token: cut 1 is right, cut $t$ is what the model uses.
# 4. `VERIFIED` says that nothing wrong was found on fresh texts. Rare histories may be wrong.
# 5. Wrong settings show: as programs without a solution, as a witness that is left, or in a test that lets all pass.
#
# **References** (numbering of arXiv:2512.09892): Algorithms 1 to 3; Definition 1.5; Lemma 5.6; Equations 7, 8, 10 and
# 14.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. There are 3 tokens, $F_3$ has 5 futures and $F_4$ has 4. How many different words does
# line 5 ask about at cut 3, behind each history, if none is in both parts?
#
# <details><summary>Hint</summary>F_3, and every token followed by a word of F_4: the right side of the recursion at cut
# 4 needs them.</details>

# %%
# BEGIN SOLUTION
#: words_asked = ...
words_asked = 5 + 3 * 4
# END SOLUTION
check.nb09_columns(words_asked)

# %% [markdown]
# **Exercise 2**. Write what cut $s$ says about the next token, $P_s(a)$ for all $a$ (lines 13 and 14). `ask(word)`
# returns the teacher's logits after a word, a number for each token. `histories` are the spanner's of cut $s$, tuples
# of $s-1$ tokens; `c` are their coefficients; `text` is the tuple $y_{1:t}$.
#
# <details><summary>Hint 1</summary>A history stands for the first s - 1 tokens of the text. What is left of the text is
# said after it.</details>
# <details><summary>Hint 2</summary>Python counts from 0: y_s is text[s - 1]. Tuples are joined by +.</details>


# %%
def opinion(ask, histories, c, text, s):
    """P_s(a) for all tokens a, an array."""
    # BEGIN SOLUTION
    rest = tuple(text[s - 1 :])
    return sum(weight * ask(history + rest) for weight, history in zip(c, histories, strict=True))
    # END SOLUTION


check.nb09_opinion(opinion)

# %% [markdown]
# **Exercise 3**. Write the test of line 15. `opinions[s - 1, p, a]` is what cut $s$ says about token $a$ after prefix
# $p$ (that is $P_s(a)$ of section 2). Return `(cut, prefix, token)` of the largest residual, or the empty tuple `()` if
# none is above the threshold. The cut is the later one of the two that disagree, counted from 1.
#
# <details><summary>Hint 1</summary>np.diff along axis 0 gives the steps; step 0 is from cut 1 to cut 2.</details>
# <details><summary>Hint 2</summary>np.unravel_index turns the position of the maximum into three numbers.</details>


# %%
def witness(opinions, threshold):
    """(cut, prefix, token) of the largest residual above the threshold, or ()."""
    # BEGIN SOLUTION
    gaps = np.abs(np.diff(opinions, axis=0))
    if gaps.max() <= threshold:
        return ()
    step, row, token = np.unravel_index(gaps.argmax(), gaps.shape)
    return step + 2, row, token
    # END SOLUTION


check.nb09_witness(witness)

# %% [markdown]
# **Exercise 4** *(challenge)*. Write one step of the recursion of section 2, for an exact teacher. Given the
# coefficients `before` of cut $s-1$, the rows `carried[i]` $= L(h_{s-1,i} \circ y_{s-1} \circ f)$ and `rows[j]` $=
# L(h_{s,j} \circ f)$ on the same futures $f \in F_s$, return coefficients of cut $s$ with size at most 2. In the check
# the rows are independent on $F_s$, so that there is one solution, and it is in the box. Algorithm 2 may not rely on
# that, and solves for all cuts at once: why?
#
# <details><summary>Hint</summary>Solve c @ rows = before @ carried; np.linalg.lstsq wants rows.T.</details>
# <details><summary>Why?</summary>Where the rows are dependent on the futures of a cut there are many solutions, and
# what is open there may matter at a later cut. One step is enough only if rows on these futures determine rows on all
# futures (Equation 7), and if the step stays in the box.</details>


# %%
def follow(before, carried, rows):
    """Coefficients of the next cut, one per row of `rows`."""
    # BEGIN SOLUTION
    return np.linalg.lstsq(rows.T, before @ carried, rcond=None)[0]
    # END SOLUTION


check.nb09_follow(follow)

# %% [markdown]
# **Exercise 5** *(open)*. In the explorer, with 30 histories per spanner, find a seed whose run is `VERIFIED` and yet
# not exact. Which diamond does its spanner miss, if any? Why did the test not notice?
