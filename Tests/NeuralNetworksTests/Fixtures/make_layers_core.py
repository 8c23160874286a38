"""Writes layers/{dense,activation,flatten,embedding,batch_norm}.json: make_layers_core.py"""
import torch
from torch import nn
from layer_fixtures import Cases

cases = Cases()
cases.add("dense", {"units": 5}, [(7,)], nn.Linear(7, 5))
cases.add("dense", {"units": 4, "activation": "tanh", "bias": False}, [(3, 6)],
          (m := nn.Linear(6, 4, bias=False)), lambda x: torch.tanh(m(x)), note="of a sequence, without bias")
cases.add("activation", {"activation": "tanh"}, [(2, 3)], nn.Tanh())
cases.add("flatten", {}, [(2, 3, 2)], nn.Flatten())
cases.add("embedding", {"dimensions": 4, "vocabulary": 6}, [], nn.Embedding(6, 4),
          inputs=[torch.randint(0, 6, (3, 5))])
cases.add("embedding", {"dimensions": 1, "vocabulary": 2}, [], nn.Embedding(2, 1),
          inputs=[torch.randint(0, 2, (4,)).reshape(4, 1)], note="of one token")
cases.add("batch_norm", {}, [(3, 4, 5)], nn.BatchNorm2d(3), note="of images")
cases.add("batch_norm", {"epsilon": 1e-3}, [(5,)], nn.BatchNorm1d(5, eps=1e-3), batch=6, note="of features")
cases.add("batch_norm", {"affine": False}, [(4, 3)],
          (b := nn.BatchNorm1d(3, affine=False)), lambda x: b(x.transpose(1, 2)).transpose(1, 2), note="of a sequence")
cases.write()
