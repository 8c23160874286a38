"""Writes layers on padded sequences into layers/masked.json, against PyTorch's packed sequences and padding masks: make_layers_masked.py"""
import json
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from layer_fixtures import FOLDER, Cases

cases = Cases(seed=4)
collected = []


def add(type, fields, shapes, module, forward, masks, note, **options):
    """A case whose inputs have masks: lists of 1 and 0, or None."""
    cases.add(type, fields, shapes, module, forward, note=note, **options)
    case = cases.files[type][-1]
    case["masks"] = [None if m is None else {"name": "", "shape": list(m.shape), "values": m.flatten().tolist()} for m in masks]
    collected.append(case)


def behind(lengths, total):
    """Sequences of these lengths with the padding behind."""
    return torch.tensor([[1.0 if t < n else 0.0 for t in range(total)] for n in lengths])


LENGTHS = [5, 2, 4]
mask = behind(LENGTHS, 5)


def packed(module, whole):
    def forward(x):
        output, state = module(pack_padded_sequence(x, LENGTHS, batch_first=True, enforce_sorted=False))
        if whole:
            return pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])[0]
        state = state[0] if isinstance(state, tuple) else state
        return torch.cat(tuple(state[-2 if module.bidirectional else -1:]), -1)

    return forward


for type in ("rnn", "lstm", "gru"):
    make = getattr(nn, type.upper())
    for layers, both, whole in ((1, False, True), (1, False, False), (2, True, True), (2, True, False)):
        fields = {"units": 3, "layers": layers, "bidirectional": both, "return_sequences": whole}
        module = make(2, 3, layers, batch_first=True, bidirectional=both)
        add(type, fields, [(5, 2)], module, packed(module, whole), [mask],
            f"packed, {layers} layer{'s' * (layers - 1)}{', both ways' * both}{', all outputs' * whole}")


def normalized(p, x, mask):
    """Layer-normalised lstm (Ba, Kiros and Hinton 2016) whose state stays as it is at padding."""
    h = c = x.new_zeros(x.shape[0], p["weight_hh_l0"].shape[1])
    outputs = []
    for t in range(x.shape[1]):
        a = F.layer_norm(x[:, t] @ p["weight_ih_l0"].T, (28,), p["norm_ih_l0.weight"], p["bias_ih_l0"]) \
            + F.layer_norm(h @ p["weight_hh_l0"].T, (28,), p["norm_hh_l0.weight"], p["bias_hh_l0"])
        i, f, g, o = a.chunk(4, 1)
        cell = f.sigmoid() * c + i.sigmoid() * g.tanh()
        state = o.sigmoid() * F.layer_norm(cell, (7,), p["norm_c_l0.weight"], p["norm_c_l0.bias"]).tanh()
        real = mask[:, t:t + 1].bool()
        h, c = torch.where(real, state, h), torch.where(real, cell, c)
        outputs.append(torch.where(real, state, torch.zeros_like(state)))
    return torch.stack(outputs, 1)


weights = {n: torch.randn(*s) for n, s in (
    ("weight_ih_l0", (28, 3)), ("weight_hh_l0", (28, 7)), ("bias_ih_l0", (28,)), ("bias_hh_l0", (28,)), ("norm_ih_l0.weight", (28,)),
    ("norm_hh_l0.weight", (28,)), ("norm_c_l0.weight", (7,)), ("norm_c_l0.bias", (7,)))}
add("lstm", {"units": 7, "layer_norm": True, "return_sequences": True}, [(5, 3)], weights, lambda x: normalized(weights, x, mask), [mask],
    "normalised, with padding")

# Attention: padding behind, and before, where with a causal mask no query sees nothing.
anywhere = torch.tensor([[1, 1, 0, 1, 0.0], [1, 1, 1, 1, 1], [1, 0, 0, 0, 0]])
m = nn.MultiheadAttention(6, 2, batch_first=True)
add("multi_head_attention", {"heads": 2}, [(5, 6)], m,
    lambda x: m(x, x, x, need_weights=False, key_padding_mask=anywhere == 0)[0], [anywhere], "with padding")
c = nn.MultiheadAttention(4, 2, batch_first=True)
triangle = torch.ones(5, 5, dtype=torch.bool).triu(1)
add("multi_head_attention", {"heads": 2, "causal": True}, [(5, 4)], c,
    lambda x: c(x, x, x, need_weights=False, key_padding_mask=anywhere == 0, attn_mask=triangle)[0], [anywhere], "causal, with padding")
x = nn.MultiheadAttention(4, 2, batch_first=True)
add("multi_head_attention", {"heads": 2}, [(3, 4), (5, 4)], x,
    lambda q, k: x(q, k, k, need_weights=False, key_padding_mask=mask == 0)[0], [behind([3, 1, 2], 3), mask], "to a padded memory")
# A norm of few features may divide by next to nothing, which float32 does not bear.
for order in ("post", "pre"):
    b = nn.TransformerEncoderLayer(8, 2, 10, 0.0, batch_first=True, norm_first=order == "pre")
    add("transformer_block", {"heads": 2, "feed_forward": 10, "norm": order}, [(5, 8)], b,
        lambda x, b=b: b(x, src_key_padding_mask=anywhere == 0), [anywhere], f"{order} norm, with padding")
d = nn.TransformerDecoderLayer(8, 2, 10, 0.0, batch_first=True)
target = behind([4, 1, 3], 4)
add("transformer_decoder_block", {"heads": 2, "feed_forward": 10, "causal": True}, [(4, 8), (5, 8)], d,
    lambda x, memory: d(x, memory, tgt_mask=triangle[:4, :4], tgt_key_padding_mask=target == 0, memory_key_padding_mask=mask == 0),
    [target, mask], "with padding on both sides")

# The last sequence is padding throughout.
empty = torch.tensor([[1, 1, 0, 1, 0.0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]])[..., None]
add("global_avg_pool1d", {}, [(5, 3)], {}, lambda x: (x * empty).sum(1) / empty.sum(1).clamp(min=1), [empty[..., 0]], "over what isn't padding")
add("global_max_pool1d", {}, [(5, 3)], {},
    lambda x: torch.where(empty.sum(1) > 0, x.masked_fill(empty == 0, -3e38).amax(1), 0.0 * x[:, 0]), [empty[..., 0]], "over what isn't padding")

(FOLDER / "masked.json").write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in collected) + "\n]\n")
