# %% [markdown]
# # 07 · Spanners: a few rows that carry all others
#
# A logit matrix has one row per history: too many to store. If its rank is low, a few rows are enough, and every other
# row is a combination of them. But *which* few? With a bad choice the combinations need coefficients like 150, and
# every small error of a logit is multiplied by that. A **barycentric spanner** is a choice with coefficients of at most
# two. This notebook shows how to find one, and that random samples are enough to find one that works for nearly all
# histories.
#
# **You will learn to**
#
# - find a barycentric spanner by swapping (Definition 5.2), and prove that swapping ends;
# - say why a spanner of samples carries nearly all of a distribution (Definition 5.3, Lemma 5.2, Algorithm 3);
# - tell from the size of a spanner whether a model is of low logit rank: ISANs against a transformer.
#
# **You need** logit matrices (Definition 1.3), determinants, and Cramer's rule by name.
# **Time**: 45 minutes; all cells together run in less than a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.experiments.sampled_spanners import missed_rows, pair_areas, spanner_sizes
from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix, word_logits
from lowlogit_edu.matrices.spanner import barycentric_spanner, barycentric_steps, dist_spanner, spanner_coefficients
from lowlogit_edu.widgets.logit_atlas import LogitAtlas
from lowlogit_edu.widgets.sampled_spanner import SamplesExplorer
from lowlogit_edu.widgets.spanner import SpannerExplorer
from lowlogit_edu.widgets.spanner_game import SpannerGame

SEED = 0

# %% [markdown]
# ## 1 · Two rows, one parallelogram
#
# Take rows with only two columns, so that each is a point of the plane. Two rows $x_1, x_2$ that are not on one line
# span everything. The coefficients of a row $x = c_1 x_1 + c_2 x_2$ are its coordinates in the frame of the two.
#
# A **C-barycentric spanner** (Definition 5.2): every row has $|c_1| \le C$ and $|c_2| \le C$. In the plane: all
# points lie in the parallelogram of the corners $\pm C x_1 \pm C x_2$, "the box".
#
# The picture begins with a bad choice: the two rows that span the least area, but for pairs that are nearly on a line.
#
# - Left: the rows, the two chosen (arrows), their area (green) and the box (blue).
# - Middle: the same rows as coefficients. Here the box is a square.
# - Right: the area, one more bar after each swap.
#
# > **Predict before you press Play**: each step swaps in a row from outside the box. Does the area always grow? Can it
# > go on for ever? With C = 2, can a swap less than double the area?

# %%
explorer = SpannerExplorer(seed=SEED)
explorer

# %%
explorer.picture()

# %% [markdown]
# **What you should see.** The area grows with every swap, always more than C times, and in the end no row is outside.
# Sections 2 and 3 say why. In numbers, with another explorer, so that yours stays as you left it:

# %%
other = SpannerExplorer(seed=SEED)
print("rows outside at first:", other.summary().split(". ")[1])
for swap in range(1, other.swaps + 1):
    other.set(step=swap)
    print(f"swap {swap}:", other.summary().split(". ")[-2])
assert not other.coefficients().max() > 2 and not other.coefficients().min() < -2

# %% [markdown]
# Try the presets: all rows on a line (then one row is enough), two clusters, one outlier. Then set *C* to 1.05: the
# swapping takes much longer. Which row the rule swaps in is free, as long as it is outside the box: "the row just
# outside" makes many small swaps, "the row farthest outside" a few large ones.
#
# ## 2 · The swap rule
#
# Put row $x$ in the place of $x_i$. What happens to the determinant? It is linear in each row, and a determinant with
# two equal rows is zero. So
#
# $$\det(\dots, x, \dots) = \det\Bigl(\dots, \sum_j c_j x_j, \dots\Bigr) = c_i \det(\dots, x_i, \dots).$$
#
# **Swapping multiplies the volume by the coefficient.** That is Cramer's rule, read as an algorithm: *while some
# coefficient is larger than C, swap that row in.* Check it on every row and both places:

# %%
points = np.random.default_rng(SEED).normal(size=(30, 2))
pair = [0, 1]
coefficients = spanner_coefficients(points, points[pair])
for place in (0, 1):
    for row in range(30):
        swapped = [row if i == place else old for i, old in enumerate(pair)]
        factor = np.linalg.det(points[swapped]) / np.linalg.det(points[pair])
        assert np.isclose(factor, coefficients[row, place])
print("all 60 swaps multiply the area by the coefficient")

# %% [markdown]
# Now you swap. Of the nine rows below two span (blue lines). Drag a row, or move it with the arrow keys; the row that
# you touched last is the one that you propose. The dashed bar is the area that it would make; the rule allows the swap
# if the bar passes the dotted line, C times the last area. Enter or a button swaps the row in, allowed or not.
#
# > **Guess, then drag**:
# >
# > (a) You drag a row in the direction of one of the blue lines. In place of which of the two does its area stay as it
# > is?
# >
# > (b) You press *Start again*, then, with C = 2, *Swap the worst* until nothing is outside. Do you have the pair of
# > the largest area? And with C = 1? (*The largest area of all* tells, when you ask.)
# >
# > (c) Is there a cloud of rows where a swap that the rule allows makes the area smaller?

# %%
# Run this cell to play.
game = SpannerGame()
game

# %% [markdown]
# One swap of somebody else, as a still picture. Which row would you swap in next?

# %%
played = SpannerGame()
played.swap_worst()
played.picture()

# %% [markdown]
# <details><summary>To compare</summary>(a) In place of the other one: what is added is a multiple of the row that
# stays, and a determinant does not see it. (b) Neither. With C = 2 the loop ends at 2.67, where a swap would gain a
# little, but not twice; with C = 1 at 2.73, where no <i>single</i> swap gains anything. The largest area is 2.99: two
# swaps at once. (c) No: allowed means that the area grows more than C times.</details>

# %% [markdown]
# ## 3 · Why it ends
#
# Each swap multiplies the volume by more than $C > 1$, and no choice of rows has more than the largest volume. So
#
# $$\text{swaps} \le \frac{\log(\text{largest volume} / \text{first volume})}{\log C} .$$
#
# When it ends, no coefficient is above C: the result *is* a C-barycentric spanner. (For C = 1 the pair of the largest
# area is one, which shows that it exists; but finding it can take long in high dimension. C = 2 is the paper's price
# for speed.)

# %%
areas = pair_areas(points)
first = [int(i) for i in np.unravel_index(np.where(areas > 1e-3, areas, np.inf).argmin(), areas.shape)]
for C in (4.0, 2.0, 1.1):
    states = list(barycentric_steps(points, bound=C, start=first))
    most = np.log(areas.max() / areas[tuple(first)]) / np.log(C)
    print(
        f"C = {C}: {len(states) - 1} swaps, at most {most:.1f} possible; largest coefficient {states[-1].largest:.2f}"
    )
    assert len(states) - 1 <= most and states[-1].largest <= C

# %% [markdown]
# What good is a bounded coefficient? If each stored logit is off by $\varepsilon$, a combination of $m$ rows is off by
# at most $m C \varepsilon$. With the two rows that span least (but for those on one line), the same error is multiplied
# by the coefficients that they need.
#
# > **Predict** the ratio of the two errors, then run the cell.

# %%
noise = 1e-3 * np.random.default_rng(1).choice([-1.0, 1.0], size=points.shape)
errors = {}
for name, rows in {"worst pair": first, "spanner": barycentric_spanner(points)}.items():
    c = spanner_coefficients(points, points[rows])
    errors[name] = np.abs(c @ (points + noise)[rows] - points).max()
    print(f"{name}: coefficients up to {np.abs(c).max():.1f}, errors up to {errors[name]:.4f}")
assert errors["spanner"] <= 2 * 2 * 1e-3 < errors["worst pair"]

# %% [markdown]
# ## 4 · A spanner of samples (Algorithm 3)
#
# There are $|\Sigma|^{s-1}$ histories at cut $s$; nobody can look at all rows. `DistSpanner` draws $N$ histories from
# the model and takes a spanner of *their* rows. New histories may fall outside its box. A spanner is **$(\varepsilon,
# C)$-distributional** (Definition 5.3) if that happens with probability at most $\varepsilon$.
#
# Why should few samples do? Here is a short argument, for the pair of *largest* area and C = 1. Draw $N + 1$ points and
# look at the pair of largest area among all of them. The last point is one of these two with probability
# $2/(N+1)$, since the points come in random order. If it is not, the pair is also the best of the first $N$, and the
# last point is in its box, or swapping it in would give more area. So in the plane
#
# $$\Pr[\text{a fresh point is missed}] \le \frac{2}{N+1}, \qquad\text{with } m \text{ columns}\quad \frac{m}{N+1} .$$
#
# For C = 2 and swapping this proves nothing: the box is larger, but the pair need not be the best. We can observe what
# happens then.
#
# > **Predict**: rows of length 4, C = 2, normal distribution. How many samples until a spanner misses less than one
# > fresh row in a hundred? Then choose heavy tails, where a few rows are very long: is it worse?
#
# Press **Play**: more and more samples.

# %%
samples = SamplesExplorer(law="normal", seed=SEED)
samples

# %%
SamplesExplorer(law="normal", step=6, seed=SEED).picture()

# %% [markdown]
# **What you should see.** The mean of five spanners (orange) stays below $m/(N+1)$ (dashed), with heavy tails, too.
# That is an observation about spanners found by swapping, not a theorem.

# %%
for law in ("normal", "heavy tails", "a rare direction"):
    means = SamplesExplorer(law=law, step=6, seed=SEED).shares().mean(axis=1)
    print(f"{law:16} missed with 10, 20, 50, 100, 200, 500 samples:", means.round(4))
    assert (means < 4 / (np.array([10, 20, 50, 100, 200, 500]) + 1)).all()

# %% [markdown]
# Lemma 5.2 promises more than a mean: with probability $1-\delta$ *over the samples*, the spanner is good. The blue
# curve is the number of samples that a proof gives for this (`spanner_sample_size`; a bound by compression, smaller
# than the published one). Experience is kinder than the proofs. The argument above, as a check: 5,000 times, the pair
# of largest area among 20 points, and one fresh point.

# %%
rng = np.random.default_rng(SEED)
missed = 0
for _ in range(5000):
    cloud = rng.standard_t(1.5, size=(21, 2))
    areas = pair_areas(cloud[:20])
    best = list(np.unravel_index(areas.argmax(), areas.shape))
    missed += int(missed_rows(cloud[20:], cloud[best], bound=1.0)[0])
print(f"missed {missed / 5000:.3f} of the time; at most 2 / 21 = {2 / 21:.3f} is expected")
assert missed / 5000 <= 2 / 21 + 3 * np.sqrt(2 / 21 / 5000)

# %% [markdown]
# Is $m/(N+1)$ true of *every* 2-spanner of $N$ samples, then? No. Take points on a circle, of which six in ten are
# pulled to half of its radius. Among all pairs of 30 samples that are 2-spanners, choose the one that misses most, and
# judge it by fresh points that did not choose it:

# %%
shares = []
first, second = np.triu_indices(30, 1)  # all pairs of the 30 samples; the other 1,000 points are fresh
for _ in range(200):
    angle = rng.uniform(0, 2 * np.pi, 1030)
    radius = np.where(rng.random(1030) < 0.6, 0.5, 1.0)
    areas = pair_areas(radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))
    largest = np.maximum(areas[:, first], areas[:, second]) / areas[first, second]  # coefficient, by Cramer's rule
    missed = largest[30:, largest[:30].max(axis=0) <= 2] > 2
    worst = missed[:500].mean(axis=0).argmax()
    shares.append(missed[500:, worst].mean())
error = np.std(shares) / np.sqrt(len(shares))
print(f"the worst 2-spanners miss {np.mean(shares):.3f} +- {error:.3f}; 2 / 31 = {2 / 31:.3f}")
assert np.mean(shares) > 2 / 31 + 3 * error

# %% [markdown]
# ## 5 · Spanners of a language model
#
# Now real rows: those of a random ISAN of dimension 6 at the cut after 7 tokens. There are 128 histories, few enough to
# know the probability of each, so the share that a spanner misses is exact.

# %%
teacher = ll.models.random_isan(alphabet_size=2, dimension=6, horizon=11, seed=SEED)
oracle = ll.oracles.ExactOracle(teacher)
futures = [word for length in (1, 2, 3) for word in all_words(2, length)]
histories = all_words(2, 7)
rows = word_logits(oracle, histories, futures)
probabilities = np.exp(teacher.log_probabilities()).reshape(len(histories), -1).sum(axis=1)
print(len(histories), "histories,", len(futures), "futures, total probability", probabilities.sum().round(9))

# %%
shares = {}
for N in (3, 10, 20, 50):
    found = [dist_spanner(oracle, futures, 7, N, rng=np.random.default_rng(s))[1] for s in range(20)]
    shares[N] = np.mean([probabilities[missed_rows(rows, spanner)].sum() for spanner in found])
    print(f"{N} samples: {len(found[0])} rows in the first spanner; mean probability missed {shares[N]:.1%}")
assert shares[3] > shares[10] > shares[20] > shares[50]

# %% [markdown]
# Once the samples span all six dimensions, hardly any history is missed. (Repeated samples cost nothing:
# `dist_spanner` drops them before it asks.)
#
# A learner has a spanner at *every* cut. In the atlas of notebook 02 they are the rows framed in green: here those of
# the full learner (notebook 09) on an ISAN of dimension 3, from 12 histories at each cut. Move the step from one epoch
# to the next: new columns, new spanners.

# %%
small = ll.models.random_isan(alphabet_size=2, dimension=3, horizon=6, seed=SEED)
LogitAtlas.of_run(ll.oracles.ExactOracle(small), 6, ll.LearnerConfig(spanner_samples=12), SEED, frame=-1)

# %% [markdown]
# ## 6 · How large does a spanner grow?
#
# > **Predict**: rows of the ISAN with more and more samples, and with longer and longer futures. Where does the size
# > stop?

# %%
drawn = teacher.sample(400, seed=SEED)[:, :7].tolist()
sizes = {}
for longest in (1, 2, 3, 4):
    words = [word for length in range(1, longest + 1) for word in all_words(2, length)]
    sizes[longest] = spanner_sizes(word_logits(oracle, drawn, words), [2, 4, 8, 16, 100, 400])
    print(f"futures up to length {longest} ({len(words):2} columns): size by samples {sizes[longest]}")
assert max(sizes[4].values()) == sizes[3][400] == 6

# %% [markdown]
# It stops at 6, the dimension, in both directions: more samples and more futures bring nothing new. (With futures of
# one token there is one free number per history, so one row is enough. That spanner knows nothing about the day after
# tomorrow.) That is low logit rank, seen by an algorithm that only asks.
#
# And a real transformer? The embedded TinyStories teacher has 512 tokens and is 160 numbers wide. Rows here are logits
# after histories of 12 tokens; first the next token alone, then also one future of three tokens. Directions that
# rounding could explain are not counted.

# %% tags=["needs-torch"]
oracle = ll.oracles.TransformerOracle.from_pretrained("embedded")
texts = ll.oracles.sample(oracle, 300, 15, rng=np.random.default_rng(SEED))
histories = np.unique(texts[:, :12], axis=0)
found = {}
for futures in ([()], [(), tuple(texts[0, 12:15].tolist())]):
    rows = logit_matrix(oracle, np.random.default_rng(SEED).permutation(histories).tolist(), futures)
    grown = spanner_sizes(rows, [20, 80, 160, 240], tolerance=1e-3)
    print(f"queries per history {len(futures)}, {rows.shape[1]} columns: size by histories {grown}")
    found[len(futures)] = grown

# %% tags=["needs-torch"]
assert found[1][240] == oracle.model.config.hidden_size == 160
assert found[2][240] > 220

# %% [markdown]
# The logits of **one** query stop at the width, 160: the last layer is a matrix with 160 columns. With one more query
# per history they go on growing: nearly every new history is a new direction. A transformer is *not* of low logit rank
# in the exact sense; it is close to low rank on average (Definition 1.6). So the practical learner (notebook 10) keeps
# a fixed rank, and measures what it loses.
#
# ## Recap
#
# 1. A C-barycentric spanner carries every row with coefficients of at most C; errors grow at most $mC$ times.
# 2. Swapping a row in multiplies the volume by its coefficient; so swapping ends, after at most a logarithm of swaps.
# 3. The rows of largest volume among $N$ samples miss at most $m/(N+1)$ of any distribution on average (proved for
#    C = 1). Spanners found by swapping with C = 2 missed no more (observed); not every 2-spanner is that good.
# 4. For a model of low logit rank the spanner stops growing, at the rank. For a transformer it does not.
#
# **References** (numbering of arXiv:2512.09892): Definitions 5.2 and 5.3; Lemma 5.2; Algorithm 3 (DistSpanner), used in
# Algorithm 1, line 8; Definition 1.6. Swapping is due to Awerbuch and Kleinberg (2008).

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. The spanner is (2, 1) and (0, 1). The row (5, 1) is swapped in for (2, 1). By which factor
# does the area grow?

# %%
# BEGIN SOLUTION
#: factor = ...
factor = 5 / 2
# END SOLUTION
check.nb07_area_factor(factor)

# %% [markdown]
# **Exercise 2**. Write the coefficients of a row. The spanner has shape (m, m), one row each, and is invertible.
#
# <details><summary>Hint</summary>row = c @ spanner. np.linalg.solve wants the unknown on the right:
# transpose.</details>


# %%
def coefficients_of(row, spanner):
    """c with c @ spanner = row, shape (m,)."""
    # BEGIN SOLUTION
    return np.linalg.solve(spanner.T, row)
    # END SOLUTION


check.nb07_coefficients(coefficients_of)

# %% [markdown]
# **Exercise 3**. Write one step of the swapping: given all rows, the indices of the spanner and C, return the new list
# of indices, or the old one if every coefficient is in the box.
#
# <details><summary>Hint 1</summary>spanner_coefficients(rows, rows[chosen]) has one line per row and one column per
# place in the spanner.</details>
# <details><summary>Hint 2</summary>Find the entry of largest absolute value: its line comes in, its column goes
# out.</details>


# %%
def swap_once(rows, chosen, bound):
    """The spanner's indices after one swap."""
    # BEGIN SOLUTION
    c = np.abs(spanner_coefficients(rows, rows[list(chosen)]))
    row, place = np.unravel_index(c.argmax(), c.shape)
    if c[row, place] <= bound:
        return list(chosen)
    return [int(row) if i == place else old for i, old in enumerate(chosen)]
    # END SOLUTION


check.nb07_swap_rule(swap_once)

# %% [markdown]
# **Exercise 4**. Now loop it. Start with the given rows, swap by your rule of exercise 3 until nothing is outside, and
# return the list of areas |det|: before the first swap, then after each one. (So the number of swaps is the length of
# the list minus 1.) For the rows (1, 0), (0, 1), (3, 0), the start [0, 1] and C = 2 it is [1, 3].
#
# <details><summary>Hint</summary>swap_once returns the old indices when there is nothing to swap: then stop. Which
# order the indices are in does not matter.</details>


# %%
def areas_of_swaps(rows, start, bound):
    """The areas |det| along the swapping, a list; rows have as many columns as the spanner has rows."""
    # BEGIN SOLUTION
    chosen = list(start)
    areas = [abs(np.linalg.det(rows[chosen]))]
    while True:
        after = swap_once(rows, chosen, bound)
        if sorted(after) == sorted(chosen):
            return areas
        chosen = after
        areas.append(abs(np.linalg.det(rows[chosen])))
    # END SOLUTION


check.nb07_areas_of_swaps(areas_of_swaps)

# %% [markdown]
# **Exercise 5**. The spanner that swapping starts with has volume 0.001; no choice of rows has more than 8. How many
# swaps can there be at most, with C = 2?
#
# <details><summary>Hint</summary>How often can 0.001 be doubled without passing 8? Each swap does more than
# double.</details>

# %%
# BEGIN SOLUTION
#: most_swaps = ...
most_swaps = int(np.log2(8 / 0.001))
# END SOLUTION
check.nb07_most_swaps(most_swaps)

# %% [markdown]
# **Exercise 6**. Write the share of fresh rows that a spanner misses.
#
# <details><summary>Hint</summary>A row is missed if any of its coefficients is outside: both signs count.</details>


# %%
def share_missed(fresh, spanner, bound):
    """Share of the rows of fresh with a coefficient outside [-bound, bound]; spanner is invertible."""
    # BEGIN SOLUTION
    return float((np.abs(spanner_coefficients(fresh, spanner)).max(axis=1) > bound).mean())
    # END SOLUTION


check.nb07_share_missed(share_missed)

# %% [markdown]
# **Exercise 7** *(challenge, no check)*. Show that the pair of largest area is a 1-barycentric spanner, and that a
# C-barycentric spanner of $m$ rows has at least $1/(C^m m!)$ of the largest volume. Then set C to 1.05 in the explorer:
# why are there so many swaps now? Compare with the bound of section 3.
