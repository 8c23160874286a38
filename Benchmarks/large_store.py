#!/usr/bin/env python3
"""How long lists and single things take in a store of many runs and gigabytes.

    large_store.py --ours .build/release/chainrule --folder FOLDER [--runs 100000] [--gigabytes 50]

Trains the digits' network once, copies the run with all its rows until the database is as large as asked for (further runs get no
checkpoints), and then asks a server for runs, pages, series and weights, each kind 200 times. The folder must be on a disk with room
for it, and is kept; with a store in it from before, it is only asked.
"""

import argparse
import json
import pathlib
import random
import sqlite3
import statistics
import time

from service import ask, call, serving

ROOT = pathlib.Path(__file__).parent.parent
# Tables whose rows have no number of their own that others name.
SKIPPED = ("event", "log")


def template():
    """The digits' run on a server of its own: its id."""
    data = (ROOT / "examples/data/digits.csv.gz").read_bytes()
    dataset = call("POST", "/v1/datasets?format=csv&shape=1,8,8", data, "application/octet-stream")["id"]
    body = json.loads((ROOT / "examples/digits-cnn.json").read_text()) | {"dataset": dataset}
    body["training"] |= {"epochs": 2, "checkpoint": {"every_steps": 40, "keep": 2}}
    run = call("POST", "/v1/runs", json.dumps(body))["id"]
    while call("GET", f"/v1/runs/{run}")["state"] in ("queued", "running"):
        time.sleep(0.2)
    return run


def multiply(database, runs, size):
    """Copies the only run until there are so many, and while the file is smaller than said with all it has."""
    with sqlite3.connect(database) as store:
        store.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536")
        tables = {
            name: [row[1] for row in store.execute(f"PRAGMA table_info({name})")]
            for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'")}
        own = [name for name, columns in tables.items() if "run" in columns and name not in SKIPPED and name != "checkpoint"]
        first, = store.execute("SELECT number FROM run").fetchone()
        store.execute("CREATE TEMP TABLE n (i INTEGER PRIMARY KEY)")
        store.execute("CREATE TEMP TABLE c AS SELECT id FROM checkpoint ORDER BY id")
        checkpoints = store.execute("SELECT max(id) FROM checkpoint").fetchone()[0]
        parts = store.execute("SELECT max(id) FROM checkpoint_part").fetchone()[0]
        made, step = 1, 200
        while made < runs:
            many = min(step, runs - made)
            store.execute("DELETE FROM n")
            store.executemany("INSERT INTO n VALUES (?)", ((made + k,) for k in range(many)))

            def copy(name, changes, condition=""):
                columns = [changes.get(column, f"t.{column}") for column in tables[name]]
                store.execute(f"INSERT INTO {name} SELECT {', '.join(columns)} FROM n CROSS JOIN {name} t WHERE {condition}")

            # Ids ascend with the numbers, as those of the server do.
            copy("run", {"number": f"{first} + n.i", "id": "substr(t.id, 1, 20) || printf('%010d', n.i)"}, f"t.number = {first}")
            for name in own:
                copy(name, {"run": f"{first} + n.i"}, f"t.run = {first}")
            if pathlib.Path(database).stat().st_size < size:
                copy("checkpoint", {"id": f"n.i * {checkpoints} + t.id", "run": f"{first} + n.i"}, f"t.run = {first} AND t.id <= {checkpoints}")
                copy("checkpoint_part", {"id": f"n.i * {parts} + t.id", "checkpoint": f"n.i * {checkpoints} + t.checkpoint"}, f"t.id <= {parts}")
                copy("checkpoint_chunk", {"part": f"n.i * {parts} + t.part"}, f"t.part <= {parts}")
            made += many
            store.commit()
        store.execute("PRAGMA journal_mode = WAL")


def timed(name, paths):
    """Asks for each, and prints how long that took."""
    times = []
    for path in paths:
        start = time.perf_counter()
        status, body = ask("GET", path)
        times.append((time.perf_counter() - start) * 1e3)
        assert status == 200, body[:500]
    times.sort()
    print(f"{name}: median {statistics.median(times):.1f} ms, 99 % within {times[int(len(times) * 0.99)]:.1f}, at most {times[-1]:.1f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--gigabytes", type=float, default=50)
    options = parser.parse_args()
    database = pathlib.Path(options.folder) / "chainrule.sqlite"
    if not database.exists():
        with serving(options.ours, options.folder):
            template()
        began = time.monotonic()
        multiply(database, options.runs, options.gigabytes * 1e9)
        print(f"made in {time.monotonic() - began:.0f} s")
    print(f"{database.stat().st_size / 1e9:.1f} GB")
    began = time.monotonic()
    with serving(options.ours, options.folder):
        print(f"ready after {time.monotonic() - began:.2f} s")
        chance = random.Random(1)
        ids, cursor = [], None
        pages = []
        for _ in range(200):
            path = "/v1/runs?limit=200" + (f"&cursor={cursor}" if cursor else "")
            pages.append(path)
            page = call("GET", path)
            ids += [run["id"] for run in page["data"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        runs = [chance.choice(ids) for _ in range(200)]
        timed("one run", [f"/v1/runs/{run}" for run in runs])
        timed("a page of 50", [path.replace("200", "50", 1) for path in pages])
        timed("a page of 200", pages)
        timed("a page of those that succeeded", [path + "&state=succeeded" for path in pages])
        timed("the series of a run", [f"/v1/runs/{run}/metrics" for run in runs])
        timed("its checkpoints", [f"/v1/runs/{run}/checkpoints" for run in runs])
        timed("/metrics", ["/metrics"] * 200)
        timed("the datasets", ["/v1/datasets"] * 200)


if __name__ == "__main__":
    main()
