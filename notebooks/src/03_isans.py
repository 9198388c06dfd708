# %% [markdown]
# # 03 · ISANs: a state, and a matrix for every token
#
# A text can be long, and what a model has to remember of it can still be small. An **ISAN** remembers a text as `d`
# numbers and reads each token by multiplying them with a matrix. This notebook shows that ISANs are exactly the models
# of low logit rank: rank is memory.
#
# **You will learn to**
#
# - build an ISAN by hand and follow its state (Definition 1.5 of
#   [arXiv:2512.09892](https://arxiv.org/abs/2512.09892));
# - go both ways of Fact 1.1: from a state to low rank, and from a matrix of low rank back to a state;
# - choose a basis in which all coordinates stay small;
# - say why histories of different lengths must not share a matrix.
#
# **You need** matrices, rank and bases; mean-centred logits and the logit matrix (Definitions 1.2 and 1.3).
# **Time**: 35 minutes; all cells together run in a few seconds.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.matrices.equivalence import cut_factors, isan_from_model, mixed_ranks
from lowlogit_edu.matrices.logit_matrix import cut_matrix, cut_ranks
from lowlogit_edu.matrices.probability_rank import rank_table
from lowlogit_edu.matrices.spanner import barycentric_spanner, spanner_coefficients
from lowlogit_edu.models import copying, random_isan, random_table, steady_isan
from lowlogit_edu.widgets.isan_bases import BasisExplorer
from lowlogit_edu.widgets.isan_states import StateExplorer

# %% [markdown]
# ## 1 · Look at one
#
# The state below is a point in the plane, and there are two tokens. Reading `a` turns the plane by 40 degrees,
# reading `b` mirrors it at the horizontal axis. The state begins at (1, 0).
#
# > **Predict first.** Where is the state after `aab`? And after `b`, however often?
#
# Then choose the tokens yourself, press play, and try the other ISANs. Shaded is where `b` is likelier than `a`. The
# logits on the right are a linear function of the state, and of nothing else.

# %%
states = StateExplorer()
states

# %%
states.picture()

# %% [markdown]
# **What you should see.** Every token is one arrow, blue or orange. The grey points are the states of *all* histories
# of the same length. For `two parities` there are many histories and at most four points: the model forgets
# everything else.

# %%
corners = StateExplorer()  # another one: yours stays as you left it
corners.set(teacher="two parities", read=6)
print(corners.summary())
assert len(np.unique(corners.reachable().round(6), axis=0)) == 4

# %% [markdown]
# ## 2 · Build one by hand
#
# Definition 1.5: a state $x_0 \in \mathbb{R}^d$, a matrix $A_{z,t}$ for each token $z$ at each time $t$, and a readout
# $B_t$ with one row per token:
#
# $$ y_t \sim \mathrm{softmax}(B_t\, x_{t-1}), \qquad x_t = A_{y_t,\,t}\; x_{t-1}. $$
#
# Our example counts. Its state is $(1, c)$, where $c$ is the number of ones so far. The token 0 changes nothing; the
# token 1 adds the first coordinate to the second one. The logits of 0 and 1 differ by $c/2$: ones make more ones.

# %%
start = np.array([1.0, 0.0])
matrices = np.array([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])  # A of token 0, A of token 1
readout = np.array([[0.0, 0.0], [0.0, 0.5]])  # row 0: token 0, row 1: token 1
counter = steady_isan(start, matrices, readout, horizon=6)  # the same A and B at every step

word = [1, 0, 1]
state = start
for token in word:
    state = matrices[token] @ state  # x_t = A x_(t-1)
    print("read", token, "-> state", state)
print("logits:", readout @ state, "mean-centred:", counter.next_token_logits(word))

# %% [markdown]
# The package's model does the same. Its logits come mean-centred: that changes no probability.

# %%
assert np.allclose(counter.states_along(np.array([word]))[0, -1], state)
gap = counter.next_token_logits(word) @ [-1, 1]
print("gap of the logits after two ones:", gap)
assert np.isclose(gap, 2 / 2)

# %% [markdown]
# ## 3 · A small state makes low rank
#
# Fact 1.1, first half. Cut a sequence in a history $h$ and a future $f = f_1 \dots f_k$. By the definition,
#
# $$ L(z \mid h f) \;=\; \underbrace{e_z^\top B\, A_{f_k} \cdots A_{f_1}}_{\text{reading of the column } (f,z)}
# \; \underbrace{x(h)}_{\text{state of the row } h} $$
#
# (with mean-centred readouts and the times left out). Every entry of the logit matrix is an inner product of two
# vectors of `d` numbers, so its rank is at most `d`.

# %%
teacher = random_isan(alphabet_size=2, dimension=3, horizon=6, seed=0)
rows, columns = cut_factors(teacher, cut=4)  # states of the 8 histories, readings of all columns
matrix = cut_matrix(teacher, cut=4)
print("matrix", matrix.shape, "= states", rows.shape, "times readings", columns.T.shape)
assert np.allclose(matrix, rows @ columns.T)

# %% [markdown]
# > **Predict first.** This ISAN has dimension 3, two tokens and sequences of 6. There are six cuts: before the first
# > token, ..., before the last. What is the rank at each?

# %%
print("ranks at cuts 1 to 6:", cut_ranks(teacher))
assert cut_ranks(teacher) == [1, 2, 3, 3, 3, 1]

# %% [markdown]
# Three are smaller than 3. Before the first token there is one history, before the second there are two. Before the
# last token there are many histories, but only two columns, and they are each other's negative.

# %% [markdown]
# ## 4 · Low rank makes a small state
#
# The second half is the surprising one: from the *numbers* of a low-rank logit matrix alone, an ISAN can be built. Its
# state is made of coordinates.
#
# 1. At every cut choose histories whose rows are a basis of all rows there.
# 2. The state of a history is the vector of coordinates of its row in that basis.
# 3. The matrix of token $z$ has one column per basis history: the coordinates, at the *next* cut, of that history
#    continued by $z$.
# 4. The readout holds the basis histories' own next-token logits.
#
# Let us do it for one cut of the counter: histories of two tokens, then of three.

# %%
before = cut_matrix(counter, cut=3)  # rows: 00, 01, 10, 11
after = cut_matrix(counter, cut=4)  # rows: 000 to 111
basis = barycentric_spanner(before, 1.01)
next_basis = barycentric_spanner(after, 1.01)
print("basis histories:", [f"{row:02b}" for row in basis], "then", [f"{row:03b}" for row in next_basis])
coordinates = spanner_coefficients(after, after[next_basis])  # of all histories of three tokens
for token in (0, 1):
    children = [2 * row + token for row in basis]  # history h continued by the token, in lexicographic order
    print(f"matrix of token {token}:", coordinates[children].T.round(3).tolist())

# %% [markdown]
# Why does that work for *all* histories, when only the basis histories' children were looked at? Because restricting a
# row to the columns that begin with $z$ is linear: if a row is a combination of basis rows, then the rows of the
# children are the same combination. Check it on the history `10`, whose coordinates we have not used:

# %%
x = spanner_coefficients(before, before[basis])[0b10]
A_1 = coordinates[[2 * row + 1 for row in basis]].T
assert np.allclose(A_1 @ x, coordinates[0b101])  # the state of 10, moved by token 1, is the state of 101
print("state of 101, two ways:", (A_1 @ x).round(3).tolist(), coordinates[0b101].round(3).tolist())

# %% [markdown]
# `isan_from_model` does this at all cuts. Round trip: the new model gives every sequence the same probability. And it
# finds the *smallest* dimension: the copying model below is written with 5 state numbers and needs 4.

# %%
for model in (counter, teacher, copying(length=4)):
    again = isan_from_model(model)
    distance = ll.evaluation.total_variation(model, again)
    print("dimension", model.dimension, "->", again.dimension, "  same distribution:", distance < 1e-9)
    assert distance < 1e-9
    assert again.dimension == max(cut_ranks(model)) <= model.dimension

# %% [markdown]
# **Every** model is an ISAN of *some* dimension. For a table of random numbers it is as large as the matrices are:

# %%
table = random_table(alphabet_size=2, horizon=6)
print("ranks:", cut_ranks(table))
try:
    isan_from_model(table, dimension=3)
except ll.errors.ArgumentError as error:
    print(error)

# %% [markdown]
# ## 5 · Which basis?
#
# Any basis gives a correct ISAN. But in an unlucky basis the coordinates are huge, and then so are the errors: an error
# of 0.001 in a basis row is multiplied by the coordinate.
#
# > **Predict first.** Below are the states of the eight histories of three tokens. You may pick two as a basis. Which
# > two? Pick so that no coordinate is larger than 1: all points must lie in the green box.

# %%
pair = BasisExplorer()
pair

# %%
pair.picture()

# %% [markdown]
# **What you should see.** Two nearly parallel arrows make a thin box, and coordinates far above 1. The pair with the
# **largest area** always has all points in its box. The reason is one line, Cramer's rule: a coordinate of a point is
# the area with that point *in place of* a basis vector, divided by the area of the basis. If the basis has the
# largest area, no quotient is above 1. In `d` dimensions area becomes volume: a basis of **maximum volume** has
# coordinates in [-1, 1].

# %%
best = BasisExplorer()
print(repr(best), "\n ", best.summary())
best.set(first=2, second=5)  # aba and bab
print(repr(best), "\n ", best.summary())
assert np.abs(best.chosen()[1]).max() < 1 + 1e-9

# %% [markdown]
# The package swaps histories until no coordinate is above 1.01 (each swap makes the volume larger). So all
# transitions of `isan_from_model` have entries of about 1 at most:

# %%
again = isan_from_model(teacher)
print("largest entry of a transition, at most 1.01:", bool(np.abs(again.transitions).max() <= 1.01))
assert np.abs(again.transitions).max() <= 1.01 + 1e-9

# %% [markdown]
# A basis is a choice; the distribution does not know it. With an invertible matrix $P$, the states $Px$, the
# transitions $P A P^{-1}$ and the readouts $B P^{-1}$ make the same probabilities. That is the slider **Slant of the
# basis** in the first picture: the path moved, the bars did not.

# %%
P = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [3.0, 0.0, 1.0]])
slanted = teacher.in_basis(P)
print("states differ:", not np.allclose(slanted.initial_state, teacher.initial_state))
print("total variation is zero:", ll.evaluation.total_variation(slanted, teacher) < 1e-9)
assert ll.evaluation.total_variation(slanted, teacher) < 1e-9

# %% [markdown]
# ## 6 · A trap: rows of mixed length
#
# Definition 1.4 speaks of *all* sets of histories. Fact 1.1 speaks of histories of *one* length. For an ISAN whose
# matrices change with time this makes a difference: a state after two tokens and a state after three are read by
# different matrices, so nothing ties their rows together.
#
# > **Predict first.** We put the shorter histories' rows into the same matrix. The dimension is 3. What is the largest
# > rank now? And if A and B are the same at every step?

# %%
steady = steady_isan(teacher.initial_state, teacher.transitions[0], teacher.readouts[0], horizon=6)
print("new at every step,  one length:   ", cut_ranks(teacher))
print("new at every step,  mixed lengths:", mixed_ranks(teacher))
print("same at every step, mixed lengths:", mixed_ranks(steady))
assert max(mixed_ranks(teacher)) == 7 > teacher.dimension >= max(mixed_ranks(steady))

# %% [markdown]
# So in this course a **cut** always means histories of one length. Where time does not matter, mixing is harmless: the
# rows of a short and of a long history are read by the same matrices.
#
# ## 7 · Copying: little memory in logits, much in probabilities
#
# `copying(n)` says n random bits and then the same bits again, each right with probability sigmoid(3). The state
# holds the n bits. Another notion of rank (Definition 3.1) looks at the *probabilities* of whole futures instead of
# the logits.
#
# > **Predict first.** How do the two ranks at the middle cut grow with n?

# %%
for n in (1, 2, 3, 4, 5):
    cut, logit_rank, probability_rank = rank_table(copying(n))[n]
    print(f"n = {n}: logit rank {logit_rank}, probability rank {probability_rank}")
    assert (logit_rank, probability_rank) == (n, 2**n)

# %% [markdown]
# Every *logit* of a copied bit depends on one of the n bits, linearly: n numbers are enough. The *probability* of a
# whole future is a product over all n bits, and the $2^n$ different histories give $2^n$ independent rows.

# %% [markdown]
# ## Recap
#
# 1. An ISAN remembers a text as d numbers; tokens multiply the state, and logits are read off linearly.
# 2. Its logit matrix is states times readings: rank at most d at every cut.
# 3. Back: coordinates in a basis of rows are a state. Both together are Fact 1.1.
# 4. A basis of maximum volume keeps all coordinates within [-1, 1].
# 5. One cut, one length: rows of mixed length may have a larger rank.
#
# **References** (numbering of arXiv:2512.09892): Definitions 1.2 to 1.5, Fact 1.1, Section 1.2 (copying),
# Definition 3.1. The equivalence is from [arXiv:2510.24966](https://arxiv.org/abs/2510.24966).

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong, with an example.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. A time-varying ISAN has dimension 3, alphabet 4 and sequences of 5 tokens. How many
# numbers describe it (before anything is mean-centred)?
#
# <details><summary>Hint</summary>One state; a matrix for each token at each step that somebody reads from; a readout
# for each step. Nobody reads the state after the last token.</details>

# %%
# BEGIN SOLUTION
#: numbers = ...
numbers = 3 + (5 - 1) * 4 * 3 * 3 + 5 * 4 * 3
# END SOLUTION
check.nb03_numbers(numbers)

# %% [markdown]
# **Exercise 2**. Build an ISAN of dimension 2, the same at every step, in which the logit of 1 minus the logit of 0 is
# (number of ones) - (number of zeros) in the text so far.
#
# <details><summary>Hint 1</summary>Adding a constant is linear if one coordinate of the state is always 1.</details>
# <details><summary>Hint 2</summary>The state can be (1, difference). Which matrix takes 1 off the second
# coordinate?</details>

# %%
# BEGIN SOLUTION
#: initial_state = ...  # shape (2,)
#: transitions = ...  # shape (2, 2, 2): the matrix of token 0, the matrix of token 1
#: readout = ...  # shape (2, 2): the row of token 0, the row of token 1
initial_state = np.array([1.0, 0.0])
transitions = np.array([[[1.0, 0.0], [-1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]])
readout = np.array([[0.0, 0.0], [0.0, 1.0]])
# END SOLUTION
check.nb03_difference((initial_state, transitions, readout))

# %% [markdown]
# **Exercise 3**. Write the change of basis of section 5: the same ISAN with states `change @ x`.


# %%
def other_basis(initial_state, transitions, readout, change):
    """The three parts in the new basis; transitions has shape (alphabet_size, d, d)."""
    # BEGIN SOLUTION
    back = np.linalg.inv(change)
    return change @ initial_state, change @ transitions @ back, readout @ back
    # END SOLUTION


check.nb03_other_basis(other_basis)

# %% [markdown]
# **Exercise 4**. The heart of Fact 1.1: from rows to a matrix. `basis_rows[j]` is the row of basis history number j
# at the next cut; `child_rows[i]` is the row, at that same cut, of basis history number i of *this* cut, continued by
# the token. Return the token's matrix.
#
# <details><summary>Hint 1</summary>Column i holds the coordinates of child_rows[i] in the basis rows.</details>
# <details><summary>Hint 2</summary>Coordinates solve basis_rows.T @ c = row; np.linalg.lstsq solves it.</details>


# %%
def transition(basis_rows, child_rows):
    """The matrix of a token: shape (number of basis rows, number of child rows)."""
    # BEGIN SOLUTION
    return np.linalg.lstsq(basis_rows.T, child_rows.T, rcond=None)[0]
    # END SOLUTION


check.nb03_transition(transition)

# %% [markdown]
# **Exercise 5** *(challenge)*. Every time-varying ISAN can be written as one that is the same at every step, if the
# state may be longer: `T * d` numbers. Return such a state, its transitions and its readout. (So the rank with mixed
# lengths is at most `T * d`.)
#
# <details><summary>Hint 1</summary>Cut the long state in T blocks of d numbers. All blocks are zero but one; which
# one tells the time.</details>
# <details><summary>Hint 2</summary>A token's matrix takes block t to block t + 1. The readout has all B_t side by
# side.</details>


# %%
def steady_form(initial_state, transitions, readouts):
    """transitions has shape (T - 1, alphabet_size, d, d), readouts (T, alphabet_size, d).

    Returns arrays of shapes (T * d,), (alphabet_size, T * d, T * d) and (alphabet_size, T * d).
    """
    # BEGIN SOLUTION
    T, alphabet_size, d = readouts.shape
    long_state = np.zeros(T * d)
    long_state[:d] = initial_state
    long_transitions = np.zeros((alphabet_size, T * d, T * d))
    for t in range(T - 1):
        long_transitions[:, (t + 1) * d : (t + 2) * d, t * d : (t + 1) * d] = transitions[t]
    return long_state, long_transitions, np.concatenate(list(readouts), axis=1)
    # END SOLUTION


check.nb03_steady_form(steady_form)

# %% [markdown]
# **Exercise 6** *(open)*. In the first picture, choose `random, same at every step` and try ten seeds. Find words that
# bring the state back to where it began: why is a letter twice enough? Which words of `turn and mirror` do it? What
# does it mean for the model if two histories have the same state?
