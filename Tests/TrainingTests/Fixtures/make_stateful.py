"""Writes stateful/: recurrent models whose state goes on from batch to batch, and PyTorch's losses.

A sequence of tokens is cut into windows one after the other; row i of a batch goes on where row i of the one before ended,
with the state detached, and each epoch begins with zeros. NAME.safetensors has initial weights, inputs and targets;
stateful.json the spec, the loss of each step, and at the end that of the last windows, evaluated likewise. Float64 from the
same numbers. Needs torch and safetensors.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

torch.manual_seed(20261126)
VOCABULARY, LENGTH, BATCH, EPOCHS = 7, 6, 4, 4
# 22 windows are 5 batches and 2 left out; 10 that validate are 2 batches and 2 left out.
TRAINING, VALIDATION = 22, 10


class Normalized(nn.Module):
    """Layer-normalised lstm (Ba, Kiros and Hinton 2016, arXiv:1607.06450)."""

    def __init__(self, width, units):
        super().__init__()
        u = 4 * units
        for name, shape in (("weight_ih_l0", (u, width)), ("weight_hh_l0", (u, units)), ("bias_ih_l0", (u,)), ("bias_hh_l0", (u,))):
            setattr(self, name, nn.Parameter(torch.randn(shape) * 0.5))
        for name, count in (("norm_ih_l0", u), ("norm_hh_l0", u), ("norm_c_l0", units)):
            norm = nn.Module()
            norm.weight = nn.Parameter(1 + 0.1 * torch.randn(count))
            if name == "norm_c_l0":
                norm.bias = nn.Parameter(0.1 * torch.randn(count))
            setattr(self, name, norm)

    def forward(self, x, state):
        h, c = state if state is not None else (x.new_zeros(x.shape[0], self.weight_hh_l0.shape[1]),) * 2
        outputs = []
        for t in range(x.shape[1]):
            a = F.layer_norm(x[:, t] @ self.weight_ih_l0.T, self.bias_ih_l0.shape, self.norm_ih_l0.weight, self.bias_ih_l0) \
                + F.layer_norm(h @ self.weight_hh_l0.T, self.bias_hh_l0.shape, self.norm_hh_l0.weight, self.bias_hh_l0)
            i, f, g, o = a.chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * F.layer_norm(c, c.shape[1:], self.norm_c_l0.weight, self.norm_c_l0.bias).tanh()
            outputs.append(h)
        return torch.stack(outputs, 1), (h, c)


def detached(state):
    return tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()


class Network(nn.Module):
    def __init__(self, cell, units, cut=None):
        super().__init__()
        self.embed, self.cell, self.out = nn.Embedding(VOCABULARY, 5), cell, nn.Linear(units, VOCABULARY)
        self.cut = cut

    def forward(self, x, state):
        x, outputs = self.embed(x), []
        for start in range(0, LENGTH, self.cut or LENGTH):
            y, state = self.cell(x[:, start:start + (self.cut or LENGTH)], state)
            outputs.append(y)
            if self.cut and start + self.cut < LENGTH:
                state = detached(state)
        return self.out(torch.cat(outputs, 1)), detached(state)


CASES = [
    ("rnn", Network(nn.RNN(5, 6, batch_first=True), 6), {"type": "rnn", "units": 6}),
    ("gru", Network(nn.GRU(5, 6, 2, batch_first=True), 6), {"type": "gru", "units": 6, "layers": 2}),
    ("lstm", Network(nn.LSTM(5, 6, 2, batch_first=True), 6, cut=4), {"type": "lstm", "units": 6, "layers": 2, "truncate": 4}),
    ("lstm_normalized", Network(Normalized(5, 8), 8), {"type": "lstm", "units": 8, "layer_norm": True}),
]

# A token is known from the one before the last, so that a state is worth something.
tokens = [1, 3]
for step in range((TRAINING + VALIDATION) * LENGTH):
    tokens.append((2 * tokens[-2] + tokens[-1] + (step % 5 == 0)) % VOCABULARY)
tokens = torch.tensor(tokens)
inputs = torch.stack([tokens[i * LENGTH:(i + 1) * LENGTH] for i in range(TRAINING + VALIDATION)])
targets = torch.stack([tokens[i * LENGTH + 1:(i + 1) * LENGTH + 1] for i in range(TRAINING + VALIDATION)])


def batches(first, count):
    """The windows of each batch: as many lanes as rows."""
    lanes = count // BATCH
    return [[first + row * lanes + batch for row in range(BATCH)] for batch in range(lanes)]


folder = pathlib.Path(__file__).with_name("stateful")
folder.mkdir(exist_ok=True)
out = []
for name, model, layer in CASES:
    tensors = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
    order = list(tensors)
    save_file(tensors | {"inputs": inputs.float(), "targets": targets.int()}, folder / f"{name}.safetensors")
    model.double()
    optimizer = torch.optim.SGD(model.parameters(), 0.3)
    losses = []
    for epoch in range(EPOCHS):
        state = None
        for rows in batches(0, TRAINING):
            output, state = model(inputs[rows], state)
            loss = F.cross_entropy(output.flatten(0, 1), targets[rows].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    state, total = None, []
    with torch.no_grad():
        for rows in batches(TRAINING, VALIDATION):
            output, state = model(inputs[rows], state)
            total.append(F.cross_entropy(output.flatten(0, 1), targets[rows].flatten()).item())
    spec = {"input": {"shape": [LENGTH], "dtype": "int32", "vocabulary": VOCABULARY}, "layers": [
        {"type": "embedding", "name": "embed", "dimensions": 5},
        {"name": "cell", "return_sequences": True, "stateful": True, **layer},
        {"type": "dense", "name": "out", "units": VOCABULARY}]}
    out.append({"name": name, "spec": spec, "batch": BATCH, "epochs": EPOCHS, "training": TRAINING, "parameters": order, "losses": losses,
                "validation": sum(total) / len(total)})
(folder / "stateful.json").write_text(json.dumps(out, indent=1) + "\n")
