#!/usr/bin/env python3
"""nanoGPT's configuration for a CPU on tiny Shakespeare, trained by a running server: shakespeare-gpt.py input.txt

The first 90 % of the characters train, the last 10 % validate, once, after 2,000 steps. Four layers, four heads, 128
wide, 64 characters of context, batches of 12 windows drawn anywhere, no dropout; AdamW (0.9, 0.99), weight decay 0.1,
gradients clipped to norm 1, 100 steps of warm-up to 0.001 and half a cosine down to 0.0001.

Blocks begin as PyTorch's nn.TransformerEncoderLayer does and not as nanoGPT's, and weight decay is of all parameters.

Published (README of https://github.com/karpathy/nanoGPT, "I only have a macbook"): a loss of about 1.88.
"""

from client import Client, arguments
from sampling import sample

WIDTH, HEADS, LAYERS, CONTEXT = 128, 4, 4, 64
STEPS, BATCH = 2000, 12

parser = arguments(__doc__.splitlines()[0], "tiny Shakespeare, a text file")
parser.add_argument("--seed", type=int, default=1337)
parser.add_argument("--sample", type=int, default=0, metavar="N", help="draw N characters from the model at the end")
options = parser.parse_args()
client = Client(options.url, options.key)

with open(options.data, "rb") as file:
    text = client.upload(f"name=tiny-shakespeare&format=text&sequence_length={CONTEXT}&stride=1", file.read())
vocabulary = text["input"]["vocabulary"]
print(f"{text['input']['text']['length']} characters, {vocabulary} of them distinct, {text['examples']} windows", flush=True)

normal = {"type": "normal", "std": 0.02}
model = {
    "name": "nano-gpt",
    "input": {"shape": [CONTEXT], "dtype": "int32", "vocabulary": vocabulary},
    "layers": [
        {"type": "embedding", "name": "wte", "dimensions": WIDTH, "initializer": normal},
        {"type": "positional_embedding", "name": "wpe", "initializer": normal},
        *({"type": "transformer_block", "name": f"h{layer}", "heads": HEADS, "feed_forward": 4 * WIDTH, "activation": "gelu",
           "norm": "pre", "causal": True, "bias": False} for layer in range(LAYERS)),
        {"type": "layer_norm", "name": "ln_f", "bias": False},
        # The weights of the first layer once more, as nanoGPT ties them.
        {"type": "dense", "name": "lm_head", "units": vocabulary, "bias": False, "share": "wte"},
    ],
}
run = client.train({
    "name": "nanoGPT on tiny Shakespeare",
    "model": model,
    "dataset": text["id"],
    "training": {
        "steps": STEPS, "batch_size": BATCH, "seed": options.seed, "shuffle": True, "threads": options.threads,
        "loss": "cross_entropy",
        "optimizer": {"type": "adamw", "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.1},
        "schedule": {"type": "cosine", "warmup_steps": 100, "final_fraction": 0.1},
        "clip": {"norm": 1.0},
        "validation": {"fraction": 0.1},
    },
    "observe": {"gradient_norms_every": 10, "activations_every": 0, "histograms_every": 0},
})
print(f"validation loss {run['metrics']['validation_loss']:.4f} after {STEPS} steps, published about 1.88", flush=True)
if options.sample:
    print(sample(client, run, "\n", options.sample, CONTEXT))
