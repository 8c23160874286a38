#!/usr/bin/env python3
"""Writes what TransferTests uploads: make_transfer.py (needs torch and safetensors).

A network as PyTorch trains and saves it, wrapped as DataParallel does, so that names begin with `module.`: a layer in
bfloat16, batch normalisation with its counter of batches, a head of three classes in half precision. transfer.json has the
numbers that float32 makes of them, and what the network answers in evaluation.
"""
import json
import pathlib

import torch
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
torch.manual_seed(20261127)
body = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
for _ in range(5):
    body(torch.randn(16, 2))
state = {f"module.{name}": tensor.clone() for name, tensor in body.state_dict().items()}
for name in list(state):
    if name.startswith("module.0."):
        state[name] = state[name].to(torch.bfloat16)
    if name.startswith("module.3."):
        state[name] = state[name].to(torch.float16)
save_file(state, here / "transfer.safetensors", metadata={"format": "pt"})

body.load_state_dict({name.removeprefix("module."): tensor.float() for name, tensor in state.items()})
body.eval().double()
inputs = torch.tensor([[0.5, -1.0], [-2.0, 0.25]], dtype=torch.float64)
floats = {
    name.removeprefix("module."): tensor.float().flatten().tolist()
    for name, tensor in state.items() if tensor.is_floating_point()
}
(here / "transfer.json").write_text(
    json.dumps({"weights": floats, "inputs": inputs.tolist(), "outputs": body(inputs).tolist()}) + "\n")
