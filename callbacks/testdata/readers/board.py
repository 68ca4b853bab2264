"""Reads what TensorBoard wrote with the official EventAccumulator: python board.py FOLDER"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder = Path(sys.argv[1])
expected = json.loads((folder / "expected.json").read_text())
acc = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0, "images": 0, "histograms": 0}, purge_orphaned_data=True)
acc.Reload()
tags = acc.Tags()
for key, values in expected["scalars"].items():
    assert key in tags["scalars"], (key, tags["scalars"])
    got = [(e.step, e.value) for e in acc.Scalars(key)]
    want = [(s, float(np.float32(np.nan if v is None else v))) for s, v in values]
    assert [s for s, _ in got] == [s for s, _ in want], (key, got, want)
    np.testing.assert_array_equal([v for _, v in got], [v for _, v in want], err_msg=key)
for key, steps in expected["images"].items():
    images = acc.Images(key)
    assert [i.step for i in images] == steps, (key, [i.step for i in images], steps)
    for i in images:
        png = i.encoded_image_string
        assert png[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", png[16:24]) == (i.width, i.height), key
for key, h in expected["histograms"].items():
    events = acc.Histograms(key)
    assert [e.step for e in events] == h["steps"], (key, [e.step for e in events])
    v = events[-1].histogram_value
    assert list(v.bucket) == h["counts"] and [v.min] + list(v.bucket_limit) == h["edges"], key
    assert v.num == sum(h["counts"]), key
print(f"EventAccumulator: {len(expected['scalars'])} scalars, {len(expected['images'])} images, {len(expected['histograms'])} histograms")
