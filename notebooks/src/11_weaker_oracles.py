# %% [markdown]
# # 11 · Weaker oracles: noise, samples, temperature, top-k, servers
#
# So far the oracle was perfect: every logit, to the last digit. No service that runs a language model gives you that.
# You get rounded numbers, or the twenty most likely tokens, or only text. Which of these is still enough to learn from,
# and what does it cost?
#
# **You will learn to**
#
# - say what an $\varepsilon$-approximate oracle is (Definition 4.1), and how the learner's error follows $\varepsilon$;
# - make logits from samples alone, and count how many samples that takes (Remarks 5.7 and 5.8);
# - use the temperature to turn an exponential cost into a polynomial one (Remark 5.9);
# - explain what the top $k$ tokens hide, and what real servers return;
# - test an oracle of your own.
#
# **You need** logits and oracles (Definitions 1.2 and 1.7) and the learner of notebook 09. **Time**: 30 minutes; all
# cells together run in about a quarter of a minute.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu import lemmas
from lowlogit_edu.matrices.logit_matrix import all_words, logit_matrix
from lowlogit_edu.oracles import Noisy, Sampled, TopK, broken_promises, samples_needed
from lowlogit_edu.widgets.noisy_oracles import TEACHERS, NoiseExplorer, SamplingExplorer, learned, oracle_model

SEED = 0

# %% [markdown]
# The picture of this notebook, on the left: four logits between -6 and 6 nats, estimated twenty times from 10,000
# samples. The rarest token should be drawn six times in a million; most of the time it is not drawn at all. No wonder
# that its logit is wrong. But why are *all* mean-centred logits wrong (blue), that of the likeliest token too? And why
# is the difference between two likely tokens right (green)? Section 2 answers.

# %%
opening = SamplingExplorer()
opening.set(bound=6.0, power=4.0)
opening.picture()

# %% [markdown]
# ## 1 · Noise
#
# **Definition 4.1.** An oracle $A$ is $\varepsilon$-approximate if, after every prefix, each of its logits is off by
# at most
# $\varepsilon$ nats, once both rows are mean-centred:
#
# $$\| A(y_{1:t}) - L(\cdot \mid y_{1:t}) \|_\infty \le \varepsilon .$$
#
# `Noisy` wraps an oracle and makes it so. Its noise is a *function of the prefix*: ask twice, get the same answer.

# %%
teacher = ll.models.random_isan(alphabet_size=3, dimension=3, horizon=5, seed=SEED)
exact = ll.oracles.ExactOracle(teacher)
noisy = Noisy(exact, epsilon=0.01, seed=SEED)
prefixes = [word for length in range(5) for word in all_words(3, length)]
gap = np.abs(noisy.logits(prefixes) - exact.logits(prefixes))
print("largest error over all prefixes:", round(float(gap.max()), 4), "nats of", noisy.epsilon, "allowed")
print("the same answer again:", np.array_equal(noisy.logits(prefixes), noisy.logits(prefixes)))
assert gap.max() <= noisy.epsilon

# %% [markdown]
# With noise no program has an exact solution and no residual is zero. So the learner has to be told the size of the
# noise: `LearnerConfig(oracle_noise=...)` makes the equations of the program, the spanner and the test that much more
# tolerant. Remark 5.7 says that the guarantee then survives, with other constants.
#
# > **Predict.** The oracle is wrong by $10^{-6}$ nats in every logit. Is the learned distribution off by about
# > $10^{-6}$, or do the errors of 5 tokens multiply? And what happens to a learner that is *not* told?

# %%
noise = NoiseExplorer()
noise

# %%
noise.picture()

# %% [markdown]
# **What you should see.** A straight line of slope 1 over six orders of magnitude: error out is a constant times
# error in. The learned model (blue) is about as good as sampling from the noisy oracle itself (green). The dashed
# line is what Lemmas 5.3 and 5.9 allow that sampling: $T\varepsilon/2$.

# %%
sizes = np.array(list(noise.runs))
distances = np.array([run.distance for run in noise.runs.values()])
slope = np.polyfit(np.log(sizes), np.log(distances), 1)[0]
print("slope of log error against log noise:", round(slope, 2))
assert abs(slope - 1) < 0.05
finding = lemmas.error_follows_noise(teacher, [1e-5, 1e-4, 1e-3], seeds=[0, 1], spanner_samples=300)
print(finding.statement, finding.holds)
assert finding.holds

# %% [markdown]
# A learner that is not told takes the noise for information: it finds witness after witness in it.

# %%
told, untold = (learned(TEACHERS["random ISAN, 3 tokens, rank 3"], SEED, 1e-3, told) for told in (1e-3, 0.0))
print(f"told of the noise: {told.epochs} epochs, total variation {told.distance:.1e}")
print(f"not told:          {untold.epochs} epochs, total variation {untold.distance:.1e}")
assert untold.epochs > told.epochs
assert untold.distance > 3 * told.distance

# %% [markdown]
# ## 2 · Only samples
#
# Many services return no logits, but they continue any text you give them. Ask for the next token $m$ times after the
# same prefix and count: if token $y$ came $n_y$ times, then
#
# $$\hat L(y) = \log n_y - \tfrac{1}{|\Sigma|} \sum_{y'} \log n_{y'} .$$
#
# **Remark 5.8.** If all logits lie between $-\lambda$ and $\lambda$, every token has probability at least $q =
# e^{-2\lambda}/|\Sigma|$: the rarest is drawn about $q\,m$ times. To get *all* logits to an error of $\varepsilon$
# with probability $1-\delta$ it takes
#
# $$m = O\!\left( e^{2\lambda}\, |\Sigma| \, \log(|\Sigma|/\delta) \, / \, \varepsilon^2 \right)$$
#
# samples. `samples_needed` is this formula with a constant worked out for this package: Chernoff's bound, 27 in front.

# %%
print("logits up to", "  samples for an error of 0.1 nats, 4 tokens, 95 %", sep="")
for bound in (0.5, 1, 2, 4, 8):
    print(f"{bound:>8} nats  {samples_needed(4, bound, 0.1, 0.05):>22,}")
assert np.isclose(samples_needed(4, 4, 0.1, 0.05) / samples_needed(4, 2, 0.1, 0.05), np.exp(4), rtol=1e-3)

# %% [markdown]
# The formula is an upper bound. The explorer shows what happens. On the left the error of each logit: points are
# medians, bars hold 95 % of twenty estimates. In the middle the largest error against the number of samples; the star
# is the formula's number, or an arrow where it lies beyond the picture. On the right the error against the temperature.
#
# > **Predict.** *Largest logit* 6, 10,000 samples: the likeliest token is drawn nearly every time. Is its
# > mean-centred logit right? Is its difference from the next token's right? What if you take a million samples?

# %%
explorer = SamplingExplorer()
explorer

# %%
other = SamplingExplorer()  # another one: yours stays as you left it
other.set(bound=1.0, power=5.0)
other.picture()

# %% [markdown]
# **What you should see.** A rare token is wrong until it has been drawn a few times; one that was never drawn counts
# as half a time, so that its logit is finite. Centring takes away the mean over *all* tokens, so the error of one rare
# token is shared out among all logits. What is right are *differences* between likely tokens, since the mean cancels.
# Once every token was drawn some times, the error falls like $1/\sqrt m$: a hundred times the samples, a tenth of
# the error. The star lies well to the right: the formula is safe.

# %%
other.set(bound=6.0, power=4.0)
usual = {name: np.median(np.abs(off), axis=0) for name, off in other.errors_by_token().items()}
print("median error of each token, likeliest first, in nats")
for name, errors in usual.items():
    print(f"{name:24}", errors.round(2))
assert usual["mean-centred logit"][0] > 0.4 > 0.1 > usual["difference from token 0"][1]

# %% [markdown]
# The rare logit is off by about 2 nats. A quarter of that, half a nat, is missing from each of the others: the mean is
# over four tokens. For sampling, half a nat on all likely tokens does not matter. For the learner it does, since it
# compares mean-centred logits of *different* histories, and the shift is different for each.
#
# Now the rate, where every token is drawn often:

# %%
four = ll.oracles.ExactOracle(ll.models.TabularModel([np.array([[1.0, 0.3, -0.3, -1.0]])]))
truth = four.logits([()])


def mean_error(samples):
    answers = [Sampled(four, samples, seed=seed).logits([()]) for seed in range(60)]
    return float(np.mean([np.abs(answer - truth).max() for answer in answers]))


few = mean_error(1_000)
many = mean_error(100_000)
print("100 times the samples, error divided by", round(few / many))
assert 7 < few / many < 14
enough = samples_needed(4, 1.0, 0.1, 0.05)
errors = [np.abs(Sampled(four, enough, seed=seed).logits([()]) - truth).max() for seed in range(100)]
print(f"with {enough:,} samples, {np.mean(np.array(errors) <= 0.1):.0%} of 100 estimates are within 0.1 nats")
assert np.mean(np.array(errors) <= 0.1) >= 0.95

# %% [markdown]
# ## 3 · Temperature
#
# Some services let you choose a temperature $\tau$ and sample from $\mathrm{softmax}(L/\tau)$. At $\tau = \lambda$
# the logits that you sample from are at most 1, so no token is rarer than $e^{-2}/|\Sigma|$. The price: to know $L$
# to $\varepsilon$ you need $L/\tau$ to $\varepsilon/\tau$. **Remark 5.9**, in numbers:
#
# $$e^{2\lambda}/\varepsilon^2 \quad\text{becomes}\quad e^{2}\, \lambda^2/\varepsilon^2 .$$
#
# > **Predict.** Is hotter always better? Set *Largest logit* to 6 in the explorer and find the best temperature.

# %%
print("logits up to    temperature 1      temperature = largest logit")
for bound in (1.0, 3.0, 6.0, 12.0):
    cold, hot = (samples_needed(4, bound, 0.1, 0.05, temperature) for temperature in (1.0, bound))
    print(f"{bound:>7.0f} nats {cold:>17.1e} {hot:>17.1e}")
assert samples_needed(4, 12.0, 0.1, 0.05, 12.0) < 1e-6 * samples_needed(4, 12.0, 0.1, 0.05, 1.0)

# %%
other.set(bound=6.0, power=4.0, temperature=8.0)
other.picture()

# %% [markdown]
# **What you should see.** A valley. Too cold, and the rare token is never drawn; too hot, and all tokens are drawn
# equally often, so that the small differences drown. The bottom lies near $\tau = \lambda$.

# %%
hot = np.array([float(line.split(",")[3]) for line in other.data().splitlines() if line.startswith("temperature,")])
best = [0.5, 1, 2, 4, 8, 16, 32][int(hot.argmin())]
print("best of these temperatures:", best, "for logits up to 6 nats")
assert best in (4, 8)

# %% [markdown]
# ## 4 · Learn from samples alone
#
# Put the pieces together. The teacher says one noisy parity bit after 4 random bits. It is sampled, nothing else; its
# answers are accurate to $\varepsilon$ at once for all prefixes, if $\delta$ is shared out among them.

# %%
parity = ll.models.noisy_parity(bits=4, seed=1)
bound = float(np.log(9) / 2)
epsilon = 0.005
prefixes = 2**5 - 1
m = samples_needed(2, bound, epsilon, delta=0.05 / prefixes)
sampled = Sampled(ll.oracles.ExactOracle(parity), samples=m, seed=SEED)
config = ll.LearnerConfig(spanner_samples=300, oracle_noise=epsilon)
result = ll.learn(sampled, parity.horizon, config, SEED)
print(result.status.name, "with", result.queries, "queries of", f"{m:,}", "samples each")
print("total variation below 0.001:", ll.evaluation.total_variation(parity, result.model) < 1e-3)
assert result.status.name == "VERIFIED"
assert ll.evaluation.total_variation(parity, result.model) < parity.horizon * epsilon

# %% [markdown]
# It works, and it is absurdly expensive: the logits of this teacher are small, and there are two tokens. For a real
# vocabulary $e^{2\lambda}$ is hopeless, and the temperature is what saves you. Whether one can do without either is
# Problem 6.2; see notebook 12.
#
# ## 5 · Only the top k
#
# A service may return the log-probabilities of the $k$ most likely tokens. What is left is known only as a sum; `TopK`
# shares it evenly among the others.
#
# > **Predict.** For the $k$ tokens shown, are the *mean-centred* logits right at least? Does low rank survive?

# %%
wide = ll.models.random_isan(alphabet_size=6, dimension=2, horizon=4, seed=SEED)
whole = ll.oracles.ExactOracle(wide)
top = TopK(whole, k=3)
print("true   ", whole.logits([(0, 1)])[0].round(2))
print("top 3  ", top.logits([(0, 1)])[0].round(2))
probabilities = [np.exp(oracle.logits([(0, 1)])[0]) for oracle in (whole, top)]
shown = np.argsort(-probabilities[0])[:3]
print("same probabilities shown:", np.allclose(*(p[shown] / p.sum() for p in probabilities)))

# %% [markdown]
# The probabilities shown are right, but their mean-centred logits are not: the mean is taken over all six tokens, and
# three of them are guessed. The shift differs from prefix to prefix. So the logit matrix of the answers is no longer of
# low rank:

# %%
histories = all_words(6, 2)
futures = [(), *all_words(6, 1)]
ranks = {
    name: int(np.linalg.matrix_rank(logit_matrix(oracle, histories, futures), tol=1e-9))
    for name, oracle in (("all tokens", whole), ("top 3", top))
}
print("rank at cut 3, 36 histories:", ranks)
print(
    "total variation of sampling from the top 3:", round(ll.evaluation.total_variation(wide, oracle_model(top, 4)), 3)
)
assert ranks["all tokens"] == 2
assert ranks["top 3"] > 20

# %% [markdown]
# Two ways out: restrict the alphabet to tokens whose logits you can get after *every* prefix, and learn the model
# conditioned on them; or ask for more, with the tricks of the next section.
#
# ## 6 · What servers return
#
# `ll.oracles.ServerOracle` asks a completion server, such as llama.cpp's or vLLM. It finds out in about ten requests
# which of these ways work there, and takes the cheapest; [docs/SCALING.md](../docs/SCALING.md) says how. No server is
# asked in this notebook. The facts are from the sources and documentation of the servers in autumn 2026, and for
# llama.cpp from its server; check yours before you rely on a row.
#
# | what the server gives | who | requests for one row of logits, alphabet of $a$ tokens |
# |---|---|---|
# | the whole row | vLLM started with `--max-logprobs -1`, llama.cpp with `n_probs` set to the vocabulary's size | 1 |
# | chosen tokens | vLLM (up to 128 ids), SGLang | $a/128$, rounded up |
# | one token that a bias forces | servers whose log-probabilities do not see the bias | $a$ |
# | log-probabilities of a given text | servers that echo the prompt's (`ServerOracle` does not) | $a$ short texts |
# | the top $k$ after a bias on chosen logits | some | about $a/(k-1)$: lift tokens into the top $k$ |
# | samples only | all (`ServerOracle` does not) | $m$ of section 2, at the best temperature allowed |
#
# What goes wrong in practice:
#
# - **What is the number?** Before or after temperature, bias and penalties? Some servers call the first *raw* and the
#   second *processed*. Ask once with a bias and once without, and see.
# - **Tokens, not text.** Two tokens may have the same text. Send ids and ask for ids.
# - **Repeatability.** Answers can depend on what else is in the batch; 0.06 nats were reported for one server. That is
#   your $\varepsilon$: ask ten times and measure it.
# - **Rounding and floors.** Coarsely rounded values are noise too; a floor such as -9999 is not a logit.
# - **Cost and law.** Every query is counted and paid. The terms of closed services may forbid extraction.
#
# With a bias the missing logits come back. A bias $B$ on token $i$ changes the normaliser, but not differences:
# `shown_i - shown_ref = l_i + B - l_ref`, where *ref* is the most likely token without a bias. Exercise 4 is this
# trick.
#
# ## 7 · Test an oracle of your own
#
# Anything with `alphabet_size`, `fingerprint` and `logits` is an oracle. `broken_promises` asks it some questions and
# names the promises that it does not keep. Here is one with a fresh error for each question, as a server may have.


# %%
class Forgetful:
    """The teacher's logits, with new noise each time."""

    alphabet_size = 3
    fingerprint = "forgetful"

    def __init__(self):
        self.rng = np.random.default_rng(SEED)

    def logits(self, prefixes):
        answer = exact.logits(prefixes)
        return ll.numerics.mean_center(answer + 0.01 * self.rng.standard_normal(answer.shape))


print("broken by Noisy:", sorted(broken_promises(noisy)))
print("broken by Forgetful:", sorted(broken_promises(Forgetful())))
assert "repeat" in broken_promises(Forgetful())

# %% [markdown]
# `Cached` mends it: the first answer is kept, so that the oracle is a function again. That is what the proofs need,
# since the noise may then be anything, but it must not change its mind.

# %%
broken = sorted(broken_promises(ll.oracles.Cached(Forgetful())))
print("broken by Cached(Forgetful):", broken)
assert "repeat" not in broken

# %% [markdown]
# Wrappers compose: `Cached(Budgeted(Sampled(...), 1000))` samples, stops after 1,000 prefixes and asks no question
# twice.

# %%
stack = ll.oracles.Cached(ll.oracles.Budgeted(Sampled(exact, 1000), budget=1000))
stack.logits([(0,), (0,), (1,)])
print("queries spent on three questions, two of them equal:", stack.oracle.queries)
assert stack.oracle.queries == 2

# %% [markdown]
# ## Recap
#
# 1. A small error of the oracle is a small error of the learned model, in proportion, if the learner is told its size.
# 2. Logits can be counted from samples. The cost is exponential in the largest logit...
# 3. ...unless the temperature can be raised to about that logit: then it is polynomial.
# 4. A token that is wrong shifts the mean, and so all centred logits; differences between likely tokens stay right.
# 5. The top $k$ tokens alone break the centring and the low rank.
# 6. Servers differ in everything; measure what yours does before you trust it.
#
# **References** (numbering of arXiv:2512.09892): Definitions 1.2, 1.7, 4.1; Lemmas 5.3 and 5.9; Remarks 5.7, 5.8, 5.9;
# Problem 6.2. Bias and top-k: Carlini et al., *Stealing Part of a Production Language Model*, arXiv:2403.06634.

# %% [markdown]
# ## Exercises
#
# A check replies at once: right, or what is wrong.

# %% tags=["setup"]
from lowlogit_edu.exercises import check

# %% [markdown]
# **Exercise 1** *(warm-up)*. You sample at temperature 1, to a fixed error. By which factor does the number of
# samples of Remark 5.8 grow when the largest logit grows from 2 nats to 5? (To one percent.)
#
# <details><summary>Hint</summary>Only the factor exp(2 λ) changes.</details>

# %%
# BEGIN SOLUTION
#: factor = ...
factor = np.exp(2 * 5) / np.exp(2 * 2)
# END SOLUTION
check.nb11_samples_ratio(factor)

# %% [markdown]
# **Exercise 2**. Write the estimate of section 2, at any temperature: from the counts of the next tokens to
# mean-centred logits of the teacher. Count a token that was never drawn as half a time.
#
# <details><summary>Hint 1</summary>The logarithms of the counts are logits, up to a constant.</details>
# <details><summary>Hint 2</summary>They are the logits of softmax(L / τ).</details>


# %%
def estimate(counts, temperature):
    """Mean-centred logits from counts, an integer array of shape (alphabet_size,)."""
    # BEGIN SOLUTION
    logits = temperature * np.log(np.maximum(counts, 0.5))
    return logits - logits.mean()
    # END SOLUTION


check.nb11_estimate(estimate)

# %% [markdown]
# **Exercise 3**. An oracle is wrong by at most 0.002 nats per logit. You sample texts of 20 tokens from *it*, token
# by token. What is the largest total variation distance from the teacher's texts that Lemmas 5.3 and 5.9 allow?
#
# <details><summary>Hint</summary>How far is one next-token distribution off? How many are there?</details>

# %%
# BEGIN SOLUTION
#: distance = ...
distance = 20 * 0.002 / 2
# END SOLUTION
check.nb11_oracle_distance(distance)

# %% [markdown]
# **Exercise 4** *(challenge)*. A server adds a bias to the logit of one token, normalises, and then shows
# log-probabilities of the top two: that token and the reference, the most likely one without a bias. Get the logit of
# the token minus the logit of the reference.
#
# <details><summary>Hint 1</summary>A log-probability is the logit minus a number that is the same for all.</details>
# <details><summary>Hint 2</summary>Take the difference of the two numbers shown. What is left of the bias?</details>


# %%
def logit_gap(shown_token, shown_reference, bias):
    """Logit of the token minus logit of the reference, in nats."""
    # BEGIN SOLUTION
    return shown_token - shown_reference - bias
    # END SOLUTION


check.nb11_logit_gap(logit_gap)

# %% [markdown]
# **Exercise 5** *(open)*. In the sampling explorer, for *Largest logit* 2, 4 and 8 and $10^5$ samples, find the best
# temperature. Does it follow the largest logit? What would you do if the service allows temperatures up to 2 only?
#
# **Exercise 6** *(open)*. Round the teacher's log-probabilities to one decimal. Write this as an oracle, test it with
# `broken_promises`, and learn from it. Which `oracle_noise` do you have to tell the learner?
