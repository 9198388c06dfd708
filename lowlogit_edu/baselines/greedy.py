"""The greedy update: coefficients fixed in advance, multiplied along the prefix.

>>> import lowlogit_edu as ll
>>> teacher = ll.models.noisy_parity(bits=3, seed=1)
>>> greedy = greedy_model(ll.learn(ll.oracles.ExactOracle(teacher), horizon=4).model)
>>> round(float(abs(greedy.next_token_logits([1, 1, 0]) - teacher.next_token_logits([1, 1, 0])).max()), 9)
0.0
"""

from math import inf

from lowlogit_edu.program_model import ProgramModel


def greedy_model(model: ProgramModel) -> ProgramModel:
    """The model that follows a prefix by Equation 5 on the spanner rows of `model`, whatever comes out.

    Paper: Equations 3 to 6 (coefficients fixed in advance, greedy update, growth of its errors), arXiv:2512.09892.

    The coefficients c_{s,i,z} of a spanner row followed by a token in the next cut's spanner are
    least-squares ones (`Step.transition`). A program without a bound and without a limit on its
    residuals accepts their product as it stands; it may grow exponentially with the prefix
    (`models.blow_up_isan`).
    """
    return ProgramModel(model.first_logits, model.cuts, inf, inf, model.noise, model.teacher)
