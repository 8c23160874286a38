"""Writes layers/{dense,activation,flatten,embedding,batch_norm}.json: make_layers_core.py"""
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
cases.write()
