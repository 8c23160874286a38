"""Writes the attention layers' cases into layers/: make_layers_attention.py"""
import math
import torch
from torch import nn
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases()


def attention_weights(width, memory, heads, grouped, bias=True):
    keys = width // heads * grouped
    weights = {"q_proj_weight": (width, width), "k_proj_weight": (keys, memory), "v_proj_weight": (keys, memory)}
    if bias:
        weights["in_proj_bias"] = (width + 2 * keys,)
    weights["out_proj.weight"] = (width, width)
    if bias:
        weights["out_proj.bias"] = (width,)
    return {n: torch.randn(*s) * 0.4 for n, s in weights.items()}


def attend(w, x, memory, heads, grouped, rotary=0, slopes=False, causal=False):
    """Attention in plain tensor operations, with the whole matrix of scores."""
    n, t, e = x.shape
    s, d = memory.shape[1], e // heads
    keys = d * grouped
    b = w.get("in_proj_bias", torch.zeros(e + 2 * keys, dtype=x.dtype))
    split = lambda z, h: z.view(n, -1, h, d).transpose(1, 2)
    q = split(x @ w["q_proj_weight"].T + b[:e], heads)
    k = split(memory @ w["k_proj_weight"].T + b[e:e + keys], grouped)
    v = split(memory @ w["v_proj_weight"].T + b[e + keys:], grouped)
    if rotary:
        places = torch.arange(t, dtype=x.dtype)[:, None]
        angles = places / rotary ** (torch.arange(d // 2, dtype=x.dtype) / (d // 2))
        turn = torch.polar(torch.ones_like(angles), angles)
        rotated = lambda z: (lambda c: torch.cat((c.real, c.imag), -1))(torch.complex(z[..., :d // 2], z[..., d // 2:]) * turn)
        q, k = rotated(q), rotated(k)
    k, v = (z.repeat_interleave(heads // grouped, 1) for z in (k, v))
    scores = q @ k.transpose(-1, -2) / math.sqrt(d)
    if slopes:
        slope = 2.0 ** (-8 * torch.arange(1, heads + 1, dtype=x.dtype) / heads)
        distance = torch.arange(t)[:, None] - torch.arange(s)[None]
        scores = scores - slope[:, None, None] * distance
    if causal:
        scores = scores.masked_fill(torch.ones(t, s, dtype=torch.bool).triu(1), -math.inf)
    y = (scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, e)
    return y @ w["out_proj.weight"].T + w.get("out_proj.bias", 0)


m = nn.MultiheadAttention(6, 2, batch_first=True)
cases.add("multi_head_attention", {"heads": 2}, [(5, 6)], m, lambda x: m(x, x, x, need_weights=False)[0], batch=2)
c = nn.MultiheadAttention(8, 4, batch_first=True, bias=False)
mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
cases.add("multi_head_attention", {"heads": 4, "causal": True, "bias": False}, [(5, 8)], c,
          lambda x: c(x, x, x, need_weights=False, attn_mask=mask)[0], batch=2, note="causal, without bias")
x = nn.MultiheadAttention(4, 2, batch_first=True)
cases.add("multi_head_attention", {"heads": 2}, [(3, 4), (6, 4)], x,
          lambda q, k: x(q, k, k, need_weights=False)[0], batch=2, note="to a memory")
o = nn.MultiheadAttention(4, 2, batch_first=True, kdim=6, vdim=6)
cases.add("multi_head_attention", {"heads": 2}, [(3, 4), (5, 6)], o,
          lambda q, k: o(q, k, k, need_weights=False)[0], batch=2, note="to a memory of another width")
g = attention_weights(8, 8, 4, 2)
cases.add("multi_head_attention", {"heads": 4, "key_value_heads": 2}, [(5, 8)], g,
          lambda x: attend(g, x, x, 4, 2), batch=2, note="with grouped queries")
r = attention_weights(8, 8, 2, 1, bias=False)
cases.add("multi_head_attention", {"heads": 2, "key_value_heads": 1, "positions": "rotary", "rotary_base": 50, "causal": True, "bias": False},
          [(5, 8)], r, lambda x: attend(r, x, x, 2, 1, rotary=50, causal=True), batch=2, note="rotary")
a = attention_weights(8, 8, 4, 2)
cases.add("multi_head_attention", {"heads": 4, "key_value_heads": 2, "positions": "alibi", "causal": True},
          [(5, 8)], a, lambda x: attend(a, x, x, 4, 2, slopes=True, causal=True), batch=2, note="alibi")


def encoder(fields, note, causal=False, **options):
    block = nn.TransformerEncoderLayer(6, 2, dim_feedforward=10, dropout=0, batch_first=True, **options)
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1) if causal else None
    cases.add("transformer_block", {"heads": 2, "feed_forward": 10, "causal": causal, **fields}, [(4, 6)], block,
              lambda x: block(x, src_mask=hidden), batch=2, note=note)


encoder({}, "post norm")
encoder({"norm": "pre", "activation": "gelu"}, "pre norm, gelu, causal", causal=True, norm_first=True, activation="gelu")
encoder({"norm": "pre", "bias": False, "epsilon": 1e-3}, "without bias", norm_first=True, bias=False, layer_norm_eps=1e-3)

w = attention_weights(6, 6, 2, 1, bias=False)
w = {f"self_attn.{n}": t for n, t in w.items()} | {
    "linear1.weight": torch.randn(16, 6) * 0.4, "linear2.weight": torch.randn(6, 8) * 0.4,
    "norm1.weight": 1 + 0.2 * torch.randn(6), "norm2.weight": 1 + 0.2 * torch.randn(6)}


def llama(x):
    own = {n.removeprefix("self_attn."): t for n, t in w.items()}
    h = F.rms_norm(x, (6,), w["norm1.weight"], 1e-5)
    # Three features a head can't be halved, so that places are told by alibi.
    x = x + attend(own, h, h, 2, 1, slopes=True, causal=True)
    h = F.rms_norm(x, (6,), w["norm2.weight"], 1e-5) @ w["linear1.weight"].T
    return x + (F.silu(h[..., :8]) * h[..., 8:]) @ w["linear2.weight"].T


cases.add("transformer_block", {"heads": 2, "key_value_heads": 1, "feed_forward": 8, "activation": "swiglu", "norm": "pre",
                                "norm_type": "rms_norm", "positions": "alibi", "causal": True, "bias": False},
          [(4, 6)], w, llama, batch=2, note="rms norm, swiglu, grouped queries")


def decoder(fields, note, memory=6, **options):
    block = nn.TransformerDecoderLayer(6, 2, dim_feedforward=10, dropout=0, batch_first=True, **options)
    hidden = torch.ones(4, 4, dtype=torch.bool).triu(1)
    cases.add("transformer_decoder_block", {"heads": 2, "feed_forward": 10, "causal": True, **fields}, [(4, 6), (3, memory)], block,
              lambda x, y: block(x, y, tgt_mask=hidden), batch=2, note=note)


decoder({}, "post norm")
decoder({"norm": "pre", "activation": "gelu"}, "pre norm, gelu", norm_first=True, activation="gelu")

p = nn.Embedding(4, 3)
cases.add("positional_embedding", {}, [(4, 3)], p, lambda x: x + p(torch.arange(4)))


def sines(x):
    t, d = x.shape[1:]
    angle = torch.arange(t, dtype=x.dtype)[:, None] / 10000 ** (torch.arange(0, d, 2, dtype=x.dtype) / d)
    table = torch.zeros(t, d, dtype=x.dtype)
    table[:, 0::2], table[:, 1::2] = angle.sin(), angle.cos()[:, :d // 2]
    return x + table


cases.add("positional_embedding", {"kind": "sinusoidal"}, [(6, 5)], {}, sines, note="sinusoidal")
cases.write()
