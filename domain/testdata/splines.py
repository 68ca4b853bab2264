"""Writes splines.json: what SciPy makes of values on a line and on a grid. Run it in this folder; made with SciPy 1.17.1, NumPy 2.4.6."""

import json

import numpy as np
from scipy.interpolate import CubicSpline, RectBivariateSpline, RegularGridInterpolator

rng = np.random.default_rng(18)


def axis(n):
    return np.cumsum(rng.uniform(0.2, 1.5, n))


cases = []
for n in (2, 3, 4, 5, 12):  # not-a-knot: of two values a line, of three a parabola, of four one cubic
    x, y = axis(n), rng.normal(size=n)
    at = np.concatenate([rng.uniform(x[0], x[-1], 15), x[:1]])
    spline = CubicSpline(x, y, bc_type="not-a-knot")
    cases.append(
        {
            "axes": [x.tolist()],
            "values": y.tolist(),
            "at": at[:, None].tolist(),
            "linear": np.interp(at, x, y).tolist(),
            "cubic": {str(k): spline(at, k).tolist() for k in range(4)},
        }
    )
for m, n in ((4, 5), (9, 6)):
    x, y, z = axis(m), axis(n), rng.normal(size=(m, n)) * 1e5
    at = np.stack([rng.uniform(x[0], x[-1], 15), rng.uniform(y[0], y[-1], 15)], axis=1)
    spline = RectBivariateSpline(x, y, z, s=0)  # FITPACK, which leaves out the same knots
    cases.append(
        {
            "axes": [x.tolist(), y.tolist()],
            "values": z.ravel().tolist(),
            "at": at.tolist(),
            "linear": RegularGridInterpolator((x, y), z, method="linear")(at).tolist(),
            "cubic": {
                key: spline(*at.T, dx=key.count("x"), dy=key.count("y"), grid=False).tolist() for key in ("", "x", "y", "xx", "xy", "yy", "xxyy")
            },
        }
    )
with open("splines.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
