"""Writes the cases of layers that reorder elements into layers/: make_layers_shaping.py"""
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases()
cases.add("reshape", {"shape": [3, -1]}, [(2, 6)], {}, lambda x: x.reshape(-1, 3, 4))
cases.add("reshape", {"shape": [2, 1, 3]}, [(6,)], {}, lambda x: x.reshape(-1, 2, 1, 3), note="of a vector")
cases.add("permute", {"axes": [2, 0, 1]}, [(2, 3, 4)], {}, lambda x: x.permute(0, 3, 1, 2))
cases.add("permute", {"axes": [1, 0]}, [(2, 3)], {}, lambda x: x.transpose(1, 2), note="of a matrix")
cases.add("slice", {"from": -2}, [(5, 3)], {}, lambda x: x[:, -2:])
cases.add("slice", {"axis": 1, "from": 1, "to": -1}, [(2, 4, 3)], {}, lambda x: x[:, :, 1:-1], note="of the second axis")
cases.add("zero_pad2d", {"padding": 2}, [(2, 2, 3)], {}, lambda x: F.pad(x, (2, 2, 2, 2)))
cases.add("zero_pad2d", {"padding": [0, 1, 2, 3]}, [(1, 2, 2)], {}, lambda x: F.pad(x, (2, 3, 0, 1)), note="of unlike sides")
cases.write()
