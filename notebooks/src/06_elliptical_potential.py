# %% [markdown]
# # 06 · The elliptical potential: how often can you be surprised?
#
# The learner of this course tests itself, fails, learns one thing from the failure, and tries again. Why does that
# ever end? Because what it learns from a failure is a *surprise*, and in $d$ dimensions there is room for only so many
# surprises. That is one short argument about an ellipsoid that shrinks. This notebook lets you play it, prove it and
# use it.
#
# **You will learn to**
#
# - say when a vector is a surprise, and see it as a picture: the ellipsoid of what is still unknown;
# - prove that surprises are few (Equation 12) in three short steps, each with a check;
# - explain why each witness of Algorithm 1 costs one surprise (Lemma 5.1, Equation 13).
#
# **You need** inner products, eigenvalues, determinants and traces; for section 6 the logit matrix (Definition 1.3).
# **Time**: 35 minutes; all cells together run in some seconds.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.algorithm.potential import EllipticalPotential, elliptical_bound
from lowlogit_edu.algorithm.trace import trace
from lowlogit_edu.experiments.arrivals import follow_arrivals, random_arrivals, surprise_limit, thrifty_arrivals
from lowlogit_edu.lemmas import adversarial_stream, few_witnesses, run_fits_the_potential
from lowlogit_edu.widgets.potential import PotentialExplorer
from lowlogit_edu.widgets.vector_game import VectorGame

SEED = 0

# %% [markdown]
# ## 1 · A game
#
# Somebody has written down a secret vector $v$ in the plane. Vectors $\varphi_1, \varphi_2, \dots$ arrive one by one.
# For each you are told that the number $\langle v, \varphi_j\rangle$ is small. What can $v$ still be?
#
# All that was seen is kept in one matrix, which starts as $V_0 = \lambda I$:
#
# $$V_j = \lambda I + \sum_{l \le j} \varphi_l \varphi_l^{\top}, \qquad
#   \text{still possible: } \{v : v^\top V_j\, v \le 1\} .$$
#
# Each vector squeezes this ellipsoid in its own direction. How far does it still reach in the direction of the next
# vector? The **surprise** of $\varphi$ is that reach, squared:
#
# $$\text{surprise}(\varphi) = \varphi^\top V^{-1} \varphi = \max_{v^\top V v \le 1} \langle v, \varphi\rangle^2 .$$
#
# A small example, by hand: with $\lambda = 1$ the vector (1, 0) has surprise 1. After it was seen, $V$ is
# diag(2, 1), and seeing it again has surprise 1/2. The other axis is as surprising as before.

# %%
potential = EllipticalPotential.start(dimension=2, regularization=1.0)
east = np.array([1.0, 0.0])
north = np.array([0.0, 1.0])
print("first time:", potential.surprise(east))
potential = potential.add(east)
print("second time:", potential.surprise(east), "- the other axis:", potential.surprise(north))
assert potential.surprise(east) == 0.5

# %% [markdown]
# ## 2 · Predict, play, watch
#
# > **Before you go on, write down three guesses.** Vectors of length 1 arrive in the plane, $\lambda = 0.1$, and a
# > vector counts as a surprise from 0.5 on. How many of 60 vectors surprise (a) if their directions are random, (b) if
# > it is always the same vector, (c) if somebody chooses them, of any length up to 1, to surprise as often as possible?
#
# For (c), be that somebody. In the game below the secret $v$ and the vectors $\varphi$ are drawn in one plane. At first
# $v$ may lie anywhere in a circle of radius $1/\sqrt{\lambda}$. Drag the dot at the end of $\varphi$, and look at the
# strip $\langle v, \varphi\rangle^2 \le 0.5$ between the dotted lines, which is the wider, the shorter $\varphi$ is. If
# the ellipse sticks out of it (orange), $\varphi$ is a surprise. Add it, and the ellipse shrinks to the green one.
# Waste nothing: a vector that surprises more than it must uses up room that you will miss.

# %%
# Run this cell to play.
game = VectorGame()
game

# %% [markdown]
# Five moves of somebody else, as a still picture. Which of them was wasted?

# %%
opening = VectorGame([(1, 0), (0, 1), (0.5, 0.5), (-0.6, 0.6), (0.7, 0.7)])
opening.picture()

# %% [markdown]
# The third, whose bar is grey. And the first two surprise by 10 where 0.5 would have done. Below the bars their number
# is drawn under three bounds, which the next sections explain.
#
# Press **Play** below, or move *Vectors so far* with the arrow keys. On the left, the blue ellipse is what was possible
# before the last vector (the arrow), the green one is what is left. The vector surprises if the blue ellipse sticks
# out of the dotted strip $\langle v, \varphi\rangle^2 \le \text{threshold}$. Try the presets, then the dimension and
# $\lambda$.

# %%
explorer = PotentialExplorer(seed=SEED)
explorer

# %%
explorer.picture()

# %% [markdown]
# Were you right? This adversary is greedy: always in the least known direction, with a vector just long enough to be a
# surprise. It is not the best. Whoever takes the *longest* vector that is only just a surprise, in whatever direction
# it lies, lets the ellipse stay long and thin, and gets further:

# %%
patient = []
directions = np.linspace(0, np.pi, 20_000)
units = np.column_stack([np.cos(directions), np.sin(directions)])
known = EllipticalPotential.start(dimension=2, regularization=0.1)
while True:
    sizes = np.einsum("ni,ij,nj->n", units, np.linalg.inv(known.matrix), units)  # surprises of vectors of length 1
    if sizes.max() < 0.5:
        break
    i = int(np.where(sizes >= 0.5, sizes, np.inf).argmin())
    patient.append(units[i] * min(1.0, np.sqrt(0.5 / sizes[i]) * (1 + 1e-9)))
    known = known.add(patient[-1])
print(len(patient), "surprises")

# %%
streams = {
    "random": random_arrivals(2, 60, 1.0, rng=np.random.default_rng(SEED)),
    "repeated": np.tile([0.6, 0.8], (60, 1)),
    "greedy": thrifty_arrivals(2, 60, 1.0, 0.1, 0.5, rng=np.random.default_rng(SEED)),
    "patient": np.array(patient),
}
counts = {name: int(follow_arrivals(rows, 0.1).surprising(0.5).sum()) for name, rows in streams.items()}
print(counts)
assert counts["repeated"] < counts["random"] < counts["greedy"] < counts["patient"] <= surprise_limit(2, 1.0, 0.1, 0.5)

# %% [markdown]
# ## 3 · The surprise is the reach of the ellipsoid
#
# Why is $\varphi^\top V^{-1}\varphi$ the largest $\langle v,\varphi\rangle^2$ on the ellipsoid? Cauchy and Schwarz, for
# the inner product that $V$ defines:
#
# $$\langle v, \varphi\rangle^2 = \langle V^{1/2} v,\; V^{-1/2}\varphi\rangle^2
#   \le (v^\top V v)\,(\varphi^\top V^{-1} \varphi),$$
#
# with equality for $v$ along $V^{-1}\varphi$. Check: 10,000 points on the outline of an ellipse never reach further,
# and the best of them gets there.

# %%
rng = np.random.default_rng(SEED)
V = np.diag([5.0, 0.5]) + 0.3
phi = np.array([0.4, 1.0])
surprise = phi @ np.linalg.solve(V, phi)
angles = np.linspace(0, 2 * np.pi, 10_000)
outline = np.column_stack([np.cos(angles), np.sin(angles)]) @ np.linalg.inv(np.linalg.cholesky(V))
reach = (outline @ phi) ** 2
print(f"surprise {surprise:.4f}, largest squared inner product {reach.max():.4f}")
assert reach.max() <= surprise * (1 + 1e-12) and np.isclose(reach.max(), surprise, rtol=1e-5)

# %% [markdown]
# ## 4 · Few surprises: a proof in three steps
#
# The volume of the ellipsoid is proportional to $1/\sqrt{\det V}$. So we keep an eye on the **potential**
# $\log\det V_j$. It can only grow, and:
#
# **Step 1: every surprise makes it grow.** Adding $\varphi\varphi^\top$ multiplies the determinant by one plus the
# surprise (the matrix determinant lemma):
#
# $$\det(V + \varphi\varphi^\top) = \det V \cdot (1 + \varphi^\top V^{-1}\varphi) .$$

# %%
vectors = random_arrivals(4, 60, 1.0, rng=rng)
arrivals = follow_arrivals(vectors, regularization=0.1)
gained = np.diff(arrivals.gains)
for j in (0, 1, 59):
    print(f"vector {j + 1}: surprise {arrivals.surprises[j]:.3f}, the potential grew by {gained[j]:.3f}")
assert np.allclose(gained, np.log1p(arrivals.surprises))

# %% [markdown]
# **Step 2: it cannot grow far.** The determinant is the product of the eigenvalues, the trace is their sum, and a
# geometric mean is at most the arithmetic mean. Each vector of norm at most $R$ adds at most $R^2$ to the trace:
#
# $$\det V_m \le \Bigl(\frac{\operatorname{tr} V_m}{d}\Bigr)^{d} \le \Bigl(\lambda + \frac{m R^2}{d}\Bigr)^{d}
#   \quad\Longrightarrow\quad
#   \log\frac{\det V_m}{\det V_0} \le d \,\log\Bigl(1 + \frac{m R^2}{d\lambda}\Bigr) .$$
#
# The right side grows like $\log m$: that is the dashed ceiling of the picture.

# %%
V = 0.1 * np.eye(4) + vectors.T @ vectors
eigenvalues = np.linalg.eigvalsh(V)
ceiling = 4 * np.log1p(60 / (4 * 0.1))
print(f"geometric mean {np.prod(eigenvalues) ** 0.25:.2f}, arithmetic mean {eigenvalues.mean():.2f}")
print(f"potential {arrivals.gains[-1]:.2f}, ceiling {ceiling:.2f}")
assert np.prod(eigenvalues) ** 0.25 <= eigenvalues.mean() and arrivals.gains[-1] <= ceiling

# %% [markdown]
# **Step 3: so there are few surprises.** Count each surprise as at most 1, because one huge surprise is still one. For
# $x \ge 0$ we have $\min(1, x) \le 2\log(1+x)$: the curve of the logarithm is concave, 0 at 0, and above 1 at 1.
# Add the three steps up and get Equation 12:
#
# $$\sum_{j=1}^{m} \min\bigl(1,\; \varphi_j^\top V_{j-1}^{-1}\varphi_j\bigr)
#   \le 2\log\frac{\det V_m}{\det V_0} \le 2d\,\log\Bigl(1 + \frac{mR^2}{d\lambda}\Bigr) .$$

# %%
x = np.linspace(0, 50, 100_001)
assert (np.minimum(1, x) <= 2 * np.log1p(x)).all()
total = np.minimum(1, arrivals.surprises).sum()
bound = elliptical_bound(dimension=4, count=60, radius=1.0, regularization=0.1)
print(f"sum {total:.2f} <= twice the potential {2 * arrivals.gains[-1]:.2f} <= bound {bound:.2f}")
assert total <= 2 * arrivals.gains[-1] <= bound

# %% [markdown]
# It is a theorem, so no stream may break it. Let 300 random ones try, of all sizes.

# %%
tried = 0
for _ in range(300):
    d = int(rng.integers(1, 8))
    m = int(rng.integers(1, 80))
    regularization = float(rng.uniform(0.01, 3))
    rows = rng.normal(size=(m, d)) * rng.uniform(0, 2, size=(m, 1))
    found = follow_arrivals(rows, regularization)
    longest = np.linalg.norm(rows, axis=1).max()
    assert np.minimum(1, found.surprises).sum() <= elliptical_bound(d, m, longest, regularization)
    tried += 1
print(tried, "streams, none broke the bound")

# %% [markdown]
# ## 5 · However long the stream
#
# The bound still grows with $m$, slowly. The *number* of surprises does not grow for ever. Take the surprising vectors
# alone, $n$ of them. Without the others $V$ is smaller, so they surprise each other at least as much, and each adds at
# least $\log(1 + \text{threshold})$ to the potential:
#
# $$n\,\log(1+\text{threshold}) \le d\,\log\Bigl(1+\frac{nR^2}{d\lambda}\Bigr) .$$
#
# The left side grows like $n$, the right side like $\log n$: there is a largest $n$. It is the green line of the
# picture, `surprise_limit` in the code.
#
# > **Predict**: the dimension is doubled. How do the adversary's count and the limit change?

# %%
for d in (2, 4, 8):
    rows = thrifty_arrivals(d, 2000, 1.0, 0.1, 0.5, rng=rng)
    count = int(follow_arrivals(rows, 0.1).surprising(0.5).sum())
    print(f"dimension {d}: the greedy one gets {count} surprises, the limit is {surprise_limit(d, 1.0, 0.1, 0.5)}")
    assert count <= surprise_limit(d, 1.0, 0.1, 0.5)

# %% [markdown]
# The greedy adversary gets about two thirds of the limit, so the argument wastes little. Both are proportional to the
# dimension, and that is the point: *not* to the number of vectors, *not* to the number of futures, which is exponential
# in their length.
#
# ## 6 · From surprises to witnesses (Lemma 5.1)
#
# Now the learner. At one cut $s$ of the text, low logit rank says: the logit of a future $f$ is an inner product
# $\langle u_h, \varphi_f\rangle$ in $d$ dimensions. In epoch $j$ the learner combines histories; if the combination is
# wrong, the error about *every* future is one inner product with one vector $v_j$ (Equation 20):
#
# $$\text{residual}_j(f) = \langle v_j, \varphi_f\rangle .$$
#
# | in the game | in Algorithm 1 |
# |---|---|
# | the vectors seen | futures $f_1, \dots, f_{j-1}$ already in the set $F_s$ |
# | $\langle v, \varphi\rangle$ is small on them | the linear program makes their residuals 0 (lines a and c) |
# | the next vector | the witness $f_j$: its residual is larger than $g$ (line 15) |
# | a surprise | the ellipsoid of errors that $F_s$ cannot see reaches out to $g$ in direction $\varphi_{f_j}$ |
#
# With an inexact oracle the old residuals are only at most $2e$. Take $\lambda = (e/B)^2$ for errors of length at most
# $B$. Then $v_j^\top V_{j-1} v_j \le \lambda B^2 + (j-1)(2e)^2 \le 4je^2$, and section 3 says (Equation 13)
#
# $$\varphi_j^\top V_{j-1}^{-1}\varphi_j \;\ge\; \frac{\langle v_j,\varphi_j\rangle^2}{v_j^\top V_{j-1} v_j}
#   \;\ge\; \frac{(g-e)^2}{4je^2} .$$
#
# If $g$ is so much larger than $e$ that this is at least 1, $g \ge e\,(1 + 2\sqrt{j})$, every witness is a surprise
# of at least 1, and Equation 12 says how many there can be.
#
# Here is a nasty stream of witnesses: along each axis the futures grow while the errors shrink, so that futures seen
# before are too short to feel the next error. It finds more witnesses than there are dimensions, and still not more
# than the lemma allows.

# %%
factors, errors = adversarial_stream(dimension=2, error=0.01, threshold=1.0, radius=1e6)
finding = few_witnesses(factors, errors, error=0.01, threshold=1.0)
print(finding.sentence)
residuals = np.abs(factors @ errors.T)  # row: future, column: epoch
print("new residuals at least", residuals.diagonal().min().round(6), "- seen before, at most", finding.numbers["seen"])
assert finding.holds and finding.numbers["witnesses"] > 2

# %% [markdown]
# Equation 13 by hand for the last of these witnesses:

# %%
j = len(factors)
e = 0.01
regularization = (e / np.linalg.norm(errors, axis=1).max()) ** 2
V = regularization * np.eye(2) + factors[:-1].T @ factors[:-1]
surprise = factors[-1] @ np.linalg.solve(V, factors[-1])
v = errors[-1]
least = (1.0 - e) ** 2 / (4 * j * e**2)
print(f"witness {j}: surprise at least {least:.1f}:", bool(surprise >= least))
assert v @ V @ v <= 4 * j * e**2 and surprise >= (v @ factors[-1]) ** 2 / (v @ V @ v) * (1 - 1e-9)

# %% [markdown]
# ## 7 · Each witness of Algorithm 1 costs one surprise
#
# > **Predict**: the teacher is a random ISAN of dimension 3. The oracle is exact, so each witness is a future whose
# > factor lies outside the span of those that its cut has already. How many witnesses can one cut find at most?

# %%
oracle = ll.oracles.ExactOracle(ll.models.random_isan(alphabet_size=2, dimension=3, horizon=6, seed=SEED))
*_, (state, _) = ll.learn_steps(oracle, horizon=6, config=ll.LearnerConfig(spanner_samples=500), seed=SEED)
epochs = trace(state, regularization=1e-6)
for row in epochs:
    if row.witness is None:
        print(f"epoch {row.epoch}: no witness. {state.status.value}")
    else:
        cut, future = row.witness
        about = f"{row.residual:.2f} nats about future {list(future)}"
        print(f"epoch {row.epoch}: cuts {cut - 1} and {cut} disagree by {about}")

# %% [markdown]
# Every epoch but the last found a witness, and each was a surprise of at least 1 at its cut. No cut had more witnesses
# than dimensions, and the growth of its potential paid for all of them.

# %%
surprises = [row.surprise for row in epochs if row.surprise is not None]
print("witnesses:", len(surprises), "- each a surprise of at least 1:", min(surprises) >= 1)
print(run_fits_the_potential(epochs, dimension=3).sentence.split(";")[0])
assert min(surprises) >= 1 and run_fits_the_potential(epochs, dimension=3).holds

# %% [markdown]
# That is why the learner ends (Lemma 5.6): $T$ cuts, each with room for about $d$ surprises, up to a logarithm. Then
# an epoch finds no witness. (One whose programs have no solution finds none either, and proves nothing; such epochs are
# rare if the spanners were drawn from enough histories.) A test that finds nothing wrong on fresh texts says: with high
# probability the model is right, on average over texts like those (Lemmas 5.7 and 5.8; notebook 09b).
#
# ## Recap
#
# 1. Surprise is the squared reach of the ellipsoid of what is still unknown: $\varphi^\top V^{-1}\varphi$.
# 2. A surprise multiplies $\det V$ by more than 1; the trace keeps $\det V$ from growing far; so surprises are few.
# 3. The bound is about $d$ times a logarithm, also against an adversary, and does not depend on the number of futures.
# 4. A witness of Algorithm 1 is a surprise. Witnesses are few, so learning ends.
#
# **References** (numbering of arXiv:2512.09892): Section 2.2; Definition 5.1; Lemma 5.1; Equations 12 and 13; Lemma 5.6
# with Equation 20; Algorithm 1, lines 15 to 17. The elliptical potential is Lemma 19.4 in Lattimore and Szepesvári,
# *Bandit Algorithms*.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. $\lambda = 1$, and the vector (2, 0) has been seen twice. How surprising is it now?

# %%
# BEGIN SOLUTION
#: third_time = ...
third_time = 4 / (1 + 4 + 4)
# END SOLUTION
check.nb06_third_time(third_time)

# %% [markdown]
# **Exercise 2**. Write the surprise of a vector after some others. `seen` has shape (vector, dimension).
#
# <details><summary>Hint 1</summary>Build V first; the sum of all outer products is one matrix product.</details>
# <details><summary>Hint 2</summary>V = regularization * np.eye(d) + seen.T @ seen, and no inverse is needed:
# np.linalg.solve.</details>


# %%
def surprise_after(seen, phi, regularization):
    """phi^T V^-1 phi, V made of the rows of seen."""
    # BEGIN SOLUTION
    gram = regularization * np.eye(len(phi)) + seen.T @ seen
    return phi @ np.linalg.solve(gram, phi)
    # END SOLUTION


check.nb06_surprise(surprise_after)

# %% [markdown]
# **Exercise 3**. Count the surprises of a stream: each vector is compared with all those *before* it.
#
# <details><summary>Hint</summary>A loop over the rows; use your function of exercise 2 on rows[:j].</details>


# %%
def count_surprises(rows, regularization, threshold):
    """How many rows have a surprise of at least threshold."""
    # BEGIN SOLUTION
    return sum(surprise_after(rows[:j], row, regularization) >= threshold for j, row in enumerate(rows))
    # END SOLUTION


check.nb06_count(count_surprises)

# %% [markdown]
# **Exercise 4**. Step 3 used $\min(1, x) \le 2 \log(1 + x)$. The 2 is generous. What is the smallest constant that is
# right for all $x \ge 0$?
#
# <details><summary>Hint 1</summary>Plot min(1, x) / log(1 + x). Where is it largest?</details>
# <details><summary>Hint 2</summary>It rises up to x = 1 and falls behind it.</details>

# %%
# BEGIN SOLUTION
#: constant = ...
constant = 1 / np.log(2)
# END SOLUTION
check.nb06_constant(constant)

# %% [markdown]
# **Exercise 5** *(challenge)*. Be the adversary: find 60 vectors in the plane, of norm at most 1, of which at least 20
# surprise by 0.5 or more, for $\lambda = 0.01$. The axes in turn make 4.
#
# <details><summary>Hint 1</summary>A long vector is one surprise and spoils its direction for ever. How short may it be
# and still surprise?</details>
# <details><summary>Hint 2</summary>Along one axis with V = v, a length of sqrt(0.5 v) is just enough, and turns v into
# 1.5 v. How often, until the length would pass 1? Mind rounding: be a trifle longer.</details>


# %%
def sly_vectors():
    """An array of shape (60, 2)."""
    # BEGIN SOLUTION
    known = np.full(2, 0.01)
    rows = np.zeros((60, 2))
    for row in rows:
        axis = known.argmin()
        row[axis] = min(1.0, np.sqrt(0.5 * known[axis]) * (1 + 1e-6))
        known[axis] += row[axis] ** 2
    return rows
    # END SOLUTION


check.nb06_sly_vectors(sly_vectors)

# %% [markdown]
# **Exercise 6** *(challenge, no check)*. Show that $\lambda$ hardly matters: halving it adds about
# $d \log 2 / \log(1 + \text{threshold})$ to the limit. Then find in the explorer where it does matter: how many
# surprises are left when $R^2/\lambda$ falls below the threshold, and why need the limit not be 0 there?
