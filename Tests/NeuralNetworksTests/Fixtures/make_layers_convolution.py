"""Writes the cases of convolutions and pools into layers/: make_layers_convolution.py"""
import torch
from torch import nn
from layer_fixtures import Cases

cases = Cases()
turned = lambda module: lambda x: module(x.transpose(1, 2)).transpose(1, 2)

cases.add("conv1d", {"filters": 4, "kernel": 3}, [(6, 2)], (c := nn.Conv1d(2, 4, 3)), turned(c))
cases.add("conv1d", {"filters": 4, "kernel": 2, "stride": 2, "padding": 1, "dilation": 2, "groups": 2, "bias": False}, [(7, 4)],
          (d := nn.Conv1d(4, 4, 2, 2, 1, 2, 2, bias=False)), turned(d), note="with all members")
cases.add("conv2d", {"filters": 4, "kernel": 3, "padding": "same", "activation": "tanh"}, [(2, 5, 4)],
          (e := nn.Conv2d(2, 4, 3, padding=1)), lambda x: torch.tanh(e(x)))
cases.add("conv2d", {"filters": 4, "kernel": [3, 2], "stride": [2, 1], "padding": 1, "dilation": [1, 2], "groups": 2},
          [(4, 6, 5)], nn.Conv2d(4, 4, (3, 2), (2, 1), 1, (1, 2), 2), note="with all members")
cases.add("conv3d", {"filters": 3, "kernel": 2}, [(2, 3, 4, 3)], nn.Conv3d(2, 3, 2), batch=2)
cases.add("conv3d", {"filters": 2, "kernel": [1, 2, 3], "stride": [2, 1, 1], "padding": [0, 1, 1], "groups": 2}, [(2, 3, 3, 4)],
          nn.Conv3d(2, 2, (1, 2, 3), (2, 1, 1), (0, 1, 1), groups=2), batch=2, note="with all members")
cases.add("depthwise_conv2d", {"kernel": 3, "padding": "same"}, [(3, 4, 5)], nn.Conv2d(3, 3, 3, padding=1, groups=3))
cases.add("depthwise_conv2d", {"kernel": 2, "multiplier": 2, "stride": 2, "bias": False}, [(2, 5, 4)],
          nn.Conv2d(2, 4, 2, 2, groups=2, bias=False), note="with two kernels a channel")


class Separable(nn.Module):
    def __init__(self, i, o, m, **options):
        super().__init__()
        self.depthwise = nn.Conv2d(i, i * m, 3, groups=i, bias=False, **options)
        self.pointwise = nn.Conv2d(i * m, o, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


cases.add("separable_conv2d", {"filters": 4, "kernel": 3}, [(2, 5, 5)], Separable(2, 4, 1))
cases.add("separable_conv2d", {"filters": 3, "kernel": 3, "multiplier": 2, "stride": 2, "padding": 1}, [(2, 5, 4)],
          Separable(2, 3, 2, stride=2, padding=1), note="with two kernels a channel")

for kind, name in (("max", "Max"), ("avg", "Avg")):
    pool = lambda axes, *options: getattr(nn, f"{name}Pool{axes}d")(*options)
    cases.add(f"{kind}_pool1d", {"size": 2}, [(5, 3)], {}, turned(pool(1, 2)))
    cases.add(f"{kind}_pool1d", {"size": 3, "stride": 1, "padding": 1}, [(5, 2)], {}, turned(pool(1, 3, 1, 1)), note="overlapping")
    cases.add(f"{kind}_pool2d", {"size": 2}, [(2, 5, 4)], {}, pool(2, 2))
    cases.add(f"{kind}_pool2d", {"size": [3, 2], "stride": 2, "padding": [1, 0]}, [(1, 5, 7)], {}, pool(2, (3, 2), 2, (1, 0)), note="overlapping")
    cases.add(f"{kind}_pool3d", {"size": 2}, [(1, 4, 3, 4)], {}, pool(3, 2), batch=2)
    cases.add(f"{kind}_pool3d", {"size": [1, 2, 3], "stride": 1}, [(1, 2, 3, 4)], {}, pool(3, (1, 2, 3), 1), batch=2, note="overlapping")
    reduced = (lambda x, axes: x.amax(axes)) if kind == "max" else (lambda x, axes: x.mean(axes))
    cases.add(f"global_{kind}_pool1d", {}, [(5, 3)], {}, lambda x, r=reduced: r(x, (1,)))
    cases.add(f"global_{kind}_pool2d", {}, [(3, 4, 5)], {}, lambda x, r=reduced: r(x, (2, 3)))
    cases.add(f"global_{kind}_pool3d", {}, [(2, 2, 3, 2)], {}, lambda x, r=reduced: r(x, (2, 3, 4)))
    adaptive = lambda size: getattr(nn, f"Adaptive{name}Pool2d")(size)
    cases.add(f"adaptive_{kind}_pool2d", {"size": 2}, [(2, 5, 4)], {}, adaptive(2))
    cases.add(f"adaptive_{kind}_pool2d", {"size": [3, 1]}, [(1, 7, 3)], {}, adaptive((3, 1)), note="of unlike windows")

cases.add("conv1d_transpose", {"filters": 3, "kernel": 3}, [(4, 2)], (t := nn.ConvTranspose1d(2, 3, 3)), turned(t))
cases.add("conv1d_transpose", {"filters": 4, "kernel": 3, "stride": 3, "padding": 1, "output_padding": 2, "dilation": 2, "groups": 2, "bias": False},
          [(4, 4)], (u := nn.ConvTranspose1d(4, 4, 3, 3, 1, 2, 2, False, 2)), turned(u), note="with all members")
cases.add("conv2d_transpose", {"filters": 3, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1, "activation": "tanh"}, [(2, 3, 4)],
          (v := nn.ConvTranspose2d(2, 3, 3, 2, 1, 1)), lambda x: torch.tanh(v(x)))
cases.add("conv2d_transpose", {"filters": 4, "kernel": [3, 2], "stride": [1, 2], "padding": [1, 0], "output_padding": [0, 1], "dilation": [1, 3],
                               "groups": 2, "bias": False},
          [(4, 4, 3)], nn.ConvTranspose2d(4, 4, (3, 2), (1, 2), (1, 0), (0, 1), 2, False, (1, 3)), note="with all members")
cases.add("conv3d_transpose", {"filters": 2, "kernel": 2}, [(2, 2, 3, 2)], nn.ConvTranspose3d(2, 2, 2), batch=2)
cases.add("conv3d_transpose", {"filters": 2, "kernel": [1, 2, 3], "stride": [2, 1, 2], "padding": [0, 1, 1], "output_padding": [1, 0, 1], "groups": 2},
          [(2, 2, 3, 2)], nn.ConvTranspose3d(2, 2, (1, 2, 3), (2, 1, 2), (0, 1, 1), (1, 0, 1), 2), batch=2, note="with all members")

for scale in (2, 3, [1.5, 2.5], [0.5, 1]):
    factors = scale if isinstance(scale, int) else tuple(float(s) for s in scale)
    cases.add("upsample2d", {"scale": scale}, [(1, 3, 4)], {}, nn.Upsample(scale_factor=factors), batch=2, note=f"nearest {scale}")
    for align in (False, True):
        cases.add("upsample2d", {"scale": scale, "mode": "bilinear", "align_corners": align}, [(1, 3, 4)], {},
                  nn.Upsample(scale_factor=factors, mode="bilinear", align_corners=align), batch=2, note=f"bilinear {scale}" + (" aligned" if align else ""))
cases.add("upsample2d", {"scale": [3, 2], "mode": "bilinear", "align_corners": True}, [(1, 1, 2)], {},
          nn.Upsample(scale_factor=(3.0, 2.0), mode="bilinear", align_corners=True), note="of a single row")

for kind, name in (("max", "Max"), ("avg", "Avg")):
    adaptive = lambda axes, size: getattr(nn, f"Adaptive{name}Pool{axes}d")(size)
    cases.add(f"adaptive_{kind}_pool1d", {"size": 2}, [(5, 3)], {}, turned(adaptive(1, 2)))
    cases.add(f"adaptive_{kind}_pool1d", {"size": 4}, [(7, 2)], {}, turned(adaptive(1, 4)), note="of unlike windows")
    cases.add(f"adaptive_{kind}_pool3d", {"size": 2}, [(1, 3, 4, 5)], {}, adaptive(3, 2), batch=2)
    cases.add(f"adaptive_{kind}_pool3d", {"size": [1, 3, 2]}, [(2, 2, 3, 3)], {}, adaptive(3, (1, 3, 2)), batch=2, note="of unlike windows")

cases.add("conv1d", {"filters": 2, "kernel": 4, "padding": "same"}, [(5, 2)], (w := nn.Conv1d(2, 2, 4, padding="same")), turned(w), note="of an even kernel, same")
cases.add("conv2d", {"filters": 2, "kernel": [2, 3], "padding": "same", "dilation": [3, 1]}, [(2, 5, 4)],
          nn.Conv2d(2, 2, (2, 3), padding="same", dilation=(3, 1)), note="of an even kernel, same")
cases.add("conv3d", {"filters": 1, "kernel": [2, 1, 4], "padding": "same"}, [(1, 3, 2, 4)], nn.Conv3d(1, 1, (2, 1, 4), padding="same"), batch=2,
          note="of an even kernel, same")
cases.add("depthwise_conv2d", {"kernel": 2, "padding": "same"}, [(2, 3, 4)], nn.Conv2d(2, 2, 2, padding="same", groups=2), note="of an even kernel, same")

for axes, size in ((1, (5, 2)), (2, (1, 5, 4)), (3, (1, 2, 5, 4))):
    around = turned if axes == 1 else lambda module: module
    cases.add(f"max_pool{axes}d", {"size": 2, "stride": 1, "dilation": 2 if axes < 3 else [1, 2, 3], "padding": 1}, [size], {},
              around(getattr(nn, f"MaxPool{axes}d")(2, 1, 1, 2 if axes < 3 else (1, 2, 3))), batch=2, note="dilated")
    cases.add(f"max_pool{axes}d", {"size": 2, "ceil_mode": True}, [size], {}, around(getattr(nn, f"MaxPool{axes}d")(2, ceil_mode=True)), batch=2, note="rounded up")
    cases.add(f"avg_pool{axes}d", {"size": 2, "ceil_mode": True, "padding": 1, "count_include_pad": False}, [size], {},
              around(getattr(nn, f"AvgPool{axes}d")(2, None, 1, True, False)), batch=2, note="rounded up, without padding")
cases.write()
