"""Reads what Arrays wrote with numpy.load and compares it with expected.json: python arrays.py FOLDER"""

import json
import sys
from pathlib import Path

import numpy as np

folder = Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())
n = 0
for name, arrays in expected["arrays"].items():
    with np.load(folder / "trackers" / f"{name}.npz") as z:
        assert sorted(z.files) == sorted(arrays), (name, z.files)
        for key, a in arrays.items():
            want = np.array([np.nan if v is None else v for v in a["data"]], dtype=a["dtype"]).reshape(a["shape"])
            got = z[key]
            assert got.dtype == want.dtype and got.shape == want.shape, (name, key, got.dtype, got.shape, want.shape)
            np.testing.assert_array_equal(got, want, err_msg=f"{name}: {key}")
            n += 1
lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
table = np.genfromtxt(folder / "history.csv", delimiter=",", names=True, deletechars="")
assert [l["epoch"] for l in lines] == list(range(expected["steps"] + 1)) == list(table["epoch"])
assert [l["loss"] for l in lines] == list(table["loss"])
print(f"numpy {np.__version__}: {n} arrays of {len(expected['arrays'])} trackers, {len(lines)} steps")
