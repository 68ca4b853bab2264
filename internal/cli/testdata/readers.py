"""Opens the files of a run with the official readers and compares what they say: python readers.py RUN."""

import glob
import sys

import numpy as np
import pandas
import pyarrow.parquet
import safetensors.numpy

run = sys.argv[1]

csv = pandas.read_csv(f"{run}/export/tiny.csv")
table = pandas.read_parquet(f"{run}/export/tiny.parquet", engine="pyarrow")
pandas.testing.assert_frame_equal(table, csv, check_exact=True)
file = pyarrow.parquet.ParquetFile(f"{run}/export/tiny.parquet")
assert file.metadata.created_by.startswith("crux"), file.metadata.created_by
assert list(table.columns[:2]) == ["x", "u"] and {"a", "max(u, 0.1)"} <= set(table.columns), table.columns
with np.load(f"{run}/eval.npz") as z:
    assert np.array_equal(z["u"].ravel(), table["u"]), (z["u"], table["u"])
print("tables:", table.shape, list(table.columns), file.metadata.created_by)

history = pandas.read_csv(f"{run}/history.csv")
lines = pandas.read_json(f"{run}/metrics.jsonl", lines=True, precise_float=True)
assert len(history) == len(lines) and list(history["epoch"]) == list(lines["epoch"])
assert np.allclose(history["loss"], lines["loss"], rtol=1e-15)
print("history:", history.shape)

parameters = safetensors.numpy.load_file(f"{run}/parameters.safetensors")
assert parameters and all(np.isfinite(v).all() for v in parameters.values())
states = glob.glob(f"{run}/checkpoints/*.safetensors")
for path in states:
    assert safetensors.numpy.load_file(path), path
assert states
print("parameters:", {k: v.shape for k, v in parameters.items()}, "and", len(states), "checkpoints")

for path in [f"{run}/solution.npz", *glob.glob(f"{run}/trackers/*.npz")]:
    with np.load(path) as z:
        print(path, {k: (z[k].dtype.str, z[k].shape) for k in z.files})
