"""A learned model of low logit rank as a Hugging Face causal language model.

This file needs torch and transformers only; every exported folder holds a copy of it, so that
`AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=True)` works where lowlogit_edu is
not installed.

>>> config = LowLogitRankConfig(vocab_size=2, rank=1, bos_token_id=0)
>>> model = LowLogitRankForCausalLM(config)
>>> weights = {"initial_state": [1.0], "transitions": [[[2.0]], [[0.5]]], "readout": [[-1.0], [1.0]]}
>>> _ = model.load_state_dict({name: torch.tensor(weight) for name, weight in weights.items()})
>>> model(torch.tensor([[0, 0, 1]])).logits.tolist()  # beginning of text, then tokens 0 and 1
[[[-1.0, 1.0], [-2.0, 2.0], [-1.0, 1.0]]]
"""

from typing import Any

import torch
from torch import nn
from transformers import GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.cache_utils import Cache
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.utils import can_return_tuple


class LowLogitRankConfig(PreTrainedConfig):
    """Sizes of the model, its special tokens, and where it comes from.

    Parameters
    ----------
    vocab_size, rank : int
        Number of tokens; dimension of the state.
    factors : int, optional
        Number of matrices that the tokens share; by default each token has its own.
    carried : int, optional
        First so many entries of a state that the next one depends on; by default all.
    horizon : int
        Number of tokens of the texts it was learned from. It runs on texts of any length.
    teacher : str
        Fingerprint of the oracle it was learned from.
    settings : dict, optional
        How it was learned.
    options
        Those of every configuration: `bos_token_id`, `eos_token_id` and others.
    """

    model_type = "lowlogit_rank"
    attribute_map = {"hidden_size": "rank"}  # noqa: RUF012  (transformers' own form)
    has_no_defaults_at_init = True

    def __init__(
        self,
        vocab_size: int,
        rank: int,
        factors: int | None = None,
        horizon: int = 1,
        teacher: str = "",
        settings: dict[str, Any] | None = None,
        use_cache: bool = True,
        carried: int | None = None,
        **options: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.rank = rank
        self.factors = factors
        self.carried = rank if carried is None else carried
        self.horizon = horizon
        self.teacher = teacher
        self.settings = settings or {}
        self.use_cache = use_cache
        super().__init__(**options)


class RecurrentState(Cache):
    """What generation carries from token to token: one state per text, whatever its length.

    Attributes
    ----------
    state : torch.Tensor of shape (batch, rank)
    begun : torch.Tensor of shape (batch,)
        Whether a text has had a token yet, beginning-of-text included.
    length : int
        Positions read, padding included.
    """

    is_croppable = False  # what a token did to the state cannot be undone

    def __init__(self, state: torch.Tensor) -> None:
        super().__init__(layers=[])
        self.state = state
        self.length = 0
        self.begun = torch.zeros(len(state), dtype=torch.bool, device=state.device)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.length

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Take over the states of the beams that were chosen."""
        self.state = self.state[beam_idx]
        self.begun = self.begun[beam_idx]


class LowLogitRankForCausalLM(PreTrainedModel, GenerationMixin):
    """An input-switched affine network: `x_t = A_{y_t} x_{t-1}`, logits `B x_t`, mean-centred.

    The state moves by one matrix per token, or by a mixture of shared ones. Beginning-of-text in front
    of a text, padded or not, does not move it, so that prompts with and without it mean the same; the
    logits after it are those of the empty prompt. Further on the same id is a token like any other
    (GPT-2's end-of-text is both). Masked positions do not move the state either.
    """

    config_class = LowLogitRankConfig
    _is_stateful = True

    def __init__(self, config: LowLogitRankConfig) -> None:
        super().__init__(config)
        V = config.vocab_size
        d = config.rank
        k = config.factors
        # The names of the arrays of an ISANModel: the files of the two hold the same.
        self.initial_state = nn.Parameter(torch.empty(d))
        self.transitions = nn.Parameter(torch.empty(k or V, d, config.carried))
        self.readout = nn.Parameter(torch.empty(V, d))
        self.mixture = nn.Parameter(torch.empty(V, k)) if k else None
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        # Of a model made to be trained from nothing: a product keeps about the size of what it is applied to.
        for parameter in module.parameters(recurse=False):
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        return False  # keys and values are not what it remembers: `forward` makes a RecurrentState

    @can_return_tuple
    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        past_key_values: RecurrentState | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **options: Any,
    ) -> CausalLMOutputWithPast:
        """Logits after each of `input_ids`, and the loss of predicting `labels` (shifted here) from them.

        Parameters
        ----------
        input_ids : torch.Tensor of shape (batch, time)
        attention_mask : torch.Tensor of shape (batch, past and present time), optional
            0 where there is padding, on either side.
        past_key_values : RecurrentState, optional
            Where to go on from; it is moved on.
        labels : torch.Tensor of shape (batch, time), optional
            -100 counts for nothing.
        use_cache : bool, optional
            Whether to return the state, as `past_key_values`.
        logits_to_keep : int or torch.Tensor
            The last so many positions, or these; 0 for all.
        """
        batch, length = input_ids.shape
        cache = past_key_values
        if cache is None:
            cache = RecurrentState(self.initial_state.expand(batch, -1))
        present = torch.ones_like(input_ids) if attention_mask is None else attention_mask[:, -length:]
        states = self._read(cache, input_ids, present.bool())
        # Only the logits asked for are computed: generation needs the last ones, and an alphabet may be large.
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = states[:, kept] @ self.readout.T
        logits = logits - logits.mean(dim=-1, keepdim=True)
        loss = None if labels is None else self.loss_function(logits, labels, self.config.vocab_size, **options)
        use_cache = self.config.use_cache if use_cache is None else use_cache
        return CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=cache if use_cache else None)

    def _read(self, cache: RecurrentState, input_ids: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """The states after each of `input_ids`, of shape (batch, time, rank); `cache` is moved on."""
        states = []
        for token, here in zip(input_ids.T, present.T, strict=True):
            # A text stands still at padding, and at the beginning-of-text in front of it.
            moves = here & (cache.begun | (token != self.config.bos_token_id))
            cache.state = torch.where(moves[:, None], self._after(cache.state, token), cache.state)
            cache.begun = cache.begun | here
            states.append(cache.state)
        cache.length += input_ids.shape[1]
        return torch.stack(states, dim=1)

    def _after(self, state: torch.Tensor, token: torch.Tensor) -> torch.Tensor:
        """The states that the tokens lead to."""
        # One matrix per text of the batch, gathered or mixed.
        if self.mixture is None:
            matrices = self.transitions[token]
        else:
            matrices = torch.einsum("bk,kij->bij", self.mixture[token], self.transitions)
        return torch.einsum("bij,bj->bi", matrices, state[:, : self.config.carried])
