# %% [markdown]
# # 09 · The full learner, step by step
#
# A program asks a language model questions, and at the end it says "verified": here is a model that is as good as
# yours. When may you believe it? In this notebook you run Algorithm 1 on models so small that every promise can be
# checked by writing out all sequences. You will see it succeed, and you will see three honest ways to fail.
#
# **You will learn to**
#
# - run Algorithm 1 of [arXiv:2512.09892](https://arxiv.org/abs/2512.09892) line by line, and Algorithm 2 on its result;
# - check each step of the proof, Lemmas 5.5 to 5.9 and Theorem 5.11, in two lines of code;
# - say what `VERIFIED` promises and what it does not; read the ledger of queries;
# - tell from a run that a model is not of low logit rank.
#
# **You need** futures and the elliptical potential (Lemma 5.1), spanners (Algorithm 3) and the linear program
# (Equation 14). **Time**: 40 minutes; all cells together run in about half a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu import lemmas
from lowlogit_edu.algorithm.learner import Drawn, first_futures, predictions, span, validate
from lowlogit_edu.algorithm.trace import trace
from lowlogit_edu.widgets.faithful_run import EpochExplorer

SEED = 0

# %% [markdown]
# The picture shows one epoch of a run: the second of four. By the end of the notebook you can read every bar of it.

# %%
EpochExplorer(seed=SEED, epoch=2).picture()

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
# longer futures. `validate` looks for the largest such step, over all fresh trajectories and all tokens.

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
# > **Predict.** How many epochs will it take: about 4, about 40, or about 400?

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
# One witness per cut was enough, and the learned model has the teacher's distribution, up to rounding. `ll.learn` is
# the same loop with a ledger, a budget, and an end for runs that never pass.

# %%
config = ll.LearnerConfig(spanner_samples=300)
*_, (state, event) = ll.learn_steps(oracle, teacher.horizon, config, SEED)
result = state.result()
print(result.status.name, "-", result.status.value)
print("total variation below 1e-9:", ll.evaluation.total_variation(teacher, result.model) < 1e-9)
assert result.status.name == "VERIFIED"

# %% [markdown]
# **Algorithm 2** draws sequences from what was stored, without the oracle: for each prefix it solves the program again
# and reads the next logits off the last cut, $\hat L(a) = \sum_i c_t(i)\, L(h_{t,i} \circ y_t \circ a)$.

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
# The last epoch of the run above, kept in the notebook:

# %%
explorer.set(epoch=4)
explorer.picture()

# %% [markdown]
# **What you should see.** A spanner is never larger than the rank of its cut. Each witness adds one future to one cut
# and raises $\log\det V$ there. When the run is accepted, all residuals are rounding errors,
# far below the threshold of $10^{-6}$.

# %%
sizes = np.array([[len(words) for words in row.spanners] for row in explorer.run.rows])
assert (sizes <= explorer.run.ranks).all()
assert explorer.row.witness is None
assert max(explorer.row.residuals) < 1e-12

# %% [markdown]
# ## 5 · The proof, two lines at a time
#
# Each lemma below is an experiment that can fail. `fresh` are 500 trajectories that the run has not seen.
#
# **Lemma 5.5 (feasibility).** If each spanner misses a share of at most $\varepsilon_{sp}$ of the histories, the
# program of
# $y_{1:t}$ has a solution with probability at least $1 - t\,\varepsilon_{sp}$.
#
# A run with too few histories per spanner shows both sides.

# %%
fresh = teacher.sample(500, seed=5)
skewed = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=5, seed=3)
rough_config = ll.LearnerConfig(spanner_samples=10, validation_samples=60)
*_, (rough, _) = ll.learn_steps(ll.oracles.ExactOracle(skewed), skewed.horizon, rough_config, seed=3)
finding = lemmas.programs_are_feasible(ll.oracles.ExactOracle(skewed), rough, skewed.sample(500, seed=5))
print(finding.statement, finding.holds, "-", finding.sentence)
assert finding.holds
assert finding.numbers["failed"] > 0

# %% [markdown]
# **Lemma 5.6 (termination).** Witnesses of one cut are surprises: their number is bounded by Lemma 5.1. With an exact
# oracle the bound is simple, since each witness adds a dimension: at most $d$ per cut.

# %%
finding = lemmas.run_fits_the_potential(trace(state), teacher.dimension)
print(finding.statement, finding.holds, "-", finding.sentence)
assert finding.holds

# %% [markdown]
# **Lemma 5.7 (validation).** If all $n$ trajectories of an epoch pass the threshold $g$, then residuals are small on
# average on new ones too: at most $2g$, when $n$ is about $\frac1g\log\frac1\delta$. Our $n$ is far smaller; see
# section 6.

# %%
finding = lemmas.validation_generalises(oracle, state, fresh, config.residual_threshold)
print(finding.statement, finding.holds, "- mean residual below 1e-12:", finding.numbers["mean"] < 1e-12)
assert finding.holds

# %% [markdown]
# **Lemma 5.8 (errors telescope).** Cut 1 is right and each residual is one step, so after $y_{1:t}$
#
# $$L(a) - \hat L(a) = \sum_{s=2}^{t} \bigl(P_{s-1}(a) - P_s(a)\bigr) .$$
#
# So a logit is off by at most $t-1$ times the largest residual. An accepted model has no error to show this on. The
# model of the first epoch has:

# %%
first = next(state for state, event in ll.learn_steps(oracle, teacher.horizon, config, SEED) if event.kind == "span")
finding = lemmas.errors_telescope(oracle, first, fresh)
print(finding.statement, finding.holds, "- largest error", round(finding.numbers["largest_error"], 2), "nats")
assert finding.holds
assert finding.numbers["largest_error"] > 1

# %% [markdown]
# **Lemma 5.3 (softmax).** Logits that are off by $e$ nats move the next token's distribution by at most $e/2$.
# **Lemma 5.9 (positions add up).** The distance of two models is at most the sum of the distances of their next tokens,
# over prefixes from the teacher.

# %%
finding = lemmas.variation_adds_up(teacher, first.model)
print(finding.statement, finding.holds, "-", finding.sentence)
assert finding.holds

# %% [markdown]
# **Theorem 5.11** puts these together: small residuals (5.7), hence small errors of logits (5.8), hence close next
# tokens (5.3), hence a small total variation (5.9); the programs that have no solution (5.5) add their share. In our
# words:
#
# $$\mathrm{TV}(M, M') \;\le\; p + \tfrac{T(T-1)}{4}\, g + \tfrac{T}{2}\,\varepsilon ,$$
#
# where $p$ is the chance that a fresh trajectory would not pass, and $\varepsilon$ the oracle's error. Nobody knows
# $p$, but an epoch that passes $n$ fresh trajectories says that it is small: about $\frac1n
# \log\frac{k(k+1)}{\delta}$ at epoch $k$.

# %% [markdown]
# ## 6 · What VERIFIED promises
#
# `certified_error` is this bound. Let us try it on ten runs on `skewed`, a teacher that has rare histories, with
# too few histories per spanner to meet them all.
#
# > **Predict.** All that end as `VERIFIED` have passed 100 fresh trajectories. How far from the teacher is the worst of
# > them: a rounding error, 1 %, 10 %?

# %%
poor = ll.LearnerConfig(spanner_samples=30)
finding = lemmas.verified_means_close(skewed, poor, seeds=range(10))
print(finding.sentence)
print("certified with n = 100 trajectories, 5 epochs:", round(lemmas.certified_error(poor, 5, epochs=5), 3))
print("certified with n = 10,000:", round(lemmas.certified_error(ll.LearnerConfig(validation_samples=10_000), 5, 5), 5))
assert finding.holds
assert finding.numbers["largest"] > 1e-4

# %% [markdown]
# So `VERIFIED` does **not** mean equal. It means: *on fresh samples, nothing wrong was found*. Histories that are rarer
# than about $1/n$ may still be wrong. The promise is about total variation, in which rare histories count little.
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
print(f"{'setting':25} {'status':20} {'distance':9} certified")
found = {}
for name, changes in settings.items():
    bad = ll.LearnerConfig(**({"spanner_samples": 300, "max_epochs": 6} | changes))
    run = ll.learn(oracle, teacher.horizon, bad, seed=3)
    distance = ll.evaluation.total_variation(teacher, run.model)
    bound = "nothing"
    if run.status.name == "VERIFIED":
        bound = f"{lemmas.certified_error(bad, teacher.horizon, run.history[-1].epoch):.2f}"
        assert distance <= float(bound)
    found[name] = run.status.name, distance
    print(f"{name:25} {run.status.name:20} {distance:<9.3f} {bound}")

# %% [markdown]
# Each wrong knob is visible: too few histories end in programs without a solution; too few epochs leave a witness; one
# test trajectory, or a threshold of 2 nats, certifies a bound of 1, which is no promise at all.

# %%
assert found["3 histories per spanner"][0] == "PROGRAM_INFEASIBLE"
assert found["1 epoch"][0] == "EPOCH_LIMIT"
assert found["as before"][1] < 1e-9 < found["threshold of 2 nats"][1]

# %% [markdown]
# ## 7 · The ledger
#
# Every query is counted under the line that asked it. A query is one prefix; its answer holds the logits of all tokens.

# %%
larger = ll.models.random_isan(alphabet_size=4, dimension=3, horizon=8, seed=SEED)
config_larger = ll.LearnerConfig(spanner_samples=100)
*_, (state_larger, _) = ll.learn_steps(ll.oracles.ExactOracle(larger), 8, config_larger, SEED)
for line, queries in state_larger.ledger.items():
    print(f"{line:22} {queries:6,}")
print(f"{'all prefixes there are':22} {sum(4**t for t in range(8)):6,}")
assert sum(state_larger.ledger.values()) < sum(4**t for t in range(8)) / 3

# %% [markdown]
# **Lemma 5.10** bounds each line by its loops. **Lemma 5.12** says what form the queries have: the beginning of one
# sampled text, one token, and a part of another sampled text. That is why a teacher that is of low rank only *on
# average over such texts* is good enough (Theorem 5.14).

# %%
finding = lemmas.queries_are_few(trace(state_larger), state_larger.ledger, config_larger, 4)
print(finding.statement, finding.holds)
assert finding.holds
log = ll.oracles.Logged(ll.oracles.ExactOracle(larger))
*_, (logged, _) = ll.learn_steps(log, 8, config_larger, SEED)
samples = lemmas.Samples(ll.oracles.ExactOracle(larger), logged, config_larger, SEED)
finding = lemmas.queries_have_the_form(log.records, samples, 4)
print(finding.statement, finding.holds, "-", finding.sentence)
assert finding.holds

# %% [markdown]
# A budget is never passed; the run ends early and says so.

# %%
short = ll.learn(ll.oracles.Budgeted(ll.oracles.ExactOracle(larger), 1500), 8, config_larger, SEED)
print(short.status.name, "-", short.status.value, "Spent:", short.queries)
assert short.status.name == "BUDGET_EXHAUSTED"
assert short.queries <= 1500

# %% [markdown]
# ## 8 · A model that is not of low rank
#
# A random table has independent logits after every prefix. Suppose we believe that its logit rank is 3. Then Lemma 5.6
# allows 3 witnesses at each of the cuts 2 to $T-1$, and one more epoch to be accepted: with horizon 7, 16 epochs.
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
# 2. A witness is a surprise, and there are at most $d$ surprises per cut (with noise: a logarithm more).
# 3. Errors telescope into residuals, so small residuals mean a small total variation.
# 4. `VERIFIED` is a statement about fresh samples. `certified_error` says how much it is worth.
# 5. Wrong settings show: as infeasible programs, as a witness that is left, or as a bound of 1.
#
# **References** (numbering of arXiv:2512.09892): Algorithms 1 to 3; Definitions 1.4, 1.5; Lemmas 5.1, 5.3, 5.5 to 5.10,
# 5.12; Theorems 5.11, 5.14; Equations 10 and 14.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. At each cut of a text the residuals are at most 0.01 nats. By how many nats can the
# model's logits be wrong after a prefix of 7 tokens, at most?
#
# <details><summary>Hint</summary>The residuals of a prefix of t tokens are those of cuts s = 2 to t.</details>

# %%
# BEGIN SOLUTION
#: largest_error = ...
largest_error = 6 * 0.01
# END SOLUTION
check.nb09_telescope(largest_error)

# %% [markdown]
# **Exercise 2**. An exact oracle of logit rank 4, sequences of 10 tokens, spanners that miss nothing. After how many
# epochs, at the latest, does Algorithm 1 return a model?
#
# <details><summary>Hint 1</summary>A witness belongs to a cut s with 2 ≤ s ≤ t, and t goes from 1 to T - 1.</details>
# <details><summary>Hint 2</summary>The epoch that returns the model finds no witness.</details>

# %%
# BEGIN SOLUTION
#: epochs = ...
epochs = 4 * (10 - 2) + 1
# END SOLUTION
check.nb09_most_epochs(epochs)

# %% [markdown]
# **Exercise 3**. Two in a hundred trajectories would fail the test. How many fresh ones must the learner draw at least,
# so that all of them pass with a probability of at most 5 %?
#
# <details><summary>Hint</summary>One trajectory passes with probability 0.98, two with 0.98 squared.</details>

# %%
# BEGIN SOLUTION
#: trajectories_needed = ...
trajectories_needed = int(np.ceil(np.log(0.05) / np.log(0.98)))
# END SOLUTION
check.nb09_trajectories(trajectories_needed)

# %% [markdown]
# **Exercise 4**. Write the test of line 15. `opinions[s - 1, p, a]` is what cut $s$ says about token $a$ after prefix
# $p$ (that is $P_s(a)$ of section 2). Return `(cut, prefix, token)` of the largest residual, or `()` if none is above
# the threshold. The cut is the later one of the two that disagree, counted from 1.
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
# **Exercise 5** *(challenge)*. Write one step of Algorithm 2 for an exact low-rank teacher. Given the coefficients
# `before` of cut $s-1$, the rows `carried[i]` $= L(h_{s-1,i} \circ y_{s-1} \circ f)$ and `rows[j]` $= L(h_{s,j} \circ
# f)$ on the same futures $f \in F_s$, return the coefficients of cut $s$. Equation 14 has more than one solution only
# where the rows are dependent; any of them is right.
#
# <details><summary>Hint</summary>Solve c @ rows = before @ carried; np.linalg.lstsq wants rows.T.</details>


# %%
def follow(before, carried, rows):
    """Coefficients of the next cut, one per row of `rows`."""
    # BEGIN SOLUTION
    return np.linalg.lstsq(rows.T, before @ carried, rcond=None)[0]
    # END SOLUTION


check.nb09_follow(follow)

# %% [markdown]
# **Exercise 6** *(open)*. In the explorer, with 30 histories per spanner, find a seed whose run is `VERIFIED` and yet
# not exact. Which diamond does its spanner miss, if any? Why did the test not notice?
