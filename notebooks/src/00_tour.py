# %% [markdown]
# # 00 · A tour: learn a story teller by asking it questions
#
# Welcome. In the next ten minutes you watch a program learn to tell stories from another one. It never sees a book, and
# it never looks inside its teacher. It only asks one kind of question, some tens of thousands of times. The rest of the
# course explains why this works, when it must work, and when it does not.
#
# **You will learn to**
#
# - ask a language model the one question of this course, a *logit query*;
# - run a small learner and read what it shows;
# - find your way: the notebooks, their pictures that move, their exercises that answer.
#
# **You need** nothing but curiosity, and later linear algebra and probability. **Time**: 20 minutes; all cells together
# run in about a minute, on one core and in 2 GB of memory.

# %% tags=["setup"]
import numpy as np

import lowlogit_edu as ll
from lowlogit_edu.core.numerics import softmax
from lowlogit_edu.exercises import check
from lowlogit_edu.show.learning_plot import describe_learning, learning_figure
from lowlogit_edu.widgets import LearnerDashboard, LearnerSettings
from lowlogit_edu.widgets.html_parts import Picture
from lowlogit_edu.widgets.logit_atlas import LogitAtlas
from lowlogit_edu.widgets.story import StoryExplorer

SEED = 0

# %% [markdown]
# ## 1 · One question
#
# Our teacher is a small transformer that was trained on children's stories. It comes with this package, no network
# needed. It reads and writes *tokens*: pieces of words, 512 different ones.
#
# The question is always the same: **after this text, how much do you favour each token as the next one?** The answer is
# a row of 512 numbers, called *logits*. Softmax turns them into probabilities (notebook 01 takes its time for that).

# %%
teacher = ll.oracles.TransformerOracle.from_pretrained("embedded")
text = teacher.encode("Once upon a time")
logits = teacher.logits([text])[0]  # one logit query
probabilities = softmax(logits)
print("the text in tokens:", [teacher.decode([token]) for token in text])
print("the answer:", len(logits), "logits")
for token in np.argsort(-logits)[:3]:
    print(f"  {teacher.decode([token])!r} with probability {probabilities[token]:.2f}")

# %% [markdown]
# ## 2 · A story, token by token
#
# To tell a story, ask, draw a token with the answer's probabilities, append it, ask again. Press Play, or move **Tokens
# told**. Then change the seed: another story, from the same answers. Begin a story of your own.
#
# > **Before you press Play, guess.** Where is the teacher sure of the next token, and where does it hesitate: at the
# > beginning of a sentence, inside a word, after a name?
#
# Below a question, the output that was saved with the notebook would tell: it is folded (●●●) until you run its cell.

# %%
story = StoryExplorer(teacher, length=32)
story

# %%
later = StoryExplorer(teacher, length=32)
later.set(told=12, seed=3)
later.picture()

# %% [markdown]
# **What you should see.** Inside a word that is well begun, and in fixed phrases, one token is often nearly certain.
# After a single letter of a word, and where the plot could turn, many tokens share the probability.

# %% [markdown]
# ## 3 · Watch a learner learn
#
# Now the learner. It may ask the question of section 1 and nothing else. From the answers it builds a model with a
# memory of **32 numbers**: each token has a matrix that multiplies them, and another that turns them into the next
# logits. That is all. The matrices are many and hold about as many numbers as the teacher does, but of the text nothing
# is kept except the 32. (The teacher looks back at every token that it has read.)
#
# > **Write down a guess.** Texts have 16 tokens here. After 1,000 texts, will the learner's stories be letter salad,
# > words without sense, or sentences?
#
# The next cell shows the controls, the cell after it runs the learner to its end, about half a minute; interrupt the
# kernel to stop it. Later press **Start** to run it again with other settings, or **Step** to see one stage at a time.

# %%
dashboard = LearnerDashboard(LearnerSettings(rank=32, horizon=16, sequences=1000, witnesses=250, passes=4, seed=SEED))
dashboard

# %%
result = dashboard.run()
print(result.status.value)
print("stages of an epoch:", ", ".join(event.kind for event in result.history if event.epoch == 1))
for purpose, queries in result.ledger.items():
    print(f"queries to {purpose}: {queries:,}")
assert result.ledger["sample"] < 20_000

# %% tags=["nbval-ignore-output"]
# Ignored by the tests: the words hold measured numbers, which differ a little between machines.
Picture(learning_figure(result.history), describe_learning(result.history))

# %% [markdown]
# The picture at the lower right is the one to look at first: how far the learner's answers are from the teacher's
# (*KL*, in nats; 0 is perfect), at every position of a text. It is small at the beginning and grows along the text:
# each token's error is carried on to the next, and long beginnings are rarer. Is it the small memory, or are the
# texts too few? Exercise 5 finds out.
#
# ## 4 · Read its stories

# %% tags=["nbval-ignore-output"]
# Ignored by the tests: one changed logit in the sixth digit may change a word.
for who, texts in dashboard.stories.items():
    print(who)
    for words in texts:
        print("   ", words.replace("\n", " / "))

# %% [markdown]
# Was your guess right? Broken, but recognisable, after half a minute. Notebook 10 runs the full-size learner.
#
# Below, both tell. The story is drawn from one of them, and the bars show what *each* would say next. Choose who tells,
# and look for the place where the learner loses the thread.

# %%
both = StoryExplorer(teacher, {"the learned model": result.model}, length=16)
both.set(told=5, seed=1)
both

# %% tags=["nbval-ignore-output"]
# Ignored by the tests: the learned probabilities differ a little between machines.
both.picture()

# %% [markdown]
# A claim needs a check that can fail. "It learned something": its KL is far below that of a model that knows nothing
# and gives each token the probability 1/512.

# %%
learned = ll.evaluation.mean_kl(teacher, result.model, n=200, seed=SEED).mean
_, answers = ll.oracles.sample_with_logits(teacher, 200, 16, rng=np.random.default_rng(SEED))
blind = (np.log(512) + (softmax(answers) * np.log(softmax(answers))).sum(axis=-1)).mean()
print(f"KL per token: learned {learned:.1f} nats, knowing nothing {blind:.1f} nats")
assert learned < blind / 5

# %% [markdown]
# ## 5 · Why should this be possible?
#
# A text of 15 tokens can be written in $512^{15}$ ways, and the teacher has an answer for each. The learner asked a few
# ten thousand times. The idea is that the answers hang together: put them into a matrix, one row per text, and a *few*
# rows nearly determine the others. The matrix has (nearly) **low rank**: notebook 02 measures that, and the notebooks
# after it show when this is enough. It is the idea of the paper that the course follows,
# [arXiv:2512.09892](https://arxiv.org/abs/2512.09892), and numbers like "Definition 1.3" are the paper's.
#
# Here it is, small enough to be seen whole: a teacher with two tokens, 0 and 1, and the paper's learner. One panel for
# each number of tokens read. A row is a text so far, a column a way to go on; a cell is coloured once it was asked
# about. Rows framed in green are enough to tell the others. Move the step, and click a cell. What the rest means,
# lines and purple frames, you learn on the way; the picture comes back in notebooks 02, 07 to 10 and 13.

# %%
small = ll.models.random_isan(alphabet_size=2, dimension=3, horizon=6, seed=SEED)
LogitAtlas.of_run(ll.oracles.ExactOracle(small), 6, ll.LearnerConfig(spanner_samples=40), SEED, frame=-1)

# %% [markdown]
# | notebooks | what they are about |
# |---|---|
# | [01](01_logits_and_oracles.ipynb), [02](02_logit_matrices.ipynb) | logits, oracles, logit matrices and their rank |
# | [03](03_isans.ipynb) | the models that have exactly low logit rank |
# | [04](04_noisy_parity.ipynb), [05](05_boolean_functions.ipynb) | what samples hide and queries show |
# | [06](06_elliptical_potential.ipynb), [07](07_spanners.ipynb), [08](08_linear_program.ipynb) | ideas of the proof |
# | [09](09_full_learner.ipynb), [09b](09b_why_it_works.ipynb) | the learner and its proof, exactly |
# | [10](10_learner_on_tinystories.ipynb) | the learner on a real teacher |
# | [11](11_weaker_oracles.ipynb) | noisy oracles, samples instead of logits |
# | [12](12_lingen_and_open_problems.ipynb) | continuing a text without asking about it; open problems |
# | [13](13_your_own_learner.ipynb) | build your own learner, after 07, 08 and 09 |
#
# Each notebook stands alone after what it lists under *You need*. Short of time? 01, 02, 06, 09, 10.

# %% [markdown]
# ## 6 · How the notebooks work
#
# - **Run** a cell with Shift+Enter. Run from top to bottom; *Restart and run all* always works.
# - **Explorers** are pictures with controls. Click a slider, then use the arrow keys. *Reset* goes back; *Save* writes
#   the picture or its data to a new file. Under each picture stands what it shows, in words.
# - **Guess first** where a quote asks you to. A wrong guess that you wrote down is worth more than a right one that you
#   did not. The place under the question keeps it, in your browser alone.
# - **Checks** answer your exercises at once. They say what is wrong, with an example, and never the solution. Hints
#   unfold with a click. The folder `solutions` has one way to solve everything.
#
# A check looks like this. Somebody claims that a token with logit 3 is *twice* as likely as one with logit 1:

# %%
check.nb00_ratio(2)

# %% [markdown]
# **If something goes wrong**
#
# 1. *A name is not found, or a package is missing*: install as the [README](../README.md) says; `lowlogit doctor` in a
#    terminal tells what is there.
# 2. *On Binder* the first start takes minutes, and an idle session is closed: download what you want to keep.
# 3. *The kernel died or was restarted, or a picture does not move*: choose *Kernel → Restart Kernel and Run All
#    Cells*. With little memory, close other notebooks first.

# %% [markdown]
# ## Recap
#
# 1. A logit query: a text in, a number for each possible next token out.
# 2. From such answers alone a small model learned to continue stories, imperfectly and quickly.
# 3. The idea behind it: the matrix of all answers has nearly low rank. What that is worth is what the course is about.
#
# **References** (numbering of arXiv:2512.09892): Definition 1.7, the oracle; Section 1, the idea; Algorithm 1, the
# learner that this one is made after.

# %% [markdown]
# ## Exercises
#
# Put your answer in place of the dots and run the cell.

# %% [markdown]
# **Exercise 1** *(warm-up)*. How many logit queries does it take to tell one story of 16 tokens, from an empty page?

# %%
# BEGIN SOLUTION
#: queries = ...
queries = 16
# END SOLUTION
check.nb00_story_queries(queries)

# %% [markdown]
# **Exercise 2**. A token has logit 3, another one has logit 1, in the same row. How many times as likely is the first?
#
# <details><summary>Hint</summary>Softmax: probabilities are proportional to e^logit.</details>

# %%
# BEGIN SOLUTION
#: ratio = ...
ratio = np.exp(3 - 1)
# END SOLUTION
check.nb00_ratio(ratio)

# %% [markdown]
# **Exercise 3**. Write a teller that never hesitates: given the logits, always the likeliest token.
#
# <details><summary>Hint</summary>np.argmax.</details>


# %%
def likeliest(logits):
    """The number of the token with the largest probability."""
    # BEGIN SOLUTION
    return int(np.argmax(logits))
    # END SOLUTION


check.nb00_likeliest(likeliest)

# %% [markdown]
# **Exercise 4**. $512^{15}$ prefixes of 15 tokens: how many *digits* does this number have? (For comparison, the
# questions that the learner asked, printed in section 3, are a number of 5 digits; about half of them were to verify.)
#
# <details><summary>Hint</summary>Python has integers of any size, and str counts digits with len.</details>

# %%
# BEGIN SOLUTION
#: digits = ...
digits = len(str(512**15))
# END SOLUTION
check.nb00_digits(digits)

# %% [markdown]
# **Exercise 5** *(to explore)*. In section 3 set **Rank** to 2, then to 64. What happens to the KL at the end of the
# text? Set **Sampled texts** to 50 and the rank back to 32: which of the two hurts more, a small memory or few texts?
