# %% [markdown]
# # 02 · Logit matrices and their rank
#
# A language model has a row of logits for every text, more rows than any computer can hold. If these rows are
# combinations of a few of them, the model can be learned from a few. So the question of this course is a question of
# linear algebra: **put the rows under each other. What is the rank?**
#
# **You will learn to**
#
# - build a logit matrix (Definition 1.3) and find its rank (Definition 1.4) on models that are known exactly;
# - measure how well rank $r$ approximates a real teacher (Definition 1.6, Equation 2, Figure 1), and fit a power law
#   with its uncertainty;
# - say why *logits* may have low rank where *probabilities* (Definition 3.1) cannot: copying, comparing, recalling.
#
# **You need** [notebook 01](01_logits_and_oracles.ipynb) (mean-centred logits, oracles), matrix rank and the singular
# value decomposition. **Time**: 40 minutes; all cells together run in about half a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu import measure
from lowlogit_edu.matrices.equivalence import mixed_matrix
from lowlogit_edu.matrices.logit_matrix import cut_matrix, cut_ranks, logit_matrix
from lowlogit_edu.matrices.probability_rank import rank_table
from lowlogit_edu.measure.recall import recall_matrices
from lowlogit_edu.widgets.logit_atlas import LogitAtlas
from lowlogit_edu.widgets.rank import RankExplorer
from lowlogit_edu.widgets.rank_specimens import recall_specimen, sampled_specimen

SEED = 0

# %% [markdown]
# ## 1 · A picture first
#
# Left: a matrix. Each row is a **history**, what was said so far. Each column is a **future** and a next token:
# "suppose the text goes on with these words; what is the logit of that token then?" A few rows and columns have the
# names of their texts. Then come the best approximation of rank $r$, what it **misses** (the difference), and the
# error against $r$, on a logarithmic scale. Below are five small models, all known exactly.
#
# > **Before you move anything, guess.** At which $r$ does the error of each model drop to zero? A *random table* has
# > nothing in common between its rows. *Noisy parity* tosses coins, then says whether some of them (a secret set) show
# > an even number of heads. *Copying* tosses 5 coins and then repeats them. *Comparing* writes two numbers and says
# > which is larger. Then choose **Entries: probabilities** and guess again.
#
# **Rank r** moves the second and the third picture; the Play button does it for you. At the right the solid line is the
# root mean square error, which the best approximation makes as small as possible; the dotted one is the mean absolute
# error, of which the paper speaks. The dashed line, once $r$ is there, is the rank that floats find.

# %%
explorer = RankExplorer()
explorer

# %%
RankExplorer(values={"specimen": "copying 5 bits", "rank": 4}).picture()

# %% [markdown]
# **What you should see.** Copying: error zero from rank 5 on, one dimension per bit to be kept. At rank 4, in the
# picture above, two columns are white in the approximation and all that is missed: the first bit is lost whole, and
# nothing else. (The second bit stands in twice as many columns, the third in four times as many; the best
# approximation gives up what costs least.) Noisy parity: rank 1. The random ISAN of dimension 4: rank 4. The table:
# 26, for there are 27 rows, but centring leaves 2 independent columns to each of the 13 futures. With probabilities
# copying jumps to rank 32: one dimension per *text*, and comparing is a riddle: in the picture rank 4 is as good as
# zero, floats count on to 7, and section 5 finds 16.

# %% [markdown]
# ## 2 · The logit matrix
#
# **Definition 1.3.** For histories $H$ and futures $F$ the logit matrix has a row per $h \in H$ and a column per pair
# of $f \in F$ and token $z$:
#
# $$L_M(H, F)_{h, (f, z)} = L_M(z \mid h \circ f),$$
#
# the mean-centred logit of $z$ after the history continued by the future. One query gives the $|\Sigma|$ entries that
# belong to one $h$ and one $f$. By hand, on a copying model with two bits:

# %%
copy = ll.models.copying(length=2, strength=3.0)
oracle = ll.oracles.Counted(ll.oracles.ExactOracle(copy))
histories = [[0, 0], [0, 1], [1, 0], [1, 1]]
futures = [[], [0]]
matrix = logit_matrix(oracle, histories, futures)
print(matrix)
print("queries:", oracle.queries, "for", matrix.size, "entries")
assert oracle.queries == len(histories) * len(futures)

# %% [markdown]
# The first two columns belong to the empty future: logits of 0 and of 1 as third token, the copy of the first bit. The
# last two belong to the future `0`: the copy of the second bit. Four rows, but each is a combination of two: the sum of
# the first and the last is zero, and so is the sum of the middle two.

# %%
print("rank:", np.linalg.matrix_rank(matrix))
assert np.allclose(matrix[0], -matrix[3]) and np.allclose(matrix[1], -matrix[2])

# %% [markdown]
# ## 3 · Logit rank
#
# **Definition 1.4.** $M$ has logit rank $d$ if no logit matrix has a larger rank. We always take histories of one
# length: *cut* $s$ stands before the $s$-th token, histories there have $s - 1$ tokens, and futures all lengths that
# still fit. `cut_matrix` asks for everything, which is possible for small models only.
#
# > **Predict.** A random ISAN keeps a state of 3 numbers (notebook 03 explains it). With horizon 6 and two tokens, what
# > are the ranks at cuts 1 to 6? Why can the first not be 3? Why not the last?

# %%
isan = ll.models.random_isan(alphabet_size=2, dimension=3, horizon=6, seed=SEED)
table = ll.models.random_table(alphabet_size=2, horizon=6, seed=SEED)
print("shape at each cut:", [cut_matrix(isan, cut).shape for cut in range(1, 7)])
print("ISAN, dimension 3:", cut_ranks(isan))
print("random table:     ", cut_ranks(table))
print("noisy parity:     ", cut_ranks(ll.models.noisy_parity(bits=5)))
assert max(cut_ranks(isan)) == 3 and cut_ranks(isan)[0] == 1

# %% [markdown]
# At the first cut there is one history, the empty one. At the last there is one future, the empty one, and with two
# tokens its two centred columns are each other's negatives: rank 1. In between, the ISAN never exceeds its dimension,
# and the table takes all the rank that it can get.
#
# **All cuts at once: the atlas.** Here are the four matrices of the copying model of section 2, side by side. A row is
# a history. A column is the future above a block ("now" is the empty one), then a next token. At first nothing is
# known. Move **Step**, or press Play: each step asks about one prefix, the short ones first, and its answer lights up.
# Click a cell, or move with the arrow keys, and read it in words.
#
# > **Predict.** You ask what comes after `0 1`. In how many of the matrices does the answer light up, and where?

# %%
atlas = LogitAtlas.of_model(copy)
atlas

# %%
at_cut_3 = atlas.atlas.cuts[2]
print("cut 3 has histories", at_cut_3.histories, "and futures", at_cut_3.blocks)
lit = [int((panel.since == 5).any(axis=2).sum()) for panel in atlas.atlas.cuts]
print("blocks that the answer about 0 1 fills at cuts 1 to 4:", lit)
assert np.allclose(at_cut_3.values[:, :2].reshape(4, 4), matrix)  # the matrix of section 2

# %% [markdown]
# One answer, one block at each cut where the prefix can be parted: a history and a future together are what counts.
#
# **Read the definition closely.** Why histories of *one* length? A state of 3 numbers may mean one thing after two
# tokens and another after three. Put histories of several lengths into one matrix, and the rank can exceed the
# dimension:

# %%
mixed = [np.linalg.matrix_rank(mixed_matrix(isan, cut)) for cut in range(1, 7)]
print("histories of all lengths up to the cut:", [int(rank) for rank in mixed])
assert max(mixed) > 3

# %% [markdown]
# Noisy parity is worth a second look. It has logit rank **1**, and yet nobody knows how to learn it efficiently from
# samples: each sample is a row of coin tosses with one noisy bit at the end (Section 1.2). Low logit rank makes
# learning easy only for those who may *ask*.

# %% [markdown]
# ## 4 · Nearly low rank: a real teacher
#
# Of a trained network we cannot hope for a rank that is exactly small: rounding alone raises it. **Definition 1.6**
# asks for less: that a matrix of rank $d$ be close *on average* over typical histories and futures. Typical means
# sampled from the teacher, history and future from *different* texts, with the last token of the history made uniform
# (the learner will try any token there).
#
# **Equation 2** is what we can measure: choose histories and futures, take the best approximation $A$ of rank $r$, and
# average the error of the entries,
#
# $$\frac{1}{|H|\,|F|\,|\Sigma|} \sum_{h, f, z} \bigl| A_{h,(f,z)} - L_M(z \mid h \circ f) \bigr| .$$
#
# "Best" means smallest sum of *squares*: the truncated singular value decomposition. Here are 256 histories of 4 to 16
# tokens and 48 futures of 0 to 8 tokens, told by the TinyStories teacher, with all 512 next tokens.

# %%
teacher = ll.oracles.TransformerOracle.from_pretrained("embedded")
sampled = measure.sampled_matrix(teacher, histories=256, futures=48, seed=SEED)
print("histories, futures, tokens:", sampled.logits.shape)
for history in sampled.histories[:3]:
    print("a history:", repr(teacher.decode(history)))
print("a future: ", repr(teacher.decode(max(sampled.futures, key=len))))

# %% [markdown]
# > **Predict.** An entry has size 3.0 on average. How small is the error of rank 1? Of rank 64? If you double the
# > rank, does the error halve?

# %%
ranks = [1, 2, 4, 8, 16, 32, 64]
errors = measure.rank_errors(sampled, [0, *ranks])
for rank, error, kl in zip(errors.ranks, errors.mean_absolute, errors.kl, strict=True):
    print(f"rank {rank:2}: mean absolute error {error:.2f} nats, KL of the next token {kl:.3f} nats")
assert (np.diff(errors.mean_absolute) < 0).all()

# %% [markdown]
# From rank 2 on each doubling takes off 10 to 22 percent: nearly a straight line on log-log paper, a **power law**.
# That is what the paper's Figure 1 shows for a much larger model. Our line, fitted from rank 2 to 64, a quarter of the
# matrix's size (beyond that every error bends down to zero, whatever the teacher):

# %%
law = measure.fit_power_law(ranks[1:], errors.mean_absolute[2:])
print(f"error ~ rank^({law.slope:.2f}), straightness R² = {law.r_squared:.2f}")
assert law.slope < 0 and law.r_squared > 0.9

# %% [markdown]
# **How sure is the exponent?** The residuals of the fit would give a standard error, but the points come from *one*
# matrix and lean together. A more honest spread: split histories and futures into four parts with nothing in common,
# and fit each. It also tests the paper's first observation, that the error hardly depends on the matrix's size. That
# would let us hope for the *whole* matrix, which nobody can see.

# %%
parts = [measure.subsample(sampled, 4, part=part) for part in range(4)]
small = [measure.rank_errors(part, ranks[1:5]) for part in parts]
slopes = [measure.fit_power_law(part.ranks, part.mean_absolute).slope for part in small]
whole = errors.mean_absolute[errors.ranks == 8][0]
at_8 = [part.mean_absolute[part.ranks == 8][0] for part in small]
print(f"slopes of the four quarters: {np.mean(slopes):.2f} on average, spread {np.std(slopes, ddof=1):.2f}")
print(f"error at rank 8: whole matrix {whole:.2f}, quarters {np.mean(at_8):.2f} on average")
assert abs(np.mean(at_8) - whole) < 0.2 * whole

# %% [markdown]
# Nearly, but not quite: four times as many rows and columns, and a slightly *larger* error, as one must expect of rank
# 8 with more to approximate. How far it goes on growing no matrix of this size can say.
#
# The theorem wants the error to fall like a *large* negative power of the rank. Measured exponents are far smaller than
# that (here and in the paper), which is why the learner on TinyStories (notebook 10) measures what it got instead of
# promising it.
#
# Look at the matrix itself. It is too wide for a screen, so the picture keeps the 8 likeliest tokens of each future.

# %%
story_matrix = {"TinyStories": sampled_specimen(sampled, teacher.decode)}
real = RankExplorer(story_matrix, values={"specimen": "TinyStories", "rank": 1})
real

# %%
RankExplorer(story_matrix, values={"specimen": "TinyStories", "rank": 16}).picture()

# %% [markdown]
# **What you should see.** Stripes: what is likely after a future depends on the future first. Rank 1 has all the
# stripes. What the *history* adds, the grain of the picture, is what the other ranks are for.

# %% [markdown]
# ## 5 · Why logits? The same models in probability space
#
# Older theory puts *probabilities* into the matrix. **Definition 3.1**: $M$ has (probability) rank $r$ if the
# matrices $M(f \mid h)$, with whole futures as columns, have rank at most $r$. A hidden Markov model with $r$ states
# does. Neither rank bounds the other:

# %%
hidden_markov = ll.models.hmm(states=3, alphabet_size=2, horizon=8, seed=SEED)
cut, logit_rank, probability_rank = rank_table(hidden_markov)[4]
print(
    f"hidden Markov model, 3 states, cut {cut}: probability rank {probability_rank}, logit rank above 6:",
    logit_rank > 6,
)
cut, logit_rank, probability_rank = rank_table(ll.models.copying(4))[4]
print(f"copying 4 bits, cut {cut}: probability rank {probability_rank}, logit rank {logit_rank}")

# %% [markdown]
# **Copying** is the simplest recall task: whoever repeats $n$ bits must tell $2^n$ pasts apart. The $2^n$ rows of
# probabilities are nearly disjoint, so nothing smaller than $2^n$ dimensions will do. In logit space the bits stay
# separate columns, and $n$ dimensions do.

# %%
for n in (2, 3, 4, 5):
    cut, logit_rank, probability_rank = rank_table(ll.models.copying(n))[n]
    print(f"copy {n} bits: logit rank {logit_rank}, probability rank {probability_rank}")
    assert (logit_rank, probability_rank) == (n, 2**n)

# %% [markdown]
# **Comparing** is subtler. Two numbers of $n$ bits are written, then a bit says which is larger, with a logit that is
# their difference (halved and centred): logit rank 2, always. The probabilities are, up to scaling of rows and columns,
# $\frac{1}{e^{s(x)} + e^{s(f)}}$, a *Cauchy matrix*, and Cauchy matrices have full rank $2^n$.
#
# > **Predict.** Floats have 16 digits. Will `numpy` find the rank of this matrix?

# %%
cut, logit_rank, in_floats = rank_table(ll.models.cauchy(bits=4))[4]
cut, logit_rank, in_80_digits = rank_table(ll.models.cauchy(bits=4), digits=80)[4]
print(
    f"comparing 4 bits: logit rank {logit_rank}, probability rank {in_80_digits}; with floats we would say {in_floats}"
)
assert (logit_rank, in_80_digits) == (2, 16) and in_floats < 16

# %% [markdown]
# Two lessons. Exact rank can be exponentially different in the two spaces. And exact rank is a delicate thing: here
# the probabilities are *close* to rank 4, because the numbers compared are all between 0 and 1. Copying is the
# stronger case.
#
# **And the real teacher?** Cut 40 stories in two, 12 tokens and 8 tokens, and put every second half after every first
# half. In one matrix stand the probabilities of whole futures, each column divided by its largest entry (which
# changes no rank). In the other stand the sums along the future of centred logits: sums of columns of the logit
# matrix, so of rank at most $d$ where the logit rank is $d$.

# %%
recall = recall_matrices(teacher, texts=40, history_length=12, future_length=8, seed=SEED)
name = "TinyStories, whole futures"
halves = {name: recall_specimen(recall, teacher.decode)}
both = RankExplorer(halves, values={"specimen": name, "entries": "probabilities", "rank": 8})
both

# %%
both.picture()

# %% [markdown]
# **What you should see.** With probabilities a nearly diagonal matrix: a story's end is likely after its own beginning
# and next to impossible after the others. No small rank comes near. Choose **Entries: logits**: the same diagonal is a
# mild darkening on a pattern that small ranks catch well.

# %%
remains = {}
for entries in ("logits", "probabilities"):
    root_mean_square = RankExplorer(halves, values={"specimen": name, "entries": entries}).errors()[1]
    remains[entries] = root_mean_square[16] / root_mean_square[1]
    print(f"{entries}: of the error of rank 1, rank 16 leaves {remains[entries]:.0%}")
assert remains["logits"] < 0.5 < remains["probabilities"]

# %% [markdown]
# ## Recap
#
# 1. The logit matrix has histories as rows, futures and next tokens as columns; a query gives a piece of one row.
# 2. Logit rank is the largest rank at any cut. ISANs of dimension $d$ have at most $d$; copying $n$ bits has $n$;
#    parity has 1.
# 3. A real teacher is only nearly of low rank: its error falls like a small negative power of the rank.
# 4. Recall is cheap in logits and exponentially dear in probabilities.
#
# Next: the models that have exactly low logit rank ([notebook 03](03_isans.ipynb)).
#
# **References** (numbering of [arXiv:2512.09892](https://arxiv.org/abs/2512.09892)): Definitions 1.3, 1.4, 1.6 and 3.1;
# Fact 1.1; Equation 2; Figure 1; Sections 1.2 and 3. The power law of singular values and KL: arXiv:2510.24966.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. 10 histories, 6 futures, an alphabet of 4 tokens. What is the shape of the logit matrix,
# and how many queries fill it?

# %%
# BEGIN SOLUTION
#: rows = ...
#: columns = ...
#: queries = ...
rows = 10
columns = 24
queries = 60
# END SOLUTION
check.nb02_shape((rows, columns, queries))

# %% [markdown]
# **Exercise 2**. Build the matrix of Definition 1.3 yourself, all tokens of the first future first.
# `oracle.logits(prefixes)` answers a batch of prefixes, one row each.
#
# <details><summary>Hint</summary>One prefix per history and future: h + f. Then one reshape.</details>


# %%
def my_logit_matrix(oracle, histories, futures):
    """Shape (number of histories, number of futures * alphabet size); words are lists of int."""
    # BEGIN SOLUTION
    prefixes = [h + f for h in histories for f in futures]
    return oracle.logits(prefixes).reshape(len(histories), -1)
    # END SOLUTION


check.nb02_logit_matrix(my_logit_matrix)

# %% [markdown]
# **Exercise 3**. Equation 2: the mean absolute error of the best approximation of rank $r$.
#
# <details><summary>Hint 1</summary>np.linalg.svd(matrix, full_matrices=False) gives U, the singular values,
# V.</details>
# <details><summary>Hint 2</summary>Keep the first r columns of U, the first r values, the first r rows of V.</details>


# %%
def rank_error(matrix, rank):
    """Mean absolute error, entry by entry, of the truncated singular value decomposition."""
    # BEGIN SOLUTION
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    approximation = (left[:, :rank] * values[:rank]) @ right[:rank]
    return np.abs(matrix - approximation).mean()
    # END SOLUTION


check.nb02_rank_error(rank_error)

# %% [markdown]
# **Exercise 4**. Without running anything: at the middle cut, what are the logit rank and the probability rank of
# copying **10** bits?

# %%
# BEGIN SOLUTION
#: logit_rank = ...
#: probability_rank = ...
logit_rank = 10
probability_rank = 2**10
# END SOLUTION
check.nb02_copying((logit_rank, probability_rank))

# %% [markdown]
# **Exercise 5**. Suppose the error falls like $r^{-0.25}$. By what factor must the rank grow to *halve* the error?

# %%
# BEGIN SOLUTION
#: factor = ...
factor = 2 ** (1 / 0.25)
# END SOLUTION
check.nb02_factor(factor)

# %% [markdown]
# **Exercise 6** *(challenge)*. A transformer's last layer multiplies a vector, as long as the network is *wide*, by
# one fixed matrix. So the logits of the *next token alone* (the single future `()`) have rank at most the width. Find
# out how wide the teacher is by asking for logits only.
#
# <details><summary>Hint 1</summary>measure.sampled_matrix with futures=1 and future_lengths=(0, 0); take more histories
# than the width can be.</details>
# <details><summary>Hint 2</summary>Look at the singular values of logits[:, 0]. The answers are float32: zero shows as
# about 1e-7 of the largest.</details>

# %%
# BEGIN SOLUTION
#: width = ...
teacher = ll.oracles.TransformerOracle.from_pretrained("embedded")
alone = measure.sampled_matrix(teacher, histories=300, futures=1, future_lengths=(0, 0), seed=SEED)
values = np.linalg.svd(alone.logits[:, 0], compute_uv=False)
width = int((values > 1e-5 * values[0]).sum())
# END SOLUTION
check.nb02_width(width)
