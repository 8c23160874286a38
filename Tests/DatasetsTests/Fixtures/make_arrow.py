"""Writes arrow/ and arrow.json: Arrow's files and streams as pyarrow writes them, and what its values are.

Run in this folder with Python 3, NumPy, pandas and pyarrow.
"""

import datetime
import decimal
import json
import os

import numpy as np
import pandas
import pyarrow as pa
from pyarrow import feather

os.makedirs("arrow", exist_ok=True)
random = np.random.default_rng(28)
expected = {}

# The table of formats/, as pandas hands it on: Feather compressed by LZ4, a file by Zstandard, a plain stream in batches of 7 rows.
frame = pandas.read_csv("formats/table.csv")
feather.write_feather(frame, "arrow/table.feather")
table = pa.Table.from_pandas(frame, preserve_index=False)
with pa.ipc.new_file("arrow/zstd.arrow", table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
    writer.write_table(table)
with pa.ipc.new_stream("arrow/plain.arrows", table.schema) as writer:
    writer.write_table(table, max_chunksize=7)

# Every type that a column may have, with gaps.
rows = 20
gap = lambda values: [None if random.random() < 0.25 else value for value in values]
start = datetime.datetime(1969, 12, 30, 22, 15, 3)
times = [start + datetime.timedelta(hours=17 * i, microseconds=123_456 * (i % 3)) for i in range(rows)]
columns = {
    "flag": pa.array(gap([bool(v) for v in random.integers(0, 2, rows)]), pa.bool_()),
    "f16": pa.array(np.round(random.normal(0, 10, rows), 2).astype(np.float16)),
    "f32": pa.array(gap(random.normal(0, 1, rows).astype(np.float32).tolist()), pa.float32()),
    "f64": pa.array(gap((random.normal(0, 1, rows) * 10.0 ** random.integers(-12, 12, rows)).tolist()), pa.float64()),
    "text": pa.array(gap(random.choice(["Łódź", "", "a, \"b\"", "a much longer text than twelve bytes"], rows).tolist()), pa.string()),
    "large": pa.array(gap(random.choice(["one", "two"], rows).tolist()), pa.large_string()),
    "view": pa.array(gap(random.choice(["short", "a text that doesn't fit into twelve bytes"], rows).tolist()), pa.string_view()),
    "code": pa.array(gap(random.choice(["red", "green", "blue"], rows).tolist()), pa.string()).dictionary_encode(),
    "day32": pa.array(gap([t.date() for t in times]), pa.date32()),
    "day64": pa.array([t.date() for t in times], pa.date64()),
    "s": pa.array([t.replace(microsecond=0) for t in times], pa.timestamp("s")),
    "ms": pa.array([t.replace(microsecond=t.microsecond // 1000 * 1000) for t in times], pa.timestamp("ms")),
    "us": pa.array(gap(times), pa.timestamp("us")),
    "ns": pa.array(times, pa.timestamp("ns", tz="UTC")),
    "decimal": pa.array(gap([decimal.Decimal(int(v)).scaleb(-3) for v in random.integers(-10**7, 10**7, rows)]), pa.decimal128(12, 3)),
    "place": pa.array(gap([{"x": float(x), "name": n} for x, n in zip(np.round(random.normal(0, 1, rows), 3), random.choice(["here", "there"], rows))]),
                      pa.struct([("x", pa.float64()), ("name", pa.string())])),
    "vector": pa.array(gap([[int(v) for v in row] for row in random.integers(-9, 9, (rows, 3))]), pa.list_(pa.int16(), 3)),
    "nothing": pa.nulls(rows),
}
for bits in [8, 16, 32, 64]:
    low, high = -2 ** (bits - 1), 2 ** (bits - 1) - 1
    columns[f"i{bits}"] = pa.array(gap([low, high] + random.integers(low, high, rows - 2).tolist()), getattr(pa, f"int{bits}")())
    columns[f"u{bits}"] = pa.array(gap([0, 2 * high + 1] + random.integers(0, high, rows - 2).tolist()), getattr(pa, f"uint{bits}")())
types = pa.table(columns)
with pa.ipc.new_file("arrow/types.arrow", types.schema) as writer:
    writer.write_table(types, max_chunksize=9)
with pa.ipc.new_stream("arrow/types.lz4", types.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
    writer.write_table(types)


def text(value):
    """A value as the reader writes it; floats are compared as numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, pandas.Timestamp):
        value = value.to_pydatetime()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    return str(value)


names, cells = [], []
for name in types.column_names:
    values = types[name].to_pylist()
    if name == "place":
        for part in ["x", "name"]:
            names.append(f"place.{part}")
            cells.append([text(value and value[part]) for value in values])
    elif name == "vector":
        for index in range(3):
            names.append(f"vector.{index}")
            cells.append([text(value and value[index]) for value in values])
    else:
        names.append(name)
        cells.append([text(value) for value in values])
expected["names"] = names
expected["rows"] = [list(row) for row in zip(*cells)]

json.dump(expected, open("arrow.json", "w"), ensure_ascii=False, indent=0)
