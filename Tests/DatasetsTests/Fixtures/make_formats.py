"""Writes formats/ and formats.json: tables, pictures and tensors as pandas, Pillow and safetensors read and write them.

Run in this folder with Python 3, NumPy, pandas, scikit-learn, Pillow and safetensors.
"""

import io
import json
import tarfile
import zipfile

import numpy as np
import pandas
from PIL import Image
from safetensors.numpy import save_file
from sklearn.datasets import dump_svmlight_file
from sklearn.preprocessing import RobustScaler

random = np.random.default_rng(11)
expected = {}

# A table with everything that numbers, texts, dates and gaps can be.
rows = 60
frame = pandas.DataFrame({
    "number": np.round(random.normal(50, 20, rows), 3),
    "skewed": np.round(np.exp(random.normal(2, 1.5, rows)), 2),
    "count": random.integers(0, 9, rows),
    "gaps": np.where(random.random(rows) < 0.2, np.nan, np.round(random.normal(0, 1, rows), 3)),
    "town": random.choice(["Genève", "Köln", "Łódź", "Oslo"], rows),
    "flag": random.choice(["true", "false"], rows),
    "when": pandas.date_range("2023-11-30 06:00", periods=rows, freq="37h").strftime("%Y-%m-%dT%H:%M:%S"),
    "y": np.round(random.normal(0, 1, rows), 4),
})
frame.to_csv("formats/table.csv", index=False)
frame.to_json("formats/table.jsonl", orient="records", lines=True, force_ascii=False)
german = frame[["number", "skewed", "town", "y"]].copy()
german.to_csv("formats/german.csv", index=False, sep=";", decimal=",", encoding="latin-1", errors="replace")
german.replace({"town": {"Łódź": "Lodz"}}).to_csv("formats/german.csv", index=False, sep=";", decimal=",", encoding="latin-1")
shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
expected["table"] = {
    "quantiles": {name: [float(v) for v in np.nanquantile(frame[name], shares)] for name in ["number", "skewed", "count", "gaps"]},
    "distinct": {name: int(frame[name].nunique()) for name in frame},
    "missing": int(frame["gaps"].isna().sum()),
    "correlation": {name: float(frame[name].corr(frame["y"])) for name in ["number", "skewed", "count"]},
    "median": float(frame["gaps"].median()), "mean": float(frame["gaps"].mean()),
    "robust": [float(v) for v in RobustScaler().fit_transform(frame[["number"]])[:, 0]],
    "log": [float(v) for v in np.log1p(frame["skewed"])],
    "gaps": [None if np.isnan(v) else float(v) for v in frame["gaps"]],
    # The first 40 alone, as a run scales that trains on them.
    "first40": {name: [float(frame[name][:40].mean()), float(frame[name][:40].std(ddof=0))] for name in ["number", "count", "gaps"]},
    "first40_log": [float(np.log1p(frame["skewed"][:40]).mean()), float(np.log1p(frame["skewed"][:40]).std(ddof=0))],
    "seconds": [float(v) for v in pandas.to_datetime(frame["when"]).astype("datetime64[s]").astype("int64")],
    "weekday": [int(v) for v in pandas.to_datetime(frame["when"]).dt.weekday],
    "month": [int(v) for v in pandas.to_datetime(frame["when"]).dt.month],
    "hour": [float(v) for v in (pandas.to_datetime(frame["when"]).dt.hour + pandas.to_datetime(frame["when"]).dt.minute / 60)],
}

# LIBSVM's form, of sparse numbers.
sparse = np.where(random.random((12, 6)) < 0.5, 0, np.round(random.normal(0, 1, (12, 6)), 3))
labels = random.integers(0, 3, 12)
dump_svmlight_file(sparse, labels, "formats/sparse.svm", zero_based=False)
expected["sparse"] = {"rows": sparse.tolist(), "labels": labels.tolist()}

# Pictures: exact ones as PNG, others as JPEG and WebP; one grey; one to be made smaller.
def encoded(pixels, kind, **options):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()

pictures = random.integers(0, 256, (6, 10, 14, 3), dtype=np.uint8)
smooth = np.linspace(0, 255, 30 * 42 * 3).reshape(30, 42, 3).astype(np.uint8)
with zipfile.ZipFile("formats/pictures.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for index, picture in enumerate(pictures):
        archive.writestr(f"set/{['cat', 'dog'][index % 2]}/{index}.png", encoded(picture, "PNG"))
    archive.writestr("__MACOSX/set/cat/._0.png", b"nothing")
    archive.writestr("set/readme.txt", b"not a picture")
with zipfile.ZipFile("formats/sizes.zip", "w") as archive:
    archive.writestr("a/smooth.png", encoded(smooth, "PNG"))
    archive.writestr("a/smooth.jpg", encoded(smooth, "JPEG", quality=95))
    archive.writestr("b/smooth.webp", encoded(smooth, "WEBP", lossless=True))
    archive.writestr("b/grey.png", encoded(smooth[..., 0], "PNG"))
with tarfile.open("formats/labelled.tar.gz", "w:gz") as archive:
    def add(name, data):
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
    for index in range(4):
        add(f"{index}.png", encoded(pictures[index][..., 0], "PNG"))
    add("labels.csv", b"file,label\n" + b"".join(b"%d.png,%s\n" % (i, [b"low", b"high"][i % 2]) for i in range(4)))
small = lambda kind, data: np.asarray(Image.open(io.BytesIO(encoded(data, kind, **({"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {})))).convert("RGB").resize((14, 10), Image.BILINEAR))
expected["pictures"] = {
    "planar": pictures.transpose(0, 3, 1, 2).reshape(6, -1).tolist(),
    "grey": pictures[:4, ..., 0].reshape(4, -1).tolist(),
    "resized": {kind: small(kind, smooth).transpose(2, 0, 1).reshape(-1).tolist() for kind in ["PNG", "JPEG", "WEBP"]},
}

# Tensors.
tensors = {"x": random.normal(0, 1, (7, 4)).astype(np.float32), "y": random.integers(0, 3, 7).astype(np.int64), "scale": np.float32([2])[0:0]}
tensors.pop("scale")
save_file(tensors, "formats/tensors.safetensors", metadata={"made": "by a script"})
expected["tensors"] = {"x": tensors["x"].reshape(-1).tolist(), "y": tensors["y"].tolist()}

# CIFAR's records.
records = random.integers(0, 256, (3, 3073), dtype=np.uint8)
records[:, 0] = [4, 0, 9]
open("formats/cifar10.bin", "wb").write(records.tobytes())
fine = random.integers(0, 100, (2, 3074), dtype=np.uint8)
open("formats/cifar100.bin", "wb").write(fine.tobytes())
expected["cifar"] = {"labels": [4, 0, 9], "first": records[0, 1:9].tolist(), "fine": fine[:, 1].tolist()}


# What columns have to do with each other.
def correlation_ratio(numbers, groups):
    whole = ((numbers - numbers.mean()) ** 2).sum()
    between = sum(len(part) * (part.mean() - numbers.mean()) ** 2 for _, part in numbers.groupby(groups))
    return float((between / whole) ** 0.5)


counts = pandas.crosstab(frame["flag"], frame["town"]).to_numpy()
expectation = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / counts.sum()
square = ((counts - expectation) ** 2 / expectation).sum()
expected["table"] |= {
    "town_and_y": correlation_ratio(frame["y"], frame["town"]),
    "number_and_town": correlation_ratio(frame["number"], frame["town"]),
    "flag_and_town": float((square / counts.sum() / (min(counts.shape) - 1)) ** 0.5),
}
json.dump(expected, open("formats.json", "w"))
