# %% [markdown]
# # 08 · Why greedy blows up, and how a linear program tames it
#
# A learned model follows a text with a handful of coefficients, token after token. Fix the rule for one step in
# advance, apply it again and again, and tiny errors may be multiplied at every token: after twenty tokens the model can
# be off by a factor of a hundred although every single step was fine. The paper's answer is to choose the coefficients
# of *all* steps at once, in one linear program. This notebook shows the explosion, the cure, and what the cure does not
# promise.
#
# **You will learn to**
#
# - follow a text with spanner rows, and compute by hand a growth of 4/3 per token (Equations 3 to 6);
# - write the linear program of Equations 9, 10 and 14, solve it in two ways, and see the room that it leaves;
# - say why it has a solution (Lemma 5.5) and which of its solutions to take.
#
# **You need** spanners (notebook 07), least squares, and the idea of a linear program.
# **Time**: 40 minutes; all cells together run in less than a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.algorithm.program import Step, solve_program, solve_with_cvxpy
from lowlogit_edu.baselines import greedy_model
from lowlogit_edu.experiments.coefficient_room import coefficient_ranges, extreme_coefficients, follow_text, greedy_path
from lowlogit_edu.matrices.logit_matrix import all_words, word_logits
from lowlogit_edu.matrices.spanner import spanner_coefficients
from lowlogit_edu.models import blow_up_isan
from lowlogit_edu.widgets.program import TEACHERS, ProgramExplorer, spanned

SEED = 0

# %% [markdown]
# ## 1 · Following a text with a few rows
#
# At each cut $s$ we have stored the logit rows of a few histories $h_{s,1}, h_{s,2}, \dots$ (a spanner). The row of the
# text so far, $y_{1:s-1}$, is a combination of them (Equation 4):
#
# $$L(y_{1:s-1} \circ f) \approx \sum_i c_s(i)\, L(h_{s,i} \circ f) \qquad \text{for the futures } f \in F_s .$$
#
# The first cut has one history, the empty one, so $c_1 = (1)$. Then a token $y_{s-1}$ is read. The rows
# $L(h_{s-1,i} \circ y_{s-1} \circ f)$ were asked for as well: they are known. So the new coefficients have to satisfy
#
# $$\sum_i c_s(i)\, L(h_{s,i} \circ f) = \sum_i c_{s-1}(i)\, L(h_{s-1,i} \circ y_{s-1} \circ f)
#   \qquad \text{for all } f \in F_s .$$
#
# In the code this is one `Step`: `futures @ c_s = carried @ c_before`, one equation per future.
#
# **Greedy** (Equations 3 and 5): solve each step by itself, by least squares; a fixed matrix times the old
# coefficients. Nothing keeps the product of many such matrices small: if each can multiply by 4/3, twenty can multiply
# by 300.
#
# > **Predict before you look**: the teacher below is an automaton whose logits are never larger than 0.1. Its text is
# > 0, 0, 0, ..., and from the third token on its state does not even change. Can a coefficient have to grow?
#
# Left: the coefficient of one spanner row at every cut. The light blue band is the box from -C to C; the bars are the
# values that the linear program *could* choose; circles are what it chooses, crosses what greedy makes of it. Right:
# the largest coefficient, and the error of the next token. Press **Play**; then try the presets and the noise.

# %%
explorer = ProgramExplorer(seed=SEED)
explorer

# %%
explorer.picture()

# %% [markdown]
# The greedy coefficients leave the box and grow for ever; its predictions become nonsense, while the program stays in
# the box. The preset "longer futures cure it" shows that nothing is wrong with the automaton: greedy fails because with
# futures of one token there are more unknowns than equations, and least squares picks a solution that is bad later.
#
# ## 2 · The growth, by hand
#
# The automaton has five states. Its rows (logit of token 1 now, after one 0, after one 1), in units of the scale:
#
# | state | now | after 0 | after 1 |
# |---|---|---|---|
# | O | 0 | 1/2 | 1/2 |
# | S+ | 1/2 | 1 | 1 |
# | S- | 1/2 | 1 | -1 |
# | L | 1 | 1 | 0 |
# | N | -1 | -1 | 0 |
#
# S+, S- and L carry all of them with coefficients of at most 1: a fine spanner. After 00 the automaton is in L, and
# stays there: the right coefficients are (0, 0, 1) for ever. Greedy sees only the first column: *which coefficients
# give the logit b now?* The shortest answer is $c = b\,(\tfrac12, \tfrac12, 1) / \tfrac32$. Read a 0, and these rows
# say
#
# $$b' = c \cdot (1, 1, 1) = b\; \frac{\tfrac12 + \tfrac12 + 1}{\tfrac32} = \tfrac43\, b .$$

# %%
now = np.array([0.5, 0.5, 1.0])
after_0 = np.array([1.0, 1.0, 1.0])
step = Step(futures=now[None, :], carried=after_0[None, :])
c = np.array([0.0, 0.0, 1.0])  # right
for token in range(1, 7):
    c = step.transition @ c
    print(f"after {token} greedy steps: coefficients {c.round(3)}, logit {now @ c:.3f} instead of 1")
assert np.isclose(now @ c, (4 / 3) ** 5)  # the first step began right

# %% [markdown]
# Each step satisfies its equation exactly. It is the *choice* among the solutions that goes wrong. The same in the
# explorer's model, with rows found by `DistSpanner`:

# %%
teacher, rows = spanned(TEACHERS[0], futures=1, noise=0.0, bound=2.0, seed=SEED)
found = follow_text(teacher, rows, np.zeros(20, dtype=int))
sizes = found.largest(found.greedy)
print("growth per token from the 8th on:", (sizes[8:] / sizes[7:-1]).round(3))
print(f"largest coefficient after 19 tokens: greedy {sizes[-1]:.1f}, program {found.largest(found.program)[-1]:.1f}")
assert np.allclose(sizes[8:] / sizes[7:-1], 4 / 3, atol=1e-3)

# %% [markdown]
# ## 3 · The linear program
#
# All steps together, one program per prefix $y_{1:t}$ (Equation 14; 9 and 10 are the same). The unknowns are all
# coefficients and the predicted logits $\hat L_s$:
#
# $$\begin{aligned}
#   \hat L_s(f) &= \textstyle\sum_i c_s(i)\, L(h_{s,i}\circ f) && s \le t,\; f \in F_s && (a)\\
#   c_1 &= e_1,\quad |c_s(i)| \le 2 && s \le t && (b)\\
#   \hat L_{s+1}(f) &= \textstyle\sum_i c_s(i)\, L(h_{s,i}\circ y_s\circ f) && s \le t,\; f \in F_{s+1} && (c)
# \end{aligned}$$
#
# `solve_with_cvxpy` writes it like this, line by line: read it with `solve_with_cvxpy??`. `solve_program` eliminates
# $\hat L$ and calls the solver HiGHS directly, many times faster. Both take the solution of least $\sum |c|$.

# %%
steps = [rows.step(cut, 0) for cut in range(2, 15)]
quick = solve_program(steps, fast=False)
readable = solve_with_cvxpy(steps)
costs = [sum(np.abs(c).sum() for c in solution.coefficients) for solution in (quick, readable)]
print("HiGHS:", quick.status.name, "- cvxpy:", readable.status.name)
print(f"sum of |c|: {costs[0]:.6f} and {costs[1]:.6f}")
assert np.isclose(*costs, atol=1e-6)
for solution in (quick, readable):
    assert max(np.abs(c).max() for c in solution.coefficients) <= 2 + 1e-6
    for s, step in enumerate(steps):
        assert np.abs(step.residuals(solution.coefficients[s], solution.coefficients[s + 1])).max() <= 1e-6

# %% [markdown]
# ## 4 · How much room is there?
#
# The feasible values of *one* coefficient form an interval: two linear programs, one that pushes it down and one that
# pushes it up. A small case by hand: $c(1) + 2c(2) = 3$ with $|c| \le 2$. Then $c(1) = 3 - 2c(2)$ lies between
# $3 - 4 = -1$ and $3 + 4 = 7$, and the box cuts it to $[-1, 2]$.
#
# > **Predict** the interval of $c(2)$.

# %%
small = [Step(futures=np.array([[1.0, 2.0]]), carried=np.array([[3.0]]))]
for row in (0, 1):
    low, high = coefficient_ranges(small, row=row)[0]
    print(f"c({row + 1}) from {low:.2f} to {high:.2f}")
assert np.allclose(coefficient_ranges(small, row=0)[0], [-1, 2])

# %% [markdown]
# In the explorer: with one-token futures the automaton leaves much room (one equation, three unknowns). A random ISAN
# with enough futures leaves none: bars shrink to lines, greedy and program agree. Noise makes room again, since every
# equation may then be missed by a little, and the room widens along the text.

# %%
for noise in (0.0, 0.002):
    isan, isan_rows = spanned(TEACHERS[1], futures=2, noise=noise, bound=2.0, seed=SEED)
    isan_steps = [isan_rows.step(cut, 0) for cut in range(2, 9)]
    ranges = coefficient_ranges(isan_steps, 0, isan_rows.bound, isan_rows.tolerance)
    widths = ranges[:, 1] - ranges[:, 0]
    print(f"noise {noise} nats: widths of the first coefficient at cuts 2 to 8: {np.abs(widths).round(2)}")

# %% [markdown]
# ## 5 · Why there is a solution at all (Lemma 5.5)
#
# The teacher's own rows solve the program. If the row of $y_{1:s-1}$, on all futures in $F_s$ *and* on every token
# followed by a future in $F_{s+1}$, is a combination of the spanner's with coefficients in the box, then these
# coefficients satisfy (a), (b) and (c): both sides of each equation are the logit $L(y_{1:s} \circ f)$. And a
# distributional spanner (Definition 5.3) carries nearly all rows. Check it on the text 0, 0, 0, ...:

# %%
oracle = ll.oracles.ExactOracle(teacher)
words = [*all_words(2, 1), *all_words(2, 2)]
path = []
for cut in range(1, 15):
    row = word_logits(oracle, [(0,) * (cut - 1)], words)
    spanner = word_logits(oracle, rows.cuts[cut - 1].histories.tolist(), words)
    path.append(spanner_coefficients(row, spanner)[0])
worst = max(np.abs(step.residuals(path[s], path[s + 1])).max() for s, step in enumerate(steps))
print("largest coefficient of the true rows:", round(float(max(np.abs(c).max() for c in path)), 3))
print("they satisfy all equations:", bool(worst < 1e-9))
assert worst < 1e-9 and max(np.abs(c).max() for c in path) <= 2

# %% [markdown]
# The learner does not know these coefficients, since it must not ask about its own text. It only knows that *some*
# solution exists, and takes one. Is that enough? Not for a single program. But if the solutions go wrong, the test on
# line 15 finds a future that says so, and there are few such surprises (notebook 06).
#
# ## 6 · Which solution?
#
# With a noisy oracle each equation is relaxed to a strip, and there are many solutions. For the theorem any will do. In
# practice, it matters. Three choices, on texts of a random ISAN:
#
# - a **random corner** of the feasible set: what a solver returns for a random objective;
# - the solution of **least $\sum|c|$**;
# - **least squares**, the greedy path, *if* it satisfies the constraints.
#
# > **Predict the order**, from the most to the least accurate.

# %%
isan, isan_rows = spanned(TEACHERS[1], futures=2, noise=0.001, bound=2.0, seed=SEED)
rng = np.random.default_rng(SEED)
errors = {"random corner": [], "least sum of |c|": [], "least squares": []}
for text in isan.sample(15, seed=1)[:, :10]:
    steps_of_text = [isan_rows.step(cut, int(token)) for cut, token in enumerate(text[:-1], start=2)]
    limits = isan_rows.bound, isan_rows.tolerance
    direction = rng.normal(size=sum(step.futures.shape[1] for step in steps_of_text))
    last = {
        "random corner": extreme_coefficients(steps_of_text, direction, *limits)[-1],
        "least sum of |c|": solve_program(steps_of_text, *limits, fast=False).coefficients[-1],
        "least squares": greedy_path(steps_of_text)[-1],
    }
    for name, c in last.items():
        logits = c @ isan_rows.cuts[9].next_logits[text[-1]]
        errors[name].append(np.abs(logits - isan.next_token_logits(text.tolist())).max())
means = {name: float(np.mean(values)) for name, values in errors.items()}
for name, mean in means.items():
    print(f"{name:17} mean error {mean:.2g} nats")
assert means["random corner"] > means["least sum of |c|"] > means["least squares"]

# %% [markdown]
# On a friendly teacher the greedy path is the most accurate of all: least squares averages the noise away, while the
# program uses every bit of slack that it is given. On the automaton it is the other way round. So `solve_program` does
# both: **least squares first, held to the program's own constraints; where a constraint fails, the program.** Nothing
# of the guarantee is lost, for whatever passes *is* a solution.

# %%
for teacher_name, text_rows, text in (("automaton", rows, [0] * 14), ("random ISAN", isan_rows, [0] * 14)):
    followed = [text_rows.step(cut, token) for cut, token in enumerate(text[:-1], start=2)]
    solution = solve_program(followed, text_rows.bound, text_rows.tolerance)
    print(f"{teacher_name}: {'least squares passed' if solution.fast else 'the linear program was needed'}")

# %% [markdown]
# ## 7 · The whole learner on the automaton
#
# Scaled down to logits of 0.01, and with a threshold of 0.1, the learner is right to stop with one-token futures:
# nothing is wrong by as much as the threshold. Then its rows are used in both ways, on a text that it will hardly ever
# see.

# %%
teacher = blow_up_isan(horizon=24, scale=0.01)
config = ll.LearnerConfig(spanner_samples=300, validation_samples=30, threshold=0.1)
learned = ll.learn(ll.oracles.ExactOracle(teacher), 24, config, seed=SEED)
zeros = np.zeros((1, 24), dtype=int)
truth = teacher.logits_along(zeros)
wrong = {
    name: float(np.abs(model.logits_along(zeros) - truth).max())
    for name, model in (("program", learned.model), ("greedy", greedy_model(learned.model)))
}
print(learned.status.name, {name: round(value, 2) for name, value in wrong.items()})
assert wrong["program"] <= 0.08 and wrong["greedy"] > 100 * 0.01

# %% [markdown]
# ## Recap
#
# 1. Coefficients follow a text through linear equations, one set per token. Fixed step by step, they may grow
#    exponentially although each step is exact.
# 2. One program for all steps, with a box around every coefficient, cannot blow up. The teacher's own rows show that it
#    has a solution.
# 3. The room of a coefficient is an interval, found by two linear programs. More futures shrink it, noise widens it.
# 4. Any solution serves the theorem; least squares that passes the check, or else least $\sum|c|$, serves practice.
#
# **References** (numbering of arXiv:2512.09892): Section 2.3; Equations 3 to 6, 8, 9, 10 and 14; Lemma 5.5; Algorithm
# 1, lines 11 and 15; Algorithm 2, line 3.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. The largest coefficient is 1 and grows by 4/3 per token. After how many tokens is it
# outside the box of C = 2 for the first time?

# %%
# BEGIN SOLUTION
#: tokens = ...
tokens = 3
# END SOLUTION
check.nb08_tokens_to_leave(tokens)

# %% [markdown]
# **Exercise 2**. Write one greedy step: the shortest least-squares solution of futures @ c = carried @ before.
#
# <details><summary>Hint</summary>np.linalg.lstsq returns the shortest of the best solutions, as the first of four
# things.</details>


# %%
def greedy_step(futures, carried, before):
    """The next coefficients."""
    # BEGIN SOLUTION
    return np.linalg.lstsq(futures, carried @ before, rcond=None)[0]
    # END SOLUTION


check.nb08_greedy_step(greedy_step)

# %% [markdown]
# **Exercise 3**. Write the check that stands between greedy and program: do the coefficients `after` satisfy the
# equations up to `tolerance`, and lie in the box?
#
# <details><summary>Hint</summary>Two conditions, each about the largest absolute value.</details>


# %%
def passes(futures, carried, before, after, bound, tolerance):
    """True or False."""
    # BEGIN SOLUTION
    residual = np.abs(futures @ after - carried @ before).max()
    return bool(residual <= tolerance and np.abs(after).max() <= bound)
    # END SOLUTION


check.nb08_passes(passes)

# %% [markdown]
# **Exercise 4**. One equation, $a_1 c_1 + a_2 c_2 + \dots = b$ with $a_1 \ne 0$, and $|c_i| \le$ bound. Write the
# interval of $c_1$, without a solver. (You may take for granted that there is a solution.)
#
# <details><summary>Hint 1</summary>The others together can make any number between -r and r. What is r?</details>
# <details><summary>Hint 2</summary>c_1 is between (b - r) / a_1 and (b + r) / a_1, in one order or the other, and in
# the box.</details>


# %%
def interval(a, b, bound):
    """(least, largest) value of c_1."""
    # BEGIN SOLUTION
    reach = bound * np.abs(a[1:]).sum()
    ends = sorted([(b - reach) / a[0], (b + reach) / a[0]])
    return max(ends[0], -bound), min(ends[1], bound)
    # END SOLUTION


check.nb08_interval(interval)

# %% [markdown]
# **Exercise 5** *(challenge)*. Where does the growth come from? For one future and rows `now` (logits now) and `later`
# (after the token), by which factor does each greedy step multiply the predicted logit? Write the formula as a
# function.
#
# <details><summary>Hint</summary>Section 2: c = b now / |now|^2. Then b' = later @ c.</details>


# %%
def growth(now, later):
    """The factor per token."""
    # BEGIN SOLUTION
    return now @ later / (now @ now)
    # END SOLUTION


check.nb08_growth(growth)

# %% [markdown]
# **Exercise 6** *(challenge, no check)*. Use your formula: find rows with entries of at most 1 for which the factor is
# larger than 4/3, and in which one row stays the same (as L does), so that the true coefficients stay (0, ..., 0, 1).
# How large can the factor be with $m$ rows?
