"""Writes the fixtures of DatasetsTests: arrays and tables as NumPy and Python's csv module write them.

Run with Python 3 and NumPy in this folder. `expected.json` holds what NumPy reads back from each.
"""

import csv
import gzip
import io
import json
import struct

import numpy as np

random = np.random.default_rng(7)
expected = {"arrays": [], "archives": [], "idx": [], "tables": []}
N = 5
labels = np.array([2, 0, 1, 1, 0], dtype=np.int64)
np.save("labels.npy", labels)


def values(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = max(limits.min, -(2**24)), min(limits.max, 2**24)
        return random.integers(low, high, shape, endpoint=True).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def note(file, array, **more):
    expected["arrays"].append(
        {"file": file, "shape": list(array.shape[1:]),
         "values": array.astype(np.float32).ravel().tolist(), **more})


# Every element type, in both byte orders and both orders of axes.
for kind in ["b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"]:
    for order in "<>" if kind[1] != "1" else "|":
        for axes in "CF":
            array = np.array(values(order + kind, (N, 3)), dtype=order + kind, order=axes)
            file = f"{kind}_{ {'<': 'little', '>': 'big', '|': 'byte'}[order]}_{axes}.npy"
            np.save(file, array)
            note(file, array)

# More axes in Fortran order, and later versions of the format.
for rank, shape in [(3, (N, 2, 4)), (4, (N, 2, 3, 2))]:
    array = np.asfortranarray(values("f4", shape))
    np.save(f"rank{rank}_F.npy", array)
    note(f"rank{rank}_F.npy", array)
for version in [(1, 0), (2, 0), (3, 0)]:
    array = values("f4", (N, 2))
    with open(f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=version)
    note(f"version{version[0]}.npy", array)
# Half precision: subnormal, least normal, largest, ties.
array = np.array([[2.0**-24, -(2.0**-24)], [2.0**-14, 65504], [-65504, 0], [-0.0, 1 / 3], [1, 2]], dtype="f2")
np.save("halves.npy", array)
note("halves.npy", array)
# Scaled.
array = (values("f8", (N, 3)) * [1, 10, 0] + [0, 1e9, 4]).astype("f8")
np.save("scaled.npy", array)
deviation = array.std(axis=0)
standard = (array - array.mean(axis=0)) / np.where(deviation > 0, deviation, 1)
extent = array.max(axis=0) - array.min(axis=0)
minmax = (array - array.min(axis=0)) / np.where(extent > 0, extent, 1)
expected["scaled"] = {"standard": standard.ravel().tolist(), "min_max": minmax.ravel().tolist()}

# What must be refused.
np.save("objects.npy", np.array([{"a": 1}, [1, 2]], dtype=object), allow_pickle=True)
np.save("structured.npy", np.zeros(N, dtype=[("a", "f4"), ("b", "i4")]))
np.save("complex.npy", np.zeros((N, 2), dtype="c8"))
np.save("text.npy", np.array(["a", "b"]))
np.save("nan.npy", np.array([[1, 2], [3, np.nan], [5, 6], [7, 8], [9, 10]], dtype="f4"))
np.save("empty.npy", np.zeros((0, 3), dtype="f4"))
np.save("scalar.npy", np.array(1.0))

# Archives.
x, y = values("u1", (N, 2, 2)), labels
for file, save in [("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)]:
    save(file, x=x, y=y)
    expected["archives"].append(
        {"file": file, "shape": [2, 2], "values": (x.astype(np.float64) / 255).astype(np.float32).ravel().tolist()})
np.savez_compressed("positional.npz", x, y)
np.savez_compressed("named.npz", weights=np.ones(3), pictures=x, digits=y, targets=y[::-1])
np.savez("objects.npz", x=np.array([{"a": 1}] * N, dtype=object), y=y)


# IDX.
def idx(file, array, kind):
    header = struct.pack(">BBBB", 0, 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    data = header + array.astype(array.dtype.newbyteorder(">")).tobytes()
    if file.endswith(".gz"):
        with open(file, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as out:
            out.write(data)
    else:
        with open(file, "wb") as out:
            out.write(data)


pictures = values("u1", (N, 3, 2))
idx("pictures.idx", pictures, 0x08)
idx("pictures.idx.gz", pictures, 0x08)
idx("labels.idx", labels.astype("u1"), 0x08)
expected["idx"] = {"shape": [1, 3, 2], "values": (pictures.astype(np.float64) / 255).astype(np.float32).ravel().tolist()}
for kind, dtype in [(0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")]:
    array = values(dtype, (N, 2))
    idx(f"{dtype}.idx", array, kind)
    note(f"{dtype}.idx", array)


# Tables, by the csv module: its rows are what our reader must find.
def table(file, rows, encoding="utf-8", **how):
    text = io.StringIO(newline="")
    csv.writer(text, **how).writerows(rows)
    data = text.getvalue().encode(encoding)
    with open(file, "wb") as out:
        out.write(gzip.compress(data, mtime=0) if file.endswith(".gz") else data)
    expected["tables"].append({"file": file, "rows": [[str(f).strip(" \t") for f in row] for row in rows]})


rows = [["name", "note", "size"], ["Zoë", 'says "hi"', 1.5], ["a,b", "two\nlines", -2], ["c\r\nd", "", 3],
        ["x" * 300, "日本語", 0.1], ['"', "'", 1e-7]]
table("quoted_crlf.csv", rows)
table("quoted_lf.csv", rows, lineterminator="\n")
table("all_quoted.csv", rows, quoting=csv.QUOTE_ALL)
table("mark.csv", rows, encoding="utf-8-sig")
table("zipped.csv.gz", rows)
table("old_mac.csv", [r for r in rows if not any("\n" in str(f) for f in r)], lineterminator="\r")
table("semicolon.csv", rows, delimiter=";")
table("tab.csv", rows, delimiter="\t")
numbers = random.standard_normal((7, 3)) * [1, 1000, 1e-3]
table("numbers.csv", [[repr(float(v)) for v in row] for row in numbers])
# Numbers that are hard to round.
hard = ["0.1", "1e22", "1e23", "9007199254740993", "123456789012345678", "2.2250738585072011e-308", "5e-324",
        "1.7976931348623157e308", "-0.0", "+3", ".5", "5.", "1e-5", "0.000001", "12345678901234567890.5", "8.5e-10",
        "179769313486231570000000000000000000000e270", "0.30000000000000004", "4.35", "00012"]
expected["numbers"] = [{"text": text, "value": float(text).hex()} for text in hard]
bits = [0, 1, 0x3FF, 0x400, 0x3555, 0x3C00, 0x7BFF, 0x8001, 0xC000, 0xFBFF]
expected["halves"] = [{"bits": b, "value": float(np.array(b, dtype="u2").view("f2"))} for b in bits]

with open("expected.json", "w", encoding="utf-8") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
