#!/usr/bin/env python3
"""Reads what WeightsFileTests wrote under CHAINRULE_WEIGHTS_DIR: check_weights.py DIRECTORY.

Run by hand: the tests themselves need no Python.
"""
import pathlib, sys
import numpy, torch
from safetensors.torch import load_file

directory = pathlib.Path(sys.argv[1])
archive = numpy.load(directory / "ours.npz")
tensors = load_file(directory / "ours.safetensors")
assert list(archive.keys()) == ["hidden.weight", "hidden.bias", "count"], list(archive.keys())
assert set(tensors) == set(archive.keys())
for name, array in archive.items():
    assert numpy.array_equal(tensors[name].numpy(), array), name
assert archive["hidden.weight"].tolist() == [[-1.0, -0.5, 0.0], [0.5, 1.0, 1.5]]
assert archive["count"].dtype == numpy.int32
layer = torch.nn.Linear(3, 2)
layer.load_state_dict({k.removeprefix("hidden."): v for k, v in tensors.items() if "hidden" in k})
print("both read back,", len(tensors), "tensors")
