"""Room for keys and values: a transformer's cache that is not copied whole for every token.

`transformers.DynamicCache` joins what it holds and what is new into a new tensor at every step; here both lie in a
tensor that is longer than needed, and doubles when it is full. What the model reads is the same.
"""

from typing import Any

import torch
from transformers.cache_utils import DynamicLayer

LEAST_ROOM = 32  # tokens


def give_room(state: Any) -> None:
    """Give every plain layer of a model's state room to grow; other kinds of layers and states stay as they are."""
    layers = getattr(state, "layers", [])
    for number, layer in enumerate(layers):
        if type(layer) is DynamicLayer:
            layers[number] = RoomyLayer(layer)


class RoomyLayer(DynamicLayer):
    """A layer whose keys and values, of shape (text, head, token, width), begin larger tensors."""

    def __init__(self, layer: DynamicLayer) -> None:
        super().__init__()
        self.__dict__.update(vars(layer))
        self._rooms: dict[str, torch.Tensor] = {}

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Put new keys and values behind the others; returns all."""
        assert self.keys is not None, "made from a layer that holds something"
        assert self.values is not None
        keys = self._longer("keys", self.keys, key_states)
        values = self._longer("values", self.values, value_states)
        self.keys = keys
        self.values = values
        return keys, values

    def _longer(self, name: str, held: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
        length = held.shape[2]
        end = length + new.shape[2]
        room = self._rooms.get(name)
        moved = room is not None and room.data_ptr() != held.data_ptr()  # sequences were reordered
        if room is None or moved or room.shape[2] < end:
            # Where they are reordered at every step, room to grow would only be thrown away.
            size = end if moved else max(LEAST_ROOM, 2 * length, end)
            room = held.new_empty((*held.shape[:2], size, held.shape[3]))
            room[:, :, :length] = held
            self._rooms[name] = room
        room[:, :, length:end] = new
        return room[:, :, :end]
