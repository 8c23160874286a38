"""Writes the cases of normalising and merging layers into layers/: make_layers_basic.py"""
import torch
from torch import nn
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases()
turned = lambda module: lambda x: module(x.transpose(1, 2)).transpose(1, 2)

cases.add("layer_norm", {}, [(4, 5)], nn.LayerNorm(5))
cases.add("layer_norm", {"axes": 2, "epsilon": 1e-3, "bias": False}, [(2, 3, 4)], nn.LayerNorm((3, 4), eps=1e-3, bias=False), note="of two axes, without bias")
cases.add("layer_norm", {"affine": False}, [(6,)], nn.LayerNorm(6, elementwise_affine=False), note="without weights")
cases.add("rms_norm", {}, [(4, 5)], nn.RMSNorm(5, eps=1e-5))
cases.add("rms_norm", {"affine": False, "epsilon": 0.1}, [(5,)], nn.RMSNorm(5, eps=0.1, elementwise_affine=False), note="without weights")
cases.add("group_norm", {"groups": 2}, [(4, 3, 2)], nn.GroupNorm(2, 4))
cases.add("group_norm", {"groups": 3, "affine": False}, [(24,)], nn.GroupNorm(3, 24, affine=False), note="of features")
cases.add("group_norm", {"groups": 2}, [(5, 4)], (g := nn.GroupNorm(2, 4)), turned(g), note="of a sequence")
cases.add("instance_norm", {}, [(3, 4, 2)], nn.InstanceNorm2d(3))
cases.add("instance_norm", {"affine": True, "epsilon": 1e-3}, [(2, 3, 2, 2)], nn.InstanceNorm3d(2, affine=True, eps=1e-3), note="of volumes")
cases.add("instance_norm", {"affine": True}, [(5, 3)], (i := nn.InstanceNorm1d(3, affine=True)), turned(i), note="of a sequence")

cases.add("add", {"activation": "relu"}, [(3, 4)] * 2, {}, lambda a, b: F.relu(a + b))
cases.add("add", {}, [(3, 2, 2), (3, 1, 1), (1, 2, 1)], {}, lambda a, b, c: a + b + c, note="of three, repeated")
cases.add("multiply", {}, [(3, 2, 2), (3, 1, 1)], {}, torch.mul)
cases.add("multiply", {"activation": "tanh"}, [(4,)] * 3, {}, lambda a, b, c: torch.tanh(a * b * c), note="of three")
cases.add("average", {}, [(4,)] * 3, {}, lambda a, b, c: (a + b + c) / 3)
cases.add("concat", {}, [(2, 3, 3), (1, 3, 3)], {}, lambda a, b: torch.cat((a, b), 1), note="of channels")
cases.add("concat", {}, [(3, 2), (3, 4), (3, 1)], {}, lambda a, b, c: torch.cat((a, b, c), 2), note="of features")
cases.add("concat", {"axis": 0}, [(3, 2), (1, 2)], {}, lambda a, b: torch.cat((a, b), 1), note="of places")
cases.add("dot", {}, [(3, 4)] * 2, {}, lambda a, b: (a * b).sum(-1, keepdim=True))
cases.add("dot", {"normalize": True}, [(5,)] * 2, {}, lambda a, b: F.cosine_similarity(a, b, dim=-1)[..., None], note="normalized")
cases.write()
