"""Tests of the Python package, against closed forms: python -m unittest, in a folder of its own, where crux is installed."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import crux  # noqa: E402

POISSON = {
    "problem": "poisson",
    "coords": {"x": [0, 1], "y": [0, 1]},
    "fields": {"u": {"net": "mlp"}},
    "constraints": {
        "pde": {"residual": "u_xx + u_yy = -2*pi^2*sin(pi*x)*sin(pi*y)"},
        "bc": {"residual": "u", "on": "boundary"},
    },
}


class Solved(unittest.TestCase):
    """One run, and what can be done with it."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        os.chdir(cls.folder.name)
        cls.run_ = crux.solve(POISSON, accuracy=1e-6, seed=1)

    @classmethod
    def tearDownClass(cls):
        os.chdir("/")
        cls.folder.cleanup()

    def test_verdict(self):
        self.assertEqual(self.run_.verdict, "solved")
        self.assertLess(self.run_.estimate["u"], 1e-6)
        self.assertEqual(self.run_.coords, {"x": (0, 1), "y": (0, 1)})
        self.assertEqual([p.name for p in Path(".").iterdir()], ["runs"])  # the file of the dict is gone

    def test_values(self):
        x, y = np.linspace(0, 1, 7)[:, None], np.linspace(0, 1, 5)
        u, u_x, u_xy = self.run_.u(x, y), self.run_.u(x, y, d="x"), self.run_.u(x, y, d="xy")
        self.assertEqual(u.shape, (7, 5))
        np.testing.assert_allclose(u, np.sin(np.pi * x) * np.sin(np.pi * y), atol=1e-5)
        np.testing.assert_allclose(u_x, np.pi * np.cos(np.pi * x) * np.sin(np.pi * y), atol=1e-4)
        np.testing.assert_allclose(u_xy, np.pi**2 * np.cos(np.pi * x) * np.cos(np.pi * y), atol=1e-3)
        self.assertAlmostEqual(float(self.run_.u(0.5, 0.5)), 1, places=5)
        self.assertEqual(self.run_.eval("grad(u)", x=x, y=y).shape, (7, 5, 2))

    def test_history(self):
        h = self.run_.history
        self.assertIsInstance(h, pd.DataFrame)
        self.assertLess(h["loss"].iloc[-1], h["loss"].iloc[0])

    def test_plot(self):
        figure = self.run_.plot("u", "u_x", grid=21)
        mesh = figure.axes[0].collections[0].get_array()
        np.testing.assert_allclose(np.asarray(mesh).reshape(21, 21)[10, 10], 1, atol=1e-5)
        line = self.run_.plot("u", grid=21, y=0.5).axes[0].lines[0]
        np.testing.assert_allclose(line.get_ydata(), np.sin(np.pi * line.get_xdata()), atol=1e-5)
        plt.close("all")

    @unittest.skipUnless(importlib.util.find_spec("onnxruntime"), "there is no onnxruntime")
    def test_onnx(self):
        import onnxruntime

        subprocess.run([crux.binary(), "export", str(self.run_.path), "--onnx", "-o", "."], check=True, capture_output=True)
        self.addCleanup(os.remove, "poisson.onnx")
        x, y = np.random.default_rng(1).uniform(size=(2, 50, 1))
        u, gradient = onnxruntime.InferenceSession("poisson.onnx").run(["u", "u_gradient"], {"x": x, "y": y})
        np.testing.assert_allclose(u, self.run_.u(x, y), rtol=0, atol=1e-12)
        np.testing.assert_allclose(gradient, np.hstack([self.run_.u(x, y, d="x"), self.run_.u(x, y, d="y")]), rtol=0, atol=1e-12)

    def test_load(self):
        again = crux.load(self.run_.path)
        self.assertEqual(again.u(0.3, 0.4), self.run_.u(0.3, 0.4))
        with self.assertRaises(crux.CruxError):
            crux.load("runs/nothing")

    def test_mistakes(self):
        with self.assertRaisesRegex(AttributeError, "its fields are u"):
            self.run_.w
        with self.assertRaisesRegex(TypeError, "x, y"):
            self.run_.u(0.5)
        with self.assertRaisesRegex(crux.CruxError, "is not made of coordinates"):
            self.run_.u(0.5, 0.5, d="z")
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            self.run_.u(2, 0.5)
        self.assertIn("x = 2 lies outside of [0, 1]", str(said[0].message))


class Refused(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        os.chdir(self.folder.name)
        self.addCleanup(lambda: (os.chdir("/"), self.folder.cleanup()))

    def test_place(self):
        Path("bad.yaml").write_text("problem: p\ncoords: {x: [0, 1]}\nfields: {u: {net: mlpp}}\nconstraints: {pde: {residual: u_xx = 1}}\n")
        with self.assertRaises(crux.ProblemError) as e:
            crux.solve("bad.yaml")
        m = e.exception.mistakes[0]
        self.assertEqual((m.file, m.line, m.column, e.exception.code), ("bad.yaml", 3, 19, 2))
        self.assertIn("mlp", m.message + m.suggestion)

    def test_unsolved_warns(self):
        with self.assertWarnsRegex(UserWarning, "poisson: "):
            run = crux.solve(POISSON, settings={"optimizer": [{"adam": {}, "steps": 3}]}, progress=False, out="short")
        self.assertIn(run.verdict, ("unsolved", "ill-posed", "inaccurate"))
        self.assertEqual(run.path, Path("short"))

    def test_interrupt(self):
        # a process in the background of a script has inherited that Ctrl-C does nothing
        script = "import crux, json, signal; signal.signal(signal.SIGINT, signal.default_int_handler); run = crux.solve(json.load(open('p.json')), settings={'optimizer': [{'adam': {}, 'steps': 10**8}]}); print(run.status)"
        Path("p.json").write_text(json.dumps(POISSON))
        child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Ctrl-C after the first step that is shown
        guard = threading.Timer(120, child.kill)
        guard.start()
        for line in child.stderr:
            if "step" in line:
                child.send_signal(signal.SIGINT)
                break
        out, err = child.communicate()
        guard.cancel()
        self.assertEqual(out.strip(), "canceled", err)


if __name__ == "__main__":
    unittest.main()
