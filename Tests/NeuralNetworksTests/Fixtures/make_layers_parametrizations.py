"""Writes the cases of layers whose weight is normalized into layers/*_parametrized.json: make_layers_parametrizations.py"""
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm
from layer_fixtures import Cases

cases = Cases()
turned = lambda module: lambda x: module(x.transpose(1, 2)).transpose(1, 2)
modules = {
    "dense": (lambda: nn.Linear(4, 3), {"units": 3}, [(4,)], None),
    "bilinear": (lambda: nn.Bilinear(3, 2, 4), {"units": 4}, [(3,), (2,)], None),
    "embedding": (lambda: nn.Embedding(5, 3), {"dimensions": 3, "vocabulary": 5}, [], None),
    "conv1d": (lambda: nn.Conv1d(2, 3, 2), {"filters": 3, "kernel": 2}, [(4, 2)], turned),
    "conv2d": (lambda: nn.Conv2d(4, 4, 2, groups=2, bias=False), {"filters": 4, "kernel": 2, "groups": 2, "bias": False}, [(4, 3, 3)], None),
    "conv3d": (lambda: nn.Conv3d(1, 2, 2), {"filters": 2, "kernel": 2}, [(1, 2, 3, 2)], None),
    "depthwise_conv2d": (lambda: nn.Conv2d(3, 3, 2, groups=3), {"kernel": 2}, [(3, 3, 2)], None),
    "conv1d_transpose": (lambda: nn.ConvTranspose1d(3, 2, 2), {"filters": 2, "kernel": 2}, [(3, 3)], turned),
    "conv2d_transpose": (lambda: nn.ConvTranspose2d(2, 4, 2, groups=2), {"filters": 4, "kernel": 2, "groups": 2}, [(2, 2, 3)], None),
    "conv3d_transpose": (lambda: nn.ConvTranspose3d(2, 1, 2), {"filters": 1, "kernel": 2}, [(2, 2, 1, 2)], None),
}
for type, (make, fields, shapes, around) in modules.items():
    for name, parametrize in (("weight_norm", weight_norm), ("spectral_norm", spectral_norm)):
        module = parametrize(make().double())
        with torch.no_grad():
            if name == "weight_norm":
                g = module.parametrizations.weight.original0
                g.mul_(1 + 0.3 * torch.randn_like(g))
            else:
                # Far from the singular vectors, so that the iteration of the pass counts.
                norm = module.parametrizations.weight[0]
                norm._u.copy_(nn.functional.normalize(torch.randn_like(norm._u), dim=0))
                norm._v.copy_(nn.functional.normalize(torch.randn_like(norm._v), dim=0))
        tokens = [torch.randint(0, 5, (3, 4))] if type == "embedding" else None
        cases.add(type, {**fields, name: True}, shapes, module, around(module) if around else None, inputs=tokens, batch=2, note=f"with {name}")
# What the activation learns comes behind all that the layer does.
p = {"bias": torch.randn(3), "parametrizations.weight.original0": 0.5 + torch.rand(3, 1), "parametrizations.weight.original1": torch.randn(3, 4),
     "activation.weight": torch.tensor([0.3])}
weight = lambda: torch._weight_norm(p["parametrizations.weight.original1"], p["parametrizations.weight.original0"], 0)
cases.add("dense", {"units": 3, "weight_norm": True, "activation": "prelu"}, [(4,)], p,
          lambda x: nn.functional.prelu(nn.functional.linear(x, weight(), p["bias"]), p["activation.weight"]), note="with weight_norm and prelu")
cases.write("_parametrized")
