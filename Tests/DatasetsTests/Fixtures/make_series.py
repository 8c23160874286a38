"""Writes series/ and series.json: some cases of time series of the UEA and UCR archives, and what aeon reads of them.

Run in this folder with Python 3, NumPy and aeon; DATA is the folder aeon/datasets/data of its wheel. JapaneseVowels is from the UCI
repository (Kudo, Toyama, Shimbo 1999; CC BY 4.0), Covid3Month from the WHO's counts by the TSER archive (Tan et al. 2021; CC BY 4.0).
"""

import json
import os
import pathlib
import sys

import numpy as np
from aeon.datasets import load_from_ts_file

DATA = pathlib.Path(sys.argv[1])
os.makedirs("series", exist_ok=True)
expected = {}
for name, file, every in [("vowels", "JapaneseVowels/JapaneseVowels_TRAIN.ts", 18), ("covid", "Covid3Month/Covid3Month_TRAIN.ts", 14)]:
    lines = (DATA / file).read_text().splitlines(keepends=True)
    begin = next(i for i, line in enumerate(lines) if line.strip().lower() == "@data") + 1
    head = [line for line in lines[:begin] if not line.startswith("#")] 
    path = f"series/{name}.ts"
    pathlib.Path(path).write_text("# Some cases of the whole.\n" + "".join(head + lines[begin::every]))
    values, labels = load_from_ts_file(path)
    longest = max(one.shape[1] for one in values)
    padded = np.full((len(values), longest, values[0].shape[0]), -99, dtype=np.float32)
    for index, one in enumerate(values):
        padded[index, : one.shape[1]] = one.T
    expected[name] = {"shape": list(padded.shape), "values": [round(float(v), 7) for v in padded.ravel()], "labels": [str(v) if name == "vowels" else float(v) for v in labels]}
json.dump(expected, open("series.json", "w"))
