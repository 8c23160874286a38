"""Writes layers/{bilinear,maxout,glu}.json: make_layers_gating.py"""
import torch
from torch import nn
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases()
cases.add("bilinear", {"units": 2}, [(3,), (4,)], nn.Bilinear(3, 4, 2))
cases.add("bilinear", {"units": 5, "activation": "tanh", "bias": False}, [(2, 4), (2, 3)],
          (m := nn.Bilinear(4, 3, 5, bias=False)), lambda a, b: torch.tanh(m(a, b)), note="of sequences, without bias")
cases.add("bilinear", {"units": 1}, [(2, 3, 2), (2, 3, 5)], nn.Bilinear(2, 5, 1), note="of matrices")

cases.add("maxout", {}, [(6,)], {}, lambda x: x.reshape(-1, 3, 2).amax(2))
cases.add("maxout", {"pieces": 3}, [(2, 6)], {}, lambda x: x.reshape(-1, 2, 2, 3).amax(3), note="of a sequence")
cases.add("maxout", {"pieces": 2}, [(4, 3, 2)], {}, lambda x: x.reshape(-1, 2, 2, 3, 2).amax(2), note="of an image")
cases.add("maxout", {"pieces": 4}, [(4, 2, 1, 2)], {}, lambda x: x.amax(1, keepdim=True), note="of a volume")

cases.add("glu", {}, [(6,)], {}, nn.GLU())
cases.add("glu", {}, [(3, 4)], {}, nn.GLU(), note="of a sequence")
cases.add("glu", {}, [(4, 3, 2)], {}, nn.GLU(1), note="of an image")
cases.add("glu", {"gate": "gelu"}, [(3, 4)], {}, lambda x: (p := x.chunk(2, -1))[0] * F.gelu(p[1]), note="with gelu")
p = {"gate.weight": torch.tensor([0.2])}
cases.add("glu", {"gate": "prelu"}, [(3, 4)], p, lambda x: (h := x.chunk(2, -1))[0] * F.prelu(h[1], p["gate.weight"]), note="with a gate that learns")
b = {"weight": torch.randn(3, 2, 4), "bias": torch.randn(3), "activation.weight": torch.tensor([0.1, -0.2, 0.3])}
cases.add("bilinear", {"units": 3, "activation": {"type": "prelu", "per_channel": True}}, [(5, 2), (5, 4)], b,
          lambda x, z: F.prelu(F.bilinear(x, z, b["weight"], b["bias"]).transpose(1, 2), b["activation.weight"]).transpose(1, 2), note="with prelu")
cases.write()
