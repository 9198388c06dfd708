# %% [markdown]
# # 04 · Noisy parity: samples hide it, queries show it
#
# Can a model be learned from its texts alone? Here is a tiny model, of logit rank 1, for which no fast way is known.
# With a handful of *queries* it is easy. This is why the paper's learner asks questions.
#
# **You will learn to**
#
# - write noisy parity as a language model and see that its logit rank is 1 (Section 1.2 of
#   [arXiv:2512.09892](https://arxiv.org/abs/2512.09892));
# - show that statistics of few bits see nothing in the samples, however many there are;
# - say what is *proved* here and what is *believed* (learning parity with noise, LPN);
# - read the secret with one query per bit, and watch Algorithm 1 find it by itself.
#
# **You need** probability, logits (Definition 1.2), the logit oracle (Definition 1.7); cuts and ranks as in notebook
# 03. **Time**: 30 minutes; all cells together run in about 15 seconds.

# %% tags=["setup"]
from math import comb

import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.baselines.parities import (
    eliminate,
    label_correlations,
    low_degree_model,
    parity_samples,
    secret_from_queries,
)
from lowlogit_edu.boolean.functions import all_points, character
from lowlogit_edu.config import LearnerConfig
from lowlogit_edu.core.rng import stream
from lowlogit_edu.evaluation.divergence import total_variation
from lowlogit_edu.matrices.probability_rank import rank_table
from lowlogit_edu.models import noisy_parity
from lowlogit_edu.widgets.parity import ParityExplorer

# %% [markdown]
# ## 1 · The model
#
# A text is `n` fair coin flips $x_1 \dots x_n$ and then one more bit, the **label**. There is a **secret** set $S$ of
# positions. The label is the parity of the secret bits, flipped with probability $\eta$, the **noise**:
#
# $$ y \;=\; \sum_{i \in S} x_i \;\; (\mathrm{mod}\ 2), \quad \text{flipped with probability } \eta < \tfrac12 . $$

# %%
tiny = noisy_parity(bits=3, secret=[1, 0, 1], noise=0.1)  # the parity of the first and the third bit
for x in all_points(3).tolist():
    p = ll.numerics.softmax(tiny.next_token_logits(x))[1]
    print(x, f"label 1 with probability {p:.1f}")
    assert np.isclose(p, 0.9 if (x[0] + x[2]) % 2 else 0.1)

# %% [markdown]
# > **Predict first.** What is the logit rank of this model at each of its cuts? Think of what a history must hand
# > over to its future: how many numbers?

# %%
print("cut, logit rank, probability rank:", rank_table(tiny))
assert all(logit_rank == 1 for _, logit_rank, _ in rank_table(tiny))
coins = ll.models.TabularModel([np.zeros((2**t, 2)) for t in range(4)])
print("and of fair coins, label and all: ", rank_table(coins))
assert all(logit_rank == 0 for _, logit_rank, _ in rank_table(coins))

# %% [markdown]
# One number: the parity so far, as a sign. With $\chi_S(x) = (-1)^{\sum_{i \in S} x_i}$ and
# $\lambda = \log\frac{1-\eta}{\eta}$ the logits of the label are $\pm\frac{\lambda}{2}\chi_S(x)$, and
# $\chi_S(hf) = \chi_S(h)\,\chi_S(f)$: a row times a column. Only coins
# that are all fair have a smaller rank, 0: there all logits are zero, and nothing is handed over.
#
# ## 2 · What samples show, and what queries show
#
# > **Predict first.** You see 1,000 texts of 8 bits and their labels. You compute the correlation of the label with
# > every bit and every pair of bits. The secret has four bits. Do you learn anything about it?
#
# On the left, every point is a subset of the bits: how strongly is its parity correlated with the label in the
# samples? On the right: the logit of the label after a text in which a single bit is one (bits count from 0). Move
# **Largest subset looked at**, the noise and the samples.

# %%
explorer = ParityExplorer()
explorer

# %%
explorer.picture()

# %% [markdown]
# **What you should see.** All subsets lie near zero, except the secret itself: the star. A learner that stops below its
# size sees noise. More samples press the points down, and do *not* help it. On the right the answer stands written.

# %%
other = ParityExplorer()  # another one: yours stays as you left it
for degree in (4, 5):
    other.set(bits=10, size=5, samples=10_000, degree=degree)
    print(other.summary())
    assert ("that is the secret" in other.summary()) == (degree == 5)

# %% [markdown]
# ## 3 · Why small statistics are blind
#
# This is exact, not a matter of luck. The correlation of the label with the parity of a set $R$ is
#
# $$ \mathbb{E}\,\big[(-1)^y \chi_R(x)\big] \;=\; (1-2\eta)\; \mathbb{E}\,\big[\chi_S(x)\,\chi_R(x)\big]
# \;=\; \begin{cases} 1-2\eta & R = S\\ 0 & R \neq S \end{cases} $$
#
# since $\chi_S \chi_R$ is the parity of the bits in exactly one of the two sets, and one fair coin among them makes it
# fair. Compute it from the model's probabilities, over all texts:

# %%
secret = [1, 0, 1, 1, 0, 1]
teacher = noisy_parity(bits=6, secret=secret, noise=0.1)
texts = all_points(7)
probability = np.exp(teacher.log_probabilities())
S = tuple(i for i, bit in enumerate(secret) if bit)
for R in [(0,), (0, 2), (0, 2, 3), S, (*S, 1)]:
    exact = (probability * (-1.0) ** texts[:, 6] * character(R, texts)).sum()
    print(f"correlation with {R}:", round(float(abs(exact)), 6))
    assert np.isclose(exact, 0.8 if R == S else 0)

# %% [markdown]
# More is true: *any* statistic of the label and fewer than $|S|$ of the bits is that of a fair coin, because those bits
# and the label are jointly uniform.
#
# ## 4 · A learner that only has samples
#
# The learner below estimates the correlations of all sets of at most `degree` bits and makes a model of them. How far
# is it from the teacher? We measure total variation, over all texts. A model that knows nothing, and calls every
# label a fair coin, is at distance $(1-2\eta)/2 = 0.4$.
#
# > **Predict first.** At which degree does the distance fall?

# %%
samples = parity_samples(secret, noise=0.1, samples=4_000, rng=stream(0, "notebook 04"))
correlations = label_correlations(samples)  # of all 64 subsets
others = [abs(a) for subset, a in correlations.items() if subset != S]
print(f"correlation with the secret {correlations[S]:.2f}, with any other subset at most {max(others):.2f}")
distances = []
for degree in range(7):
    tried = sum(comb(6, k) for k in range(degree + 1))
    distances.append(total_variation(teacher, low_degree_model(samples, degree)))
    print(f"degree {degree}: subsets {tried:2d}, total variation {distances[-1]:.2f}")
assert min(distances[:4]) > 0.39 and max(distances[4:]) < 0.1

# %% [markdown]
# At degree $|S| = 4$, not before, and then at once. So the information *is* in the samples: whoever looks at all
# subsets finds the secret. But there are $2^n$ subsets:

# %%
for n in (6, 20, 100):
    print(f"{n:3d} bits: {2**n:.1e} subsets; queries that are enough: {n}")

# %% [markdown]
# ## 5 · Is there a cleverer way?
#
# Without noise, yes. Each sample is a linear equation $\sum_i s_i x_i = y$ modulo 2, and Gaussian elimination solves
# `n` independent ones.

# %%
noiseless = parity_samples(secret, noise=0.0, samples=40, rng=stream(1, "notebook 04"))
print("found:", eliminate(noiseless), "secret:", secret)
assert eliminate(noiseless) == secret

# %% [markdown]
# > **Predict first.** Now a tenth of the labels is flipped. How often is elimination still right? With 6 bits? With 24?
#
# Elimination believes every equation that it uses. It is right when none of the `n` labels was flipped:
# probability $(1-\eta)^n$.

# %%
for n in (6, 12, 24):
    rng = stream(n, "notebook 04, elimination")
    hidden = rng.integers(2, size=n).tolist()
    right = [eliminate(parity_samples(hidden, 0.1, 3 * n, rng=rng)) == hidden for _ in range(200)]
    print(f"{n:2d} bits: right in {np.mean(right):.0%} of 200 trials; (1 - noise)^n = {0.9**n:.0%}")
    assert abs(np.mean(right) - 0.9**n) < 4 * np.sqrt(0.9**n * (1 - 0.9**n) / 200)

# %% [markdown]
# Trying again and again costs $(1-\eta)^{-n}$ trials: exponential once more. **What is known**: the fastest method
# known is that of Blum, Kalai and Wasserman (2003), $2^{O(n/\log n)}$ samples and time. **What is believed**: no
# algorithm learns parity with noise (LPN) from samples in time polynomial in `n`. That is not proved; cryptography is
# built on it.
#
# If that is so, low logit rank alone does not make a model learnable *from samples*. What else can one do? Ask.
#
# ## 6 · Queries
#
# The logit oracle (Definition 1.7) answers at any text that *we* choose. After the text with a single one, at
# position `i`, the label's logits have another sign if `i` is in the secret. One query per bit:

# %%
oracle = ll.oracles.Counted(ll.oracles.ExactOracle(noisy_parity(bits=40, seed=3)))
found = secret_from_queries(oracle, bits=40)
print("secret of 40 bits:", "".join(map(str, found)))
print("queries:", oracle.queries)
for x in stream(0, "fresh texts").integers(2, size=(5, 40)).tolist():
    label = int(np.dot(x, found) % 2)
    assert oracle.logits([x])[0].argmax() == label

# %% [markdown]
# Noise does not matter, up to any $\eta < 1/2$: the logits tell exactly how the coin is bent. Without logits, with
# labels drawn again and again after the *same* text, a majority vote does it: exercise 5.
#
# ## 7 · Algorithm 1 finds it by itself
#
# `secret_from_queries` knows that it looks for a parity. Algorithm 1 does not. It only knows how to ask, and that the
# rank should be small.

# %%
oracle = ll.oracles.ExactOracle(teacher)
result = ll.learn(oracle, horizon=7, config=LearnerConfig(spanner_samples=50, validation_samples=50), seed=0)
print(result.status.name, "- total variation below 1e-9:", total_variation(teacher, result.model) < 1e-9)
assert total_variation(teacher, result.model) < 1e-9

# %% [markdown]
# How? It works in rounds, which are called **epochs**: ask about some histories and futures, make a model, test it on
# fresh texts (notebook 09 tells all). At first it knows futures of one token. After short histories all of *those*
# logits are zero, so the model looks like coins, and one history per cut seems to say everything. Then a fresh text
# betrays an error at the label. A **witness** is a future that shows such an error, here one that reaches the label. It
# joins the list, and one more cut is understood:

# %%
for event in result.history:
    if event.kind == "witness":
        print(f"epoch {event.epoch}: at cut {event.data['cut']}, a future of {len(event.data['future'])} tokens")
witnesses = [event.data for event in result.history if event.kind == "witness"]
assert [w["cut"] + len(w["future"]) for w in witnesses] == [8] * 5  # all of them end with the label
spans = [event.data["spanner_sizes"] for event in result.history if event.kind == "span"]
assert set(spans[-1]) == {1}

# %% [markdown]
# One witness at each of the cuts 2 to 6, and a single spanning history at every cut: rank 1. What does it cost?
#
# > **Predict first.** Below, the number of texts that could be asked about doubles with every bit. What about the
# > queries?
#
# (How many texts are drawn in each epoch is set by hand, small and the same for all `n`.)

# %%
config = LearnerConfig(spanner_samples=32, validation_samples=16)
shares = []
queries = []
for n in (6, 8, 10, 12):
    model = noisy_parity(n, seed=1)
    run = ll.learn(ll.oracles.ExactOracle(model), n + 1, config, seed=0)
    shares.append(run.queries / (2 ** (n + 1) - 1))
    print(f"{n:2d} bits: {run.queries:5d} queries, {shares[-1]:4.0%} of all prefixes; {run.status.name}")
    assert total_variation(model, run.model) < 1e-6
    queries.append(run.queries)
assert shares == sorted(shares, reverse=True)
print(f"from 8 to 12 bits: {queries[-1] / queries[1]:.0f} times the queries, 16 times the prefixes")
assert queries[-1] / queries[1] < 12

# %% [markdown]
# At 6 bits it asks about everything, and nothing is saved; at 12 bits it still asks about more than half. But the share
# falls with `n`. That is what we see. What is *proved* (Theorem 1.2) is that a number of queries polynomial in `n` is
# enough, with far more texts per epoch than ours. A learner for *all* models of low logit rank pays more than one
# that was built for parities: 40 queries for 40 bits.
#
# ## Recap
#
# 1. Noisy parity has logit rank 1.
# 2. In samples, every statistic of fewer than $|S|$ bits is that of a fair coin (proved above). Looking at all
#    subsets, or eliminating until no label was flipped, takes exponential time; nothing much faster is known (LPN).
# 3. `n` queries read the secret, at any noise below 1/2.
# 4. Algorithm 1, which knows nothing of parities, finds it from queries: one long witness per cut.
#
# **References** (numbering of arXiv:2512.09892): Section 1.2, Definition 1.7, Theorem 1.2, Algorithm 1, Remark 5.8.
# A. Blum, A. Kalai, H. Wasserman, *Noise-tolerant learning, the parity problem, and the statistical query model*, J.
# ACM 50 (2003).

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong, with an example.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. The noise is 0.2. What is the total variation distance between the teacher and the model
# in which all bits, the label too, are fair coins?
#
# <details><summary>Hint</summary>After every text of bits: probabilities 0.8 and 0.2 against 0.5 and 0.5. Half of the
# sum of the absolute differences.</details>

# %%
# BEGIN SOLUTION
#: distance = ...
distance = (abs(0.8 - 0.5) + abs(0.2 - 0.5)) / 2
# END SOLUTION
check.nb04_coin_distance(distance)

# %% [markdown]
# **Exercise 2**. Write the statistic of section 3 for samples: the average of $(-1)^y \chi_R(x)$.


# %%
def correlation(tokens, subset):
    """tokens: int array (samples, bits + 1), the label last; subset: tuple of positions. A number."""
    # BEGIN SOLUTION
    return np.mean((-1.0) ** (tokens[:, -1] + tokens[:, list(subset)].sum(axis=1)))
    # END SOLUTION


check.nb04_correlation(correlation)

# %% [markdown]
# **Exercise 3**. Read the secret with queries: at most one per bit.
#
# <details><summary>Hint 1</summary>Ask about texts of all bits: the label is the token after them.</details>
# <details><summary>Hint 2</summary>With a single one at position i the parity is 1 if i is in the secret. Which logit
# is larger then?</details>


# %%
def read_secret(logits, bits):
    """logits: a function of a list of prefixes that returns an array (prefixes, 2). Returns a list of 0 and 1."""
    # BEGIN SOLUTION
    answers = logits([[int(i == j) for j in range(bits)] for i in range(bits)])
    return [int(one > zero) for zero, one in answers]
    # END SOLUTION


check.nb04_read_secret(read_secret)

# %% [markdown]
# **Exercise 4**. Elimination on 30 bits with noise 0.1: how many trials does it take on average until all 30 labels are
# right? (Trials are independent; give the nearest whole number, or one decimal.)
#
# <details><summary>Hint</summary>If a trial is right with probability p, the first right one comes after 1/p trials on
# average.</details>

# %%
# BEGIN SOLUTION
#: trials = ...
trials = round(1 / 0.9**30)
# END SOLUTION
check.nb04_trials(trials)

# %% [markdown]
# **Exercise 5** *(challenge)*. No logits now: `labels(prefix, count)` gives `count` labels drawn after the same text
# (Remark 5.8). Read a secret of 12 bits with noise up to 0.3, right in at least 19 of 20 trials.
#
# <details><summary>Hint 1</summary>Ask about the same texts as in exercise 3, and let the labels vote.</details>
# <details><summary>Hint 2</summary>How many labels make the majority wrong with probability below 1/1000? Hoeffding:
# exp(-2 m 0.2^2), m labels.</details>


# %%
def vote_secret(labels, bits):
    """labels(prefix, count) returns an array of count labels, 0 or 1. Returns a list of 0 and 1."""
    # BEGIN SOLUTION
    secret = []
    for i in range(bits):
        text = [int(i == j) for j in range(bits)]
        secret.append(int(np.mean(labels(text, 201)) > 0.5))
    return secret
    # END SOLUTION


check.nb04_vote_secret(vote_secret)

# %% [markdown]
# **Exercise 6** *(open)*. In the explorer: how many samples does the star need to stand above all other points, with
# 12 bits and noise 0.3? Other points are about $1/\sqrt{N}$ large, and the largest of $2^n$ of them about $\sqrt{2 n
# \log 2 / N}$. Compare your reading with $(1-2\eta)$.
