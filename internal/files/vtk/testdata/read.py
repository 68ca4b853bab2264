"""Reads what package vtk wrote with PyVista and meshio, and checks it: python read.py FOLDER"""

import math
import sys
from pathlib import Path

import meshio
import numpy as np
import pyvista

folder = Path(sys.argv[1])
weights = np.array([1, 10, 100])
for path in sorted(folder.glob("*.vt[ru]")):
    m = pyvista.get_reader(str(path)).read()
    want = m.points @ weights
    np.testing.assert_allclose(m["u"], want, rtol=1e-14, atol=1e-14, err_msg=path.name)
    v = m['k<"2"&']
    assert v.shape == (m.n_points, 2), v.shape
    np.testing.assert_array_equal(v, np.stack([m["u"], -m["u"]], axis=1))
    if path.stem == "plate":
        assert abs(m.area - (1 - math.pi * 0.04)) < 1e-3, m.area
    if path.stem == "ball":
        assert abs(m.volume - 4 / 3 * math.pi * 0.729) < 0.05, m.volume
    if path.stem == "box":
        assert m.dimensions == (4, 3, 5) and abs(m.volume - 4) < 1e-12
    if path.suffix == ".vtu":
        q = meshio.read(path)
        np.testing.assert_array_equal(q.points, m.points)
        np.testing.assert_array_equal(q.point_data["u"], m["u"])
        assert sum(len(c.data) for c in q.cells) == m.n_cells
    print(f"{path.name}: {type(m).__name__}, {m.n_points} points, {m.n_cells} cells")
series = pyvista.get_reader(str(folder / "series.pvd"))
assert series.time_values == [0, 0.25], series.time_values
series.set_active_time_value(0.25)
assert series.read()[0].n_points == pyvista.read(folder / "ball.vtu").n_points
print(f"pyvista {pyvista.__version__}, vtk {pyvista.vtk_version_info}, meshio {meshio.__version__}")
