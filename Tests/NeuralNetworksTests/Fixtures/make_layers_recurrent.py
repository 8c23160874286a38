"""Writes the cases of recurrent layers into layers/: make_layers_recurrent.py"""
import torch
from torch import nn
from layer_fixtures import Cases

cases = Cases()


def add(type, fields, shape, module, note="", forward=None, **options):
    whole = fields.get("return_sequences")

    def last(x):
        output, state = module(x)
        if whole:
            return output
        state = state[0] if isinstance(state, tuple) else state
        directions = 2 if fields.get("bidirectional") else 1
        return torch.cat(tuple(state[-directions:]), -1)

    cases.add(type, fields, [shape], module, forward or last, note=note, **options)


for type in ("rnn", "lstm", "gru"):
    make = getattr(nn, type.upper())
    add(type, {"units": 3}, (4, 2), make(2, 3, batch_first=True))
    add(type, {"units": 3, "return_sequences": True, "bias": False}, (5, 2), make(2, 3, batch_first=True, bias=False), "with all outputs, without bias")
    add(type, {"units": 2, "layers": 2, "bidirectional": True, "return_sequences": True}, (3, 3),
        make(3, 2, 2, batch_first=True, bidirectional=True), "of two layers, both ways")
    add(type, {"units": 2, "bidirectional": True}, (3, 3), make(3, 2, batch_first=True, bidirectional=True), "both ways, the last outputs")


cut = nn.LSTM(2, 3, batch_first=True)


def truncated(x):
    outputs, state = [], None
    for start in range(0, 5, 2):
        y, state = cut(x[:, start:start + 2], state)
        state = tuple(s.detach() for s in state)
        outputs.append(y)
    return torch.cat(outputs, 1)


add("lstm", {"units": 3, "return_sequences": True, "truncate": 2}, (5, 2), cut, "truncated", truncated)
cases.write()
