#!/usr/bin/env python3
"""Writes the weights files that WeightsFileTests reads: make_weights.py (needs numpy and safetensors)."""
import pathlib
import numpy
from safetensors.numpy import save_file

here = pathlib.Path(__file__).parent
tensors = {
    "hidden.weight": (numpy.arange(6, dtype=numpy.float32) * 0.5 - 1).reshape(2, 3),
    "hidden.bias": numpy.array([1e-45, -0.0, 3.4028235e38], dtype=numpy.float32),
    "double": numpy.array([[0.1, numpy.inf]], dtype=numpy.float64),
    "count": numpy.array([-(2**31), 7], dtype=numpy.int32),
    "half": numpy.array([1.5, -65504.0, 2.0**-24, numpy.inf], dtype=numpy.float16),
    "scalar": numpy.array(2.5, dtype=numpy.float32),
}
save_file(tensors, here / "weights.safetensors", metadata={"format": "pt"})
numpy.savez(here / "weights.npz", **tensors)
# A matrix that was transposed and not copied lies column by column.
numpy.savez(here / "transposed.npz", a=numpy.arange(6, dtype=numpy.uint8).reshape(2, 3).T)
