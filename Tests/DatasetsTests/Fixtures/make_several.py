"""Writes several.npz, the same arrays as parts in several/, and what is in them in several.json.

    python3 make_several.py
"""

import json
import os

import numpy as np

COUNT = 40


def main():
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    random = np.random.default_rng(20)
    a = random.normal(size=(COUNT, 5)).astype(np.float32)
    picture = random.integers(0, 256, size=(COUNT, 2, 3)).astype(np.uint8)
    kind = (a[:, 0] > 0).astype(np.int64) + (a[:, 1] > 0.5)
    size = np.stack([a[:, 2] + picture[:, 0, 0] / 255.0, a[:, 3] * 2], 1)
    arrays = {
        "a": a, "picture": np.asfortranarray(picture), "kind": kind, "size": size,
        "note": np.arange(COUNT),
    }
    np.savez("several.npz", **arrays)
    os.makedirs("several", exist_ok=True)
    for name in ["a", "picture", "kind", "size"]:
        np.save(f"several/{name}.npy", arrays[name])
    np.save("several/short.npy", a[:7])
    np.savez("several/request.npz", picture=picture[:3], a=a[:3])
    document = {name: array.reshape(COUNT, -1).tolist() for name, array in arrays.items()}
    with open("several.json", "w") as file:
        json.dump(document, file)


main()
