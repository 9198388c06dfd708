"""What a probe finds out about a server, as a card to read, and which strategies follow from it."""

from collections.abc import Callable
from dataclasses import dataclass

from lowlogit_edu.core.errors import ArgumentError, OracleError
from lowlogit_edu.server.strategies import Forced, Full, Listed, Strategy, TopKBias


@dataclass(frozen=True)
class Report:
    """What a probe found; its repr is a card to read.

    Attributes
    ----------
    address, model, system : str
        Where, which model, and the server's `system_fingerprint` (empty where it has none).
    layout : str
        Of its answers, "content" or "token_id"; both name tokens by id.
    vocabulary_size, longest : int or None
        Tokens that the model has, and tokens that it reads; None where the server does not say.
    mode : str
        "raw" log-probabilities do not see a bias, "processed" ones do.
    temperature : bool
        Whether log-probabilities see the temperature.
    top : int
        How many log-probabilities the server gave.
    total : float
        Sum of their probabilities.
    full, listed, forced : bool
        Whether it gives all of the alphabet at once, those on a list, the one that a bias forces.
    floor : float or None
        The value that it wrote for probability 0, where one came.
    epsilon : float
        Largest difference (nats, mean-centred) between answers to the same question, alone and in a batch.
    seconds : float
        For one prefix, asked in a batch.
    requests : int
        That the probe took, tries included; the list of models was asked for before.
    """

    address: str
    model: str
    system: str
    layout: str
    vocabulary_size: int | None
    longest: int | None
    mode: str
    temperature: bool
    top: int
    total: float
    full: bool
    listed: bool
    forced: bool
    floor: float | None
    epsilon: float
    seconds: float
    requests: int

    def __repr__(self) -> str:
        seen = "change" if self.mode == "processed" else "do not change"
        lines = {
            "model": f"{self.model} {self.system}".strip(),
            "answers": f"{self.top} tokens by id, with probabilities that sum to {self.total:.5f}",
            "log-probabilities": f"{self.mode}: they {seen} with a bias, "
            + ("and do with the temperature" if self.temperature else "and do not with the temperature"),
            "can be asked by": ", ".join(self.strategies()) or "nothing: none of our strategies works",
            "floor value": "none seen" if self.floor is None else f"{self.floor:g}",
            "epsilon": f"{self.epsilon:.1e} nats between answers to one question, alone and in a batch",
            "time": f"{1000 * self.seconds:.1f} ms a prefix",
        }
        card = "\n".join(f"  {name:<18} {words}" for name, words in lines.items())
        return f"Probe of {self.address} in {self.requests} requests\n{card}"

    def strategies(self) -> list[str]:
        """The names of those that work, the cheapest first."""
        return [name for name, (works, _) in STRATEGIES.items() if works(self)]

    def strategy(self, name: str, tokens: tuple[int, ...]) -> Strategy:
        """The strategy of that name, or the cheapest for "auto".

        Raises
        ------
        ArgumentError
            If the name is unknown.
        OracleError
            If it does not work with this server.
        """
        found = self.strategies()
        if name not in ("auto", *STRATEGIES):
            raise ArgumentError(f"strategy must be one of auto, {', '.join(STRATEGIES)}, got {name!r}.")
        if not found or name not in ("auto", *found):
            raise OracleError(
                f"the strategy {name!r} does not work with this server. {self!r}\nStart it so that it gives more "
                "log-probabilities (vLLM: --max-logprobs -1), or choose a smaller alphabet."
            )
        _, make = STRATEGIES[found[0] if name == "auto" else name]
        return make(self, tokens)


# By name, the cheapest first: whether it works with a server, and the strategy for some tokens.
STRATEGIES: dict[str, tuple[Callable[[Report], bool], Callable[[Report, tuple[int, ...]], Strategy]]] = {
    Full.name: (lambda found: found.full, lambda found, tokens: Full(tokens, found.top)),
    Listed.name: (lambda found: found.listed, lambda found, tokens: Listed(tokens)),
    TopKBias.name: (
        lambda found: found.mode == "processed" and found.top > 1,
        lambda found, tokens: TopKBias(tokens, found.top),
    ),
    Forced.name: (lambda found: found.mode == "raw" and found.forced, lambda found, tokens: Forced(tokens)),
}


@dataclass(frozen=True)
class Plan:
    """What some prefixes cost, before they are asked about.

    Attributes
    ----------
    prefixes, requests, prompt_tokens : int
    minutes : float
        At the pace of the probe, one request after the other; less where the server answers several at a time.
    """

    prefixes: int
    requests: int
    prompt_tokens: int
    minutes: float

    def __repr__(self) -> str:
        return (
            f"{self.prefixes:,} prefixes cost {self.requests:,} requests and {self.prompt_tokens:,} prompt tokens, "
            f"{self.minutes:,.1f} minutes one after the other."
        )
