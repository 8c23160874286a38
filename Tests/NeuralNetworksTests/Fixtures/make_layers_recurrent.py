"""Writes the cases of recurrent layers into layers/: make_layers_recurrent.py"""
import torch
from torch import nn
from torch.nn import functional as F
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


def truncated(module, length, every):
    """The state goes on from part to part, and its gradient doesn't."""

    def forward(x):
        outputs, state = [], None
        for start in range(0, length, every):
            y, state = module(x[:, start:start + every], state)
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            outputs.append(y)
        return torch.cat(outputs, 1)

    return forward


for type in ("rnn", "lstm", "gru"):
    make = getattr(nn, type.upper())
    add(type, {"units": 3}, (4, 2), make(2, 3, batch_first=True))
    add(type, {"units": 3, "return_sequences": True, "bias": False}, (5, 2), make(2, 3, batch_first=True, bias=False), "with all outputs, without bias")
    add(type, {"units": 2, "layers": 2, "bidirectional": True, "return_sequences": True}, (3, 3),
        make(3, 2, 2, batch_first=True, bidirectional=True), "of two layers, both ways")
    add(type, {"units": 2, "bidirectional": True}, (3, 3), make(3, 2, batch_first=True, bidirectional=True), "both ways, the last outputs")
    add(type, {"units": 2, "layers": 2, "bidirectional": True}, (4, 2), make(2, 2, 2, batch_first=True, bidirectional=True),
        "of two layers, both ways, the last outputs")
    add(type, {"units": 17}, (3, 5), make(5, 17, batch_first=True), "of more units than a panel", batch=7)
    cut = make(2, 3, batch_first=True)
    add(type, {"units": 3, "return_sequences": True, "truncate": 2}, (5, 2), cut, "truncated", truncated(cut, 5, 2))

add("rnn", {"units": 4, "activation": "relu", "return_sequences": True}, (4, 3), nn.RNN(3, 4, nonlinearity="relu", batch_first=True), "with relu")


def normalized(parameters, x, suffix):
    """Ba, Kiros and Hinton 2016, arXiv:1607.06450, equations 20 to 22, with gates i f g o.

    Of few units a norm may divide by next to nothing, which float32 does not bear.
    """
    p = {name: tensor for name, tensor in parameters.items() if name.split(".")[0].endswith("_l0" + suffix)}
    get = lambda name, end="": p.get(name + "_l0" + suffix + end)
    h = c = x.new_zeros(x.shape[0], get("weight_hh").shape[1])
    outputs = [None] * x.shape[1]
    for t in reversed(range(x.shape[1])) if suffix else range(x.shape[1]):
        a = F.layer_norm(x[:, t] @ get("weight_ih").T, get("bias_ih").shape, get("norm_ih", ".weight"), get("bias_ih")) \
            + F.layer_norm(h @ get("weight_hh").T, get("bias_hh").shape, get("norm_hh", ".weight"), get("bias_hh"))
        i, f, g, o = a.chunk(4, 1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        h = o.sigmoid() * F.layer_norm(c, c.shape[1:], get("norm_c", ".weight"), get("norm_c", ".bias")).tanh()
        outputs[t] = h
    return torch.stack(outputs, 1), h


for directions in (1, 2):
    parameters = {}
    for suffix in ("", "_reverse")[:directions]:
        for name, shape in (("weight_ih_l0", (28, 3)), ("weight_hh_l0", (28, 7)), ("bias_ih_l0", (28,)), ("bias_hh_l0", (28,)),
                            ("norm_ih_l0.weight", (28,)), ("norm_hh_l0.weight", (28,)), ("norm_c_l0.weight", (7,)), ("norm_c_l0.bias", (7,))):
            layer, dot, end = name.partition(".")
            parameters[layer + suffix + dot + end] = torch.randn(*shape)

    def forward(x):
        runs = [normalized(parameters, x, suffix) for suffix in ("", "_reverse")[:directions]]
        return torch.cat([run[1 if directions == 2 else 0] for run in runs], -1)

    fields = {"units": 7, "layer_norm": True, **({"bidirectional": True} if directions == 2 else {"return_sequences": True})}
    cases.add("lstm", fields, [(4, 3)], parameters, forward, note=f"normalised, {directions} direction" + "s" * (directions - 1))


def truncated_in_parts(full, type, units, layers, directions, every):
    """Each direction of each layer for itself, cut every so many steps from where that direction begins."""
    make = getattr(nn, type.upper())

    def run(x, suffix):
        one = make(x.shape[2], units, batch_first=True).double()
        named = {f"{n}_l0": getattr(full, f"{n}_{suffix}") for n in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        outputs, state = [], None
        for start in range(0, x.shape[1], every):
            y, state = torch.func.functional_call(one, named, (x[:, start:start + every], state))
            state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
            outputs.append(y)
        return torch.cat(outputs, 1)

    def forward(x):
        for layer in range(layers):
            outputs = [run(x, f"l{layer}")]
            if directions == 2:
                outputs.append(run(x.flip(1), f"l{layer}_reverse").flip(1))
            x = torch.cat(outputs, -1)
        return x

    return forward


for type in ("rnn", "lstm", "gru"):
    for layers, directions in ((2, 1), (1, 2), (2, 2)):
        full = getattr(nn, type.upper())(2, 3, layers, batch_first=True, bidirectional=directions == 2)
        add(type, {"units": 3, "layers": layers, "bidirectional": directions == 2, "return_sequences": True, "truncate": 2}, (5, 2), full,
            f"truncated, {layers} layer{'s' * (layers - 1)}{', both ways' * (directions - 1)}", truncated_in_parts(full, type, 3, layers, directions, 2))

cases.write()
