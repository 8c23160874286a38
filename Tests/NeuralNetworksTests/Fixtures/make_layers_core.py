"""Writes layers/{dense,activation,flatten,embedding,column_embedding,batch_norm}.json: make_layers_core.py"""
import torch
from torch import nn
from layer_fixtures import Cases

cases = Cases()
cases.add("dense", {"units": 5}, [(7,)], nn.Linear(7, 5))
cases.add("dense", {"units": 4, "activation": "tanh", "bias": False}, [(3, 6)],
          (m := nn.Linear(6, 4, bias=False)), lambda x: torch.tanh(m(x)), note="of a sequence, without bias")

activations = {
    "identity": nn.Identity(), "relu": nn.ReLU(), "sigmoid": nn.Sigmoid(), "tanh": nn.Tanh(), "gelu": nn.GELU(), "swish": nn.SiLU(),
    "softmax": nn.Softmax(-1), "relu6": nn.ReLU6(), "hard_sigmoid": nn.Hardsigmoid(), "hard_tanh": nn.Hardtanh(),
    "hard_swish": nn.Hardswish(), "softplus": nn.Softplus(), "softsign": nn.Softsign(), "mish": nn.Mish(), "selu": nn.SELU(),
    "log_softmax": nn.LogSoftmax(-1)}
with_members = [
    ({"type": "leaky_relu", "slope": 0.3}, nn.LeakyReLU(0.3)), ({"type": "elu", "alpha": 0.7}, nn.ELU(0.7)),
    ({"type": "gelu", "approximate": "tanh"}, nn.GELU("tanh")), ({"type": "celu", "alpha": 2}, nn.CELU(2)),
    ({"type": "sine", "frequency": 3}, lambda x: torch.sin(3 * x))]
for activation, function in list(activations.items()) + with_members:
    # Far from 0 on both sides, where functions saturate or bend.
    points = 3 * torch.randn(4, 3, 5, dtype=torch.float64)
    name = activation if isinstance(activation, str) else activation["type"]
    cases.add("activation", {"activation": activation}, [], {}, function, inputs=[points], note=name)
cases.add("flatten", {}, [(2, 3, 2)], nn.Flatten())
cases.add("embedding", {"dimensions": 4, "vocabulary": 6}, [], nn.Embedding(6, 4),
          inputs=[torch.randint(0, 6, (3, 5))])
cases.add("embedding", {"dimensions": 1, "vocabulary": 2}, [], nn.Embedding(2, 1),
          inputs=[torch.randint(0, 2, (4,)).reshape(4, 1)], note="of one token")
cases.add("batch_norm", {}, [(3, 4, 5)], nn.BatchNorm2d(3), note="of images")
cases.add("batch_norm", {"epsilon": 1e-3}, [(5,)], nn.BatchNorm1d(5, eps=1e-3), batch=6, note="of features")
cases.add("batch_norm", {"affine": False}, [(4, 3)],
          (b := nn.BatchNorm1d(3, affine=False)), lambda x: b(x.transpose(1, 2)).transpose(1, 2), note="of a sequence")
cases.add("batch_norm", {}, [(3, 2, 4)], nn.BatchNorm2d(3), note="of images, in inference", inference=True)
cases.add("batch_norm", {"affine": False, "epsilon": 0.1}, [(4, 3)], (e := nn.BatchNorm1d(3, eps=0.1, affine=False)),
          lambda x: e(x.transpose(1, 2)).transpose(1, 2), note="of a sequence, in inference", inference=True)
cases.add("batch_norm", {"momentum": 0.4}, [(2, 2, 3, 2)], nn.BatchNorm3d(2, momentum=0.4), note="of volumes, with a momentum")


class Columns(nn.Module):
    """Vectors in place of the numbers at some places along the last axis."""

    def __init__(self, *columns):
        super().__init__()
        self.places = [place for place, _, _ in columns]
        self.columns = nn.ModuleList(nn.Embedding(values, dimensions) for _, values, dimensions in columns)

    def forward(self, x):
        parts = [x[..., i:i + 1] if i not in self.places else self.columns[self.places.index(i)](x[..., i].detach().long())
                 for i in range(x.shape[-1])]
        return torch.cat(parts, -1)


def rows(*shape, **values):
    """Normal numbers, but at some places whole ones."""
    x = torch.randn(*shape, dtype=torch.float64)
    for place, count in values.items():
        x[..., int(place[1:])] = torch.randint(0, count, shape[:-1]).double()
    return x


def of(*columns):
    return {"columns": [{"place": place, "values": values, "dimensions": dimensions} for place, values, dimensions in columns]}


some = (1, 4, 3), (2, 2, 1), (5, 7, 4)
cases.add("column_embedding", of(*some), [], Columns(*some), inputs=[rows(6, 8, _1=4, _2=2, _5=7)], note="among numbers")
cases.add("column_embedding", of((0, 3, 2)), [], Columns((0, 3, 2)), inputs=[rows(4, 1, _0=3)], note="alone")
ends = (0, 2, 2), (3, 5, 3)
cases.add("column_embedding", of(*ends), [], Columns(*ends), inputs=[rows(2, 3, 4, _0=2, _3=5)], note="of windows")
cases.write()
