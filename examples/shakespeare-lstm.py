#!/usr/bin/env python3
"""char-rnn's default LSTM on tiny Shakespeare, trained by a running server: shakespeare-lstm.py input.txt

Two layers of 128 units, windows of 50 characters, batches of 50 contiguous strips of the text whose states go on from batch
to batch; gradients clamped to 5. The first 95 % of the characters train, the last 5 % validate after each epoch. Adam
stands where char-rnn has RMSProp, at its rate of 0.002.

Published (README of https://github.com/karpathy/char-rnn, "Checkpoints"): 2.0681 after 0.95 epochs. The README gives it as
an example of a checkpoint and doesn't say of which run; this text and these settings are the program's defaults.
"""

from client import Client, arguments
from sampling import sample

UNITS, LAYERS, LENGTH, BATCH = 128, 2, 50, 50

parser = arguments(__doc__.splitlines()[0], "tiny Shakespeare, a text file")
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--seed", type=int, default=123)
parser.add_argument("--sample", type=int, default=0, metavar="N", help="draw N characters from the model at the end")
options = parser.parse_args()
client = Client(options.url, options.key)

with open(options.data, "rb") as file:
    text = client.upload(f"name=tiny-shakespeare&format=text&sequence_length={LENGTH}", file.read())
vocabulary = text["input"]["vocabulary"]

run = client.train({
    "name": "char-rnn on tiny Shakespeare",
    "model": {
        "name": "char-lstm",
        "input": {"shape": [LENGTH], "dtype": "int32", "vocabulary": vocabulary},
        "layers": [
            {"type": "embedding", "dimensions": vocabulary},
            {"type": "lstm", "units": UNITS, "layers": LAYERS, "return_sequences": True, "stateful": True},
            {"type": "dense", "units": vocabulary},
        ],
    },
    "dataset": text["id"],
    "training": {
        "epochs": options.epochs, "batch_size": BATCH, "seed": options.seed, "shuffle": False, "threads": options.threads,
        "loss": "cross_entropy",
        "optimizer": {"type": "adam", "learning_rate": 0.002},
        "clip": {"value": 5.0},
        "validation": {"fraction": 0.05},
    },
    "observe": {"gradient_norms_every": 10, "activations_every": 0, "histograms_every": 0},
})
series = client.get(f"/v1/runs/{run['id']}/metrics?names=validation_loss")["series"]
losses = [point[1] for point in series[0]["points"]]
print(f"validation loss {losses[0]:.4f} after 1 epoch, published 2.0681 after 0.95", flush=True)
print(f"validation loss {losses[-1]:.4f} after {options.epochs} epochs, the least {min(losses):.4f}", flush=True)
if options.sample:
    print(sample(client, run, "\n", options.sample, LENGTH))
