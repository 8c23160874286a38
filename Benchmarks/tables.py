#!/usr/bin/env python3
"""How fast tables are read beside pandas and Polars, on one core: tables.py FILE.csv [--bytes 1000000000] [--pairs 3]

FILE is repeated, its first row once, until it has so many bytes. Each reader takes the whole from the page cache: ours
cuts rows into fields (cut), and tells their types, statistics and distinct values too (survey); `pandas.read_csv` and
`polars.read_csv` on one thread make columns. Seconds are of the processor, files read included. Needs a C compiler, pandas and Polars.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

PEERS = {
    "pandas": "import pandas; pandas.read_csv({!r}, skipinitialspace=True)",
    "polars": "import polars; polars.read_csv({!r}, infer_schema_length=10000)",
}
MEASURED = "import time\n{setup}\nt = time.process_time()\n{work}\nprint(time.process_time() - t)"

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("file", type=pathlib.Path)
parser.add_argument("--bytes", type=int, default=1_000_000_000)
parser.add_argument("--pairs", type=int, default=3)
options = parser.parse_args()
sources = pathlib.Path(__file__).parent.parent / "Sources" / "CTables"
with tempfile.TemporaryDirectory() as folder:
    table, program = pathlib.Path(folder) / "table.csv", pathlib.Path(folder) / "tables"
    head, _, body = options.file.read_bytes().partition(b"\n")
    with open(table, "wb") as file:
        file.write(head + b"\n")
        for _ in range(max(1, options.bytes // len(body))):
            file.write(body)
    subprocess.run(
        [os.environ.get("CC", "cc"), "-O2", f"-I{sources / 'include'}", pathlib.Path(__file__).with_suffix(".c"), *sources.glob("*.c"),
         "-lm", "-o", program], check=True)
    size = table.stat().st_size
    figures = {}
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    for _ in range(options.pairs):
        for name in ("cut", "survey", *PEERS):
            if name in PEERS:
                setup, _, work = PEERS[name].format(str(table)).partition("; ")
                command = [sys.executable, "-c", MEASURED.format(setup=setup, work=work)]
            else:
                command = [program, table, name]
            run = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            figures.setdefault(name, []).append(size / float(run.stdout) / 1e6)
    print(f"{size / 1e6:.0f} MB")
    for name, found in figures.items():
        ratio = statistics.median(a / b for a, b in zip(found, figures["survey"]))
        print(f"{name:8} {min(found):6.0f} to {max(found):6.0f} MB/s, {ratio:.2f} of the survey's")
