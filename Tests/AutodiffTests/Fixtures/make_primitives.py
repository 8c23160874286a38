"""Writes primitives.json: what PyTorch makes of every case of the catalog, in float64.

    CHAINRULE_CASES=cases.json swift test --filter ReferenceTests.writeCases
    cd Tests/AutodiffTests/Fixtures && python3 make_primitives.py ../../../cases.json > primitives.json

A case says in an expression of PyTorch what it should be. Each gets its output, and the derivatives of the
output's sum, weighted, with respect to its inputs. Needs torch and numpy.
"""

import base64
import json
import sys

import numpy
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.use_deterministic_algorithms(True)


def prod(x, axes):
    """The product over several axes."""
    for axis in sorted(axes, reverse=True):
        x = torch.prod(x, axis)
    return x


def philox(key, low, high):
    """Philox4x32-10: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"."""
    c = [low & 0xFFFFFFFF, low >> 32, high & 0xFFFFFFFF, high >> 32]
    k = [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def draws(count, random, stream):
    """The counter-based draws of seed, step and stream."""
    words = [int(w) & 0xFFFFFFFF for w in random]
    seed, step = words[0] | words[1] << 32, words[2] | words[3] << 32
    drawn = []
    for block in range((count + 3) // 4):
        drawn += philox(seed ^ stream, block, step)
    return drawn


def dropout(x, random, rate, stream):
    """x times 0 or 1 / (1 - rate)."""
    limit = int(rate * 2.0**32)
    kept = torch.tensor([draw >= limit for draw in draws(x.numel(), random, stream)[: x.numel()]]).reshape(x.shape)
    return torch.where(kept, x / (1 - rate), 0 * x)


def gaussian_noise(x, random, std, stream):
    """Box and Muller 1958: of two draws one is a radius and one an angle from -pi to pi, and they make two normal numbers."""
    drawn = torch.tensor(draws(x.numel(), random, stream), dtype=torch.int64).reshape(-1, 2)
    radius = torch.sqrt(-2 * torch.log((drawn[:, 0] + 0.5) / 2**32))
    angle = torch.where(drawn[:, 1] < 2**31, drawn[:, 1], drawn[:, 1] - 2**32) * (torch.pi / 2**31)
    noise = torch.stack((radius * torch.cos(angle), radius * torch.sin(angle)), 1).flatten()[: x.numel()]
    return x + std * noise.reshape(x.shape)


def recurrent(cell, x, weight, bias=None, states=None, mask=None, factors=None, reverse=False, whole=True):
    """A recurrent network step by step, from the projections of its input."""
    batch, length, _ = x.shape
    units = weight.shape[1]
    h, c = states if cell == "lstm" and states else ((states or (torch.zeros(batch, units),))[0], torch.zeros(batch, units))
    outputs = [None] * length
    for t in reversed(range(length)) if reverse else range(length):
        product = (h if factors is None else h * factors) @ weight.T
        if cell == "lstm":
            i, f, g, o = (x[:, t] + product).chunk(4, 1)
            next_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            next_h = torch.sigmoid(o) * torch.tanh(next_c)
        elif cell == "gru":
            (xr, xz, xn), (hr, hz, hn) = x[:, t].chunk(3, 1), (product + bias).chunk(3, 1)
            r, z = torch.sigmoid(xr + hr), torch.sigmoid(xz + hz)
            next_c, next_h = c, (1 - z) * torch.tanh(xn + r * hn) + z * h
        else:
            next_c, next_h = c, getattr(torch, cell)(x[:, t] + product)
        seen = torch.ones(batch, 1) if mask is None else mask[:, t:t + 1]
        outputs[t] = next_h * seen
        h, c = torch.where(seen != 0, next_h, h), torch.where(seen != 0, next_c, c)
    return torch.stack(outputs, 1) if whole else h


def triplets(d, same, hard, soft, margin):
    """The mean cost of the triplets of a batch: Hermans et al. 2017."""
    rows = len(d)
    costs = []
    for a in range(rows):
        positives = [p for p in range(rows) if p != a and same[a, p] != 0]
        negatives = [n for n in range(rows) if n != a and same[a, n] == 0]
        if hard and positives and negatives:
            costs.append(margin + d[a, positives].max() - d[a, negatives].min())
        elif not hard:
            costs += [margin + d[a, p] - d[a, n] for p in positives for n in negatives]
    costs = torch.stack(costs)
    if soft:
        return F.softplus(costs).mean()
    return costs.clamp(min=0).mean() if hard else costs[costs > 0].mean()


def ctc(logits, labels, blank, mask=None):
    """F.ctc_loss of labels that end at the first blank, over the steps where the mask isn't 0."""
    if mask is not None:
        return torch.stack([ctc(x[m != 0][None], y[None], blank) for x, y, m in zip(logits, labels, mask)]).mean()
    ended = (labels == blank).long().cumsum(1) > 0
    lengths = (~ended).sum(1)
    # What comes after the end isn't read, but must be no blank.
    filled = torch.where(ended, (blank + 1) % logits.shape[2], labels.long())
    steps = torch.full((len(logits),), logits.shape[1])
    return F.ctc_loss(logits.log_softmax(2).transpose(0, 1), filled, steps, lengths, blank=blank)


def packed(tensor):
    values = tensor.detach().contiguous().numpy().astype("<f8")
    return base64.b64encode(values.tobytes()).decode()


def fingerprint(arrays):
    """FNV-1a over the bytes, so that a fixture for other inputs is noticed."""
    h = 0xCBF29CE484222325
    for array in arrays:
        for byte in array.tobytes():
            h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{h:016x}"


cases = []
for case in json.load(open(sys.argv[1])):
    arrays = []
    for given in case["inputs"]:
        kind = "<i4" if given["element"] == "int32" else "<f8"
        arrays.append(numpy.frombuffer(base64.b64decode(given["data"]), kind).reshape(given["shape"]))
    inputs = [torch.tensor(array) for array in arrays]
    for index in case["checked"]:
        inputs[index].requires_grad_()
    names = dict(zip("abcdefgh", inputs))
    try:
        y = eval(case["torch"], {"torch": torch, "F": F, "prod": prod, "dropout": dropout,
            "gaussian_noise": gaussian_noise, "recurrent": recurrent, "triplets": triplets, "ctc": ctc}, names)
    except Exception as error:
        sys.exit(f"{case['entry']} {case['index']}: {case['torch']}: {error}")
    gradients = []
    if case["checked"]:
        weights = numpy.frombuffer(base64.b64decode(case["weights"]), "<f8").reshape(y.shape)
        if y.requires_grad:
            (y * torch.tensor(weights)).sum().backward()
        for index in case["checked"]:
            x = inputs[index]
            gradients.append(packed(x.grad if x.grad is not None else torch.zeros_like(x)))
    cases.append({
        "entry": case["entry"], "index": case["index"], "torch": case["torch"],
        "inputs": fingerprint(arrays), "shape": list(y.shape), "output": packed(y.double()),
        "gradients": gradients,
    })

print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
