"""Checks of notebook 11, weaker oracles."""

from typing import Any

import numpy as np

from lowlogit_edu.exercises.feedback import Wrong, array, call, exercise, number, show


@exercise("exp(2 * 3): each nat costs a factor of 7.4. At a high temperature it would be (5/2)^2 = 6.25 instead.")
def nb11_samples_ratio(answer: Any) -> None:
    """How many times more samples do logits of 5 nats need than logits of 2 nats, at temperature 1?"""
    ratio = number(answer)
    if np.isclose(ratio, np.exp(3), rtol=0.01):
        raise Wrong("that is exp(3). The rarest token has probability exp(-2 * bound) / alphabet_size or more.")
    if np.isclose(ratio, 2.5) or np.isclose(ratio, 6.25):
        raise Wrong("that is polynomial in the bound, as at a high temperature. What stands in the exponent at 1?")
    if np.isclose(ratio, np.exp(-6), rtol=0.01):
        raise Wrong("larger logits need more samples, not fewer: turn the ratio round.")
    if not np.isclose(ratio, np.exp(6), rtol=0.01):
        raise Wrong(f"{ratio:g} is not it. Divide exp(2 * 5) by what stands there for 2 nats.")


@exercise("Half a count for what was never drawn keeps the logit finite; it says 'rare', not 'impossible'.")
def nb11_estimate(answer: Any) -> None:
    """Mean-centred logits from counts of next tokens: a function of (counts, temperature)."""
    # Even; uneven; a temperature that is not 1; a token that was never drawn.
    for counts, temperature in [([50, 50], 1.0), ([75, 25], 1.0), ([80, 15, 5], 2.0), ([9, 0, 1], 1.0)]:
        drawn = np.array(counts)
        found = array(call(answer, drawn, temperature), (len(drawn),))
        log_counts = np.log(np.maximum(drawn, 0.5))
        wanted = temperature * (log_counts - log_counts.mean())
        case = f"for counts {counts} at temperature {temperature:g}"
        if np.allclose(found, wanted):
            continue
        if np.allclose(found, wanted / temperature) or np.allclose(found, wanted / temperature**2):
            raise Wrong(f"{case} the shape is right, the size is not: samples show logits / temperature. Scale back.")
        if np.allclose(found - found.mean(), wanted):
            raise Wrong(f"{case} your logits sum to {found.sum():.3g}. Take away their mean (Definition 1.2).")
        padded = temperature * np.log(drawn + 0.5)
        if np.allclose(found, padded - padded.mean()):
            raise Wrong(f"{case} you added 1/2 to every count. Only a token never drawn counts as half a time.")
        if 0 in counts:
            raise Wrong(f"{case} you gave {show(found)}. Count a token that was never drawn as half a time.")
        raise Wrong(f"{case} you gave {show(found)}. A logit is the logarithm of a count, up to a constant.")


@exercise("20 tokens, each off by at most half the noise (Lemmas 5.3 and 5.9).")
def nb11_oracle_distance(answer: Any) -> None:
    """Most total variation of sampling 20 tokens from an oracle that is wrong by at most 0.002 nats."""
    # 20 tokens, each 0.002 / 2
    distance = number(answer)
    if np.isclose(distance, 0.04):
        raise Wrong("twice too much: logits that are off by e move the next token's distribution by e / 2 at most.")
    if np.isclose(distance, 0.001):
        raise Wrong("that is one token. Lemma 5.9 adds up over positions.")
    if np.isclose(distance, 0.019):
        raise Wrong("that is 19 tokens. The first token is drawn from a noisy answer too.")
    if not np.isclose(distance, 0.02):
        raise Wrong(f"{distance:g} is not it. How far off is the distribution of one token? How many tokens?")


@exercise("The normaliser cancels, whatever it is. Bias by bias, a whole row of logits comes out.")
def nb11_logit_gap(answer: Any) -> None:
    """Logit of a token minus that of the reference: a function of (shown_token, shown_reference, bias)."""
    for logits, bias in [([2.0, -2.5, 1.0], 10.0), ([0.0, -12.0, -1.0, 0.5], 30.0), ([1.0, 1.0], 0.0)]:
        # The server adds the bias to token 1, then shows log-probabilities; token 0 is the reference.
        biased = np.array(logits)
        biased[1] += bias
        shown = biased - np.log(np.exp(biased).sum())
        found = number(call(answer, float(shown[1]), float(shown[0]), bias))
        wanted = logits[1] - logits[0]
        if np.isclose(found, wanted):
            continue
        case = f"for logits {logits} and a bias of {bias:g} on token 1"
        if np.isclose(found, -wanted):
            raise Wrong(f"{case} you gave {found:.3g}: right size, wrong sign. It is the token minus the reference.")
        if np.isclose(found, wanted + bias):
            raise Wrong(f"{case} you gave {found:.3g}: the bias is still in it.")
        if np.isclose(found, wanted + 2 * bias):
            raise Wrong(f"{case} you gave {found:.3g}: the bias was added by the server; take it away.")
        if np.isclose(found, shown[1] - bias):
            raise Wrong(
                f"{case} you gave {found:.3g}: the server divided by a sum that you do not know. What cancels it?"
            )
        raise Wrong(f"{case} you gave {found:.3g}, but the token's logit minus the reference's is {wanted:.3g}.")
