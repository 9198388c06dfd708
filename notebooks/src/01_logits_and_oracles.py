# %% [markdown]
# # 01 · Language models, logits, oracles
#
# Every chat model ends the same way: a row of numbers, one per token, from which the next token is drawn. These numbers
# are the *logits*. They are all that this course ever asks a model for, so it pays to know exactly what they say.
#
# **You will learn to**
#
# - write a distribution over texts as next-token steps (Definition 1.1) and as mean-centred logits (Definition 1.2);
# - say what a constant and a temperature do to logits and to probabilities;
# - compare two models by total variation and by KL, and bound one error by another (Lemma 5.3);
# - write a logit oracle of your own (Definition 1.7), have it checked, and count what it is asked.
#
# **You need** probability, logarithms, a little Python. **Time**: 30 minutes; all cells together run in seconds.
#
# Definitions are numbered as in [arXiv:2512.09892](https://arxiv.org/abs/2512.09892). All logarithms are natural, so
# logits, entropies and KL are in *nats*.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.core.numerics import kl_divergence, log_softmax, mean_center, softmax
from lowlogit_edu.widgets.logits import LogitExplorer

SEED = 0

# %% [markdown]
# ## 1 · A picture first
#
# The teacher of this course is a small transformer that tells children's stories. Given a text it returns 512 logits,
# one per token of its alphabet. Below are the 8 largest: as they are, with the mean of all 512 subtracted, and as
# probabilities.
#
# > **Before you move anything, write down a guess.** You add 5 to every logit. Which of the three pictures change? You
# > raise the temperature, which divides every logit. Does the order of the bars change? Do rare tokens win or lose?
#
# Then try it: move the sliders (a click and the arrow keys work too), choose other logits, write a text of your own.

# %%
teacher = ll.oracles.TransformerOracle.from_pretrained("embedded")
explorer = LogitExplorer(teacher, values={"example": "the teacher after your text"})
explorer

# %% [markdown]
# The same in a picture that stays in the saved notebook: the teacher's logits at temperature 2, a constant added. The
# dotted outlines are the probabilities at temperature 1.

# %%
moved = {"example": "the teacher after your text", "constant": 5.0, "temperature": 2.0}
LogitExplorer(teacher, values=moved).picture()

# %% [markdown]
# **What you should see.** The constant moves the left picture only. The temperature keeps the order and moves
# probability from the likely tokens to the many rare ones. The next sections say why.

# %% [markdown]
# ## 2 · A language model is a distribution over texts
#
# **Definition 1.1.** Fix an alphabet $\Sigma$ and a length $T$, the *horizon*. A language model $M$ is a probability
# distribution over $\Sigma^T$, the sequences of $T$ tokens.
#
# Take two tokens, `0` for sun and `1` for rain, and two days:

# %%
joint = np.array([[0.45, 0.15], [0.1, 0.3]])  # today in rows, tomorrow in columns
weather = ll.models.TabularModel.from_probabilities(joint, name="weather")
print(weather, "- alphabet", weather.alphabet_size, "- horizon", weather.horizon)

# %% [markdown]
# A model is *used* one token at a time. The chain rule of probability says that nothing is lost by that:
#
# $$M(y_1 \dots y_T) = \prod_{t=1}^{T} M(y_t \mid y_1 \dots y_{t-1}).$$
#
# Today is rainy with probability 0.4; after rain, rain again with probability 0.75. The product is 0.3, as in the
# table.

# %%
today = softmax(weather.next_token_logits([]))
tomorrow = softmax(weather.next_token_logits([1]))
print("rain today:", round(today[1], 3), "- rain again:", round(tomorrow[1], 3))
assert np.isclose(today[1] * tomorrow[1], joint[1, 1])
assert np.allclose(np.exp(weather.log_probabilities()), joint.ravel())  # the same for all four texts

# %% [markdown]
# ## 3 · Logits, and why constants do not matter
#
# *Softmax* makes probabilities of any row of numbers $v$, one per token:
#
# $$\mathrm{softmax}(v)_z = \frac{e^{v_z}}{\sum_{z'} e^{v_{z'}}}.$$
#
# Add $c$ to every $v_z$: numerator and denominator both grow by $e^c$, and nothing changes. So logits are known up to
# a constant only, and two programs may print different logits for the same model. **Definition 1.2** ends the
# quarrel. The *mean-centred* logits are the log-probabilities minus their mean:
#
# $$L_M(z \mid h) = \log M(z \mid h) - \frac{1}{|\Sigma|} \sum_{z'} \log M(z' \mid h).$$

# %%
raw = np.array([2.0, 1.0, 0.0])
centred = mean_center(raw)
print("centred:", centred, "- probabilities:", softmax(raw).round(3))
assert np.allclose(softmax(raw + 7.0), softmax(raw))  # a constant changes no probability
assert np.allclose(mean_center(raw + 7.0), centred)  # nor the centred logits
assert np.allclose(mean_center(log_softmax(raw)), centred)  # Definition 1.2, from any logits

# %% [markdown]
# **What a difference of logits says.** It is $\log \frac{M(z \mid h)}{M(z' \mid h)}$: one nat more means 2.72 times
# as likely. The price: a token of probability 0 has no finite logit. Every model here gives each token a positive
# probability.
#
# **Temperature.** Drawing from $\mathrm{softmax}(v / \tau)$ divides all these differences by $\tau$. For large $\tau$
# everything becomes equally likely; for small $\tau$ only the favourite is left. (Remark 5.9 uses large $\tau$: rare
# tokens show up in samples then.)

# %%
for temperature in (0.1, 1.0, 10.0):
    print(f"temperature {temperature:4}:", softmax(raw / temperature).round(3))
assert np.isclose(raw[0] - raw[2], np.log(softmax(raw)[0] / softmax(raw)[2]))

# %% [markdown]
# The teacher's logits are no different: 512 of them, one free constant.

# %%
text = "Once upon a time, there was a"
row = teacher.logits([teacher.encode(text)])[0]
best = int(np.argmax(row))
print(f"likeliest after {text!r}: {teacher.decode([best])!r}")
assert row.shape == (512,) and abs(row.mean()) < 1e-4

# %% [markdown]
# ## 4 · How far apart are two models?
#
# **Total variation** is the largest difference in probability that any event can have:
#
# $$\mathrm{TV}(M, M') = \frac12 \sum_{y} |M(y) - M'(y)|.$$
#
# It has a game behind it. A fair coin decides whether a text comes from $M$ or from $M'$; you guess which. The best
# guesser is right with probability $\frac12 + \frac12 \mathrm{TV}$.
#
# **KL divergence**, $\mathrm{KL}(M \,\|\, M') = \sum_y M(y) \log \frac{M(y)}{M'(y)}$, is what training minimises: the
# nats per text that $M'$ wastes when the texts come from $M$.
#
# > **Predict.** A second forecaster throws a fair coin for every day. TV to the weather above?

# %%
coin = ll.models.TabularModel.from_probabilities(np.full((2, 2), 0.25), name="coin")
distance = ll.evaluation.total_variation(weather, coin)
wins = np.maximum(joint, 0.25).sum() / 2  # guess the model under which the text is likelier
print("TV:", round(distance, 3), "- the best guesser wins:", round(wins, 3))
assert np.isclose(wins, 0.5 + distance / 2)

# %% [markdown]
# KL obeys a chain rule of its own: over whole texts it is the *sum* over positions of the KL of the next token,
# averaged over the first model's texts. That is why one number, *nats per token*, describes a model of any length.

# %%
p = joint.ravel()
q = np.full(4, 0.25)
whole = (p * np.log(p / q)).sum()
first = kl_divergence(weather.next_token_logits([]), coin.next_token_logits([]))
second = [kl_divergence(weather.next_token_logits([z]), coin.next_token_logits([z])) for z in (0, 1)]
print(f"whole texts: {whole:.4f} nats = first token {first:.4f} + second token {today @ second:.4f}")
assert np.isclose(whole, first + today @ second)

# %% [markdown]
# The learner of this course controls *logits*. Is that enough? Yes, by **Lemma 5.3**: if no logit is off by more than
# $\varepsilon$, then next-token probabilities are off by at most $\varepsilon / 2$ in total variation. A thousand
# random pairs try to break it. The second line shows that a smaller constant would be wrong.

# %%
rng = np.random.default_rng(SEED)
u = rng.normal(size=(1000, 5))
finding = ll.lemmas.softmax_is_lipschitz(u, u + 0.1 * rng.uniform(-1, 1, size=u.shape))
print("constant 1/2 holds:", finding.holds)
sharp = ll.lemmas.softmax_is_lipschitz(np.array([[-0.05, 0.05]]), np.array([[0.05, -0.05]]), constant=0.49)
print("constant 0.49 holds:", sharp.holds)
assert finding.holds and not sharp.holds

# %% [markdown]
# ## 5 · The oracle: the only door to the teacher
#
# **Definition 1.7.** A *logit oracle* takes a prefix and returns the logits of the next token. That is all a learner
# gets: no weights, no training data. Here an oracle is anything with three names: `alphabet_size`, `fingerprint`
# (which teacher is it?) and `logits(prefixes)`, which answers a whole batch.
#
# `ExactOracle` wraps a model that we know. Writing your own takes ten lines. This one wants the tokens to take turns:


# %%
class TakingTurns:
    """After token z comes token z + 1, most of the time; three tokens."""

    alphabet_size = 3
    fingerprint = "taking turns, 2 nats"

    def logits(self, prefixes):
        answer = np.zeros((len(prefixes), 3))
        for row, prefix in enumerate(prefixes):
            if len(prefix):
                answer[row, (prefix[-1] + 1) % 3] = 2.0
        return answer


print(TakingTurns().logits([[], [0], [0, 1]]))

# %% [markdown]
# It looks right. Does it keep every promise that a program relies on? Fourteen small checks ask it.
#
# > **Predict.** Two of the fourteen fail. Which?

# %%
for what in ll.oracles.broken_promises(TakingTurns()).values():
    print(what)

# %% [markdown]
# The rows are not centred, and a token that does not exist gets an answer. (A silent answer to a wrong question is how
# results go wrong unnoticed.) Both are quickly mended:


# %%
class TakingTurnsProperly(TakingTurns):
    """The same, centred, and refusing tokens that do not exist."""

    def logits(self, prefixes):
        for prefix in prefixes:
            if not all(0 <= token < 3 for token in prefix):
                raise ValueError(f"tokens are 0, 1 and 2, got {list(prefix)}")
        return mean_center(super().logits(prefixes))


print("broken promises:", ll.oracles.broken_promises(TakingTurnsProperly()))
assert ll.oracles.broken_promises(TakingTurnsProperly()) == {}

# %% [markdown]
# From here on everything works with it, sampling included. Sampling needs nothing but the oracle: ask, draw, append.

# %%
rng = np.random.default_rng(SEED)
print(ll.oracles.sample(TakingTurnsProperly(), 3, 10, rng=rng))

# %% [markdown]
# ## 6 · Every question counts
#
# The theorems of the paper promise *few queries*, so queries are counted: one per prefix asked. `Counted` keeps the
# ledger, split by purpose. `Cached` remembers answers. Wrappers are oracles too, so they stack, and their order
# matters.
#
# > **Predict.** How many queries does it take to draw 5 texts of 4 tokens? And the logits at all positions of those
# > texts, asked again through a cache?

# %%
counted = ll.oracles.Counted(ll.oracles.ExactOracle(ll.models.random_isan(alphabet_size=3, dimension=2, horizon=4)))
with counted.purpose("draw"):
    texts = ll.oracles.sample(counted, 5, 4, rng=np.random.default_rng(SEED))
prefixes = [text[:t] for text in texts.tolist() for t in range(4)]
with counted.purpose("again, cached"):
    ll.oracles.Cached(counted).logits(prefixes)
print(dict(counted.by_purpose), "- asked for:", len(prefixes), "- distinct:", len({tuple(p) for p in prefixes}))
assert counted.by_purpose["draw"] == 5 * 4
assert counted.by_purpose["again, cached"] == len({tuple(p) for p in prefixes})

# %% [markdown]
# ## Recap
#
# 1. A language model is a distribution over texts; the chain rule makes it a row of logits after every prefix.
# 2. Logits have one free constant. Mean-centring removes it, and then logits and probabilities say the same.
# 3. If every logit is right within $\varepsilon$, every next token is right within $\varepsilon/2$ in total variation.
# 4. A logit oracle answers prefixes with logits. It is all that the learner sees, and each question has its price.
#
# Next: put many such rows under each other, and ask for the rank ([notebook 02](02_logit_matrices.ipynb)).
#
# **References** (numbering of arXiv:2512.09892): Definitions 1.1, 1.2 and 1.7; Lemma 5.3; Remark 5.9.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. Write softmax. It should survive large logits: models do print logits of a thousand.
#
# <details><summary>Hint</summary>Which constant may you subtract before taking exponentials?</details>


# %%
def my_softmax(logits):
    """Probabilities, shape (alphabet_size,), of logits of the same shape."""
    # BEGIN SOLUTION
    weights = np.exp(logits - logits.max())
    return weights / weights.sum()
    # END SOLUTION


check.nb01_softmax(my_softmax)

# %% [markdown]
# **Exercise 2**. Go back: from probabilities to mean-centred logits (Definition 1.2).


# %%
def my_logits(probabilities):
    """Mean-centred logits of a row of positive probabilities."""
    # BEGIN SOLUTION
    logs = np.log(probabilities)
    return logs - logs.mean()
    # END SOLUTION


check.nb01_centred_logits(my_logits)

# %% [markdown]
# **Exercise 3**. The chain rule: the log-probability of a whole text, from a model that you can only ask for next-token
# logits. `model.next_token_logits(prefix)` takes a list of tokens.
#
# <details><summary>Hint 1</summary>The token at position t is predicted from the tokens before it, not from
# itself.</details>
# <details><summary>Hint 2</summary>Centred logits are not log-probabilities: subtract log(sum(exp(logits))).</details>


# %%
def text_log_probability(model, tokens):
    """log M(tokens), a number; tokens is a list of int."""
    # BEGIN SOLUTION
    total = 0.0
    for t, token in enumerate(tokens):
        logits = model.next_token_logits(tokens[:t])
        total += logits[token] - np.log(np.exp(logits).sum())
    return total
    # END SOLUTION


check.nb01_text_log_probability(text_log_probability)

# %% [markdown]
# **Exercise 4**. The batch `[[], [0], [0]]` is sent twice, first through `Cached(Counted(oracle))`, then (with
# everything fresh) through `Counted(Cached(oracle))`. What do the two counters say at the end?

# %%
# BEGIN SOLUTION
#: counts = ...  # a pair: (with the cache outside, with the counter outside)
counts = (2, 6)
# END SOLUTION
check.nb01_counts(counts)

# %% [markdown]
# **Exercise 5**. Write an oracle: three tokens; after a prefix that ends with token z, token z is *repeated* with
# probability 0.8, each other token has probability 0.1; after the empty prefix all are equally likely. Keep all
# promises of section 5.
#
# <details><summary>Hint</summary>np.log(8) is the difference of the logits of the repeated token and any
# other.</details>


# %%
class Stammer:
    """Repeats itself with probability 0.8."""

    alphabet_size = 3
    fingerprint = "stammer 0.8"

    def logits(self, prefixes):
        """Mean-centred logits, shape (number of prefixes, 3)."""
        # BEGIN SOLUTION
        answer = np.zeros((len(prefixes), 3))
        for row, prefix in enumerate(prefixes):
            if any(token not in (0, 1, 2) for token in prefix):
                raise ValueError(f"no such token: {list(prefix)}")
            if len(prefix):
                answer[row, prefix[-1]] = np.log(8)
        return mean_center(answer)
        # END SOLUTION


check.nb01_stammer(Stammer())

# %% [markdown]
# **Exercise 6** *(challenge)*. How tight is Lemma 5.3 at a distance of one nat? Find two rows of three logits, no logit
# of one further than 1 nat from the other's, whose softmaxes differ by **more than 0.46** in total variation.
#
# <details><summary>Hint 1</summary>Begin with two tokens. Which of their two logits should rise, which fall, and from
# where?</details>
# <details><summary>Hint 2</summary>The third token can be made so unlikely that it does not matter.</details>

# %%
# BEGIN SOLUTION
#: pair = ...  # two rows: [[., ., .], [., ., .]]
pair = [[0.5, -0.5, -20.0], [-0.5, 0.5, -20.0]]
# END SOLUTION
check.nb01_tight_pair(pair)
