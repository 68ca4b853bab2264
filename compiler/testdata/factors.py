"""Kronecker factors of a small network's Laplacian, by JAX, for TestExpand: a forward Laplacian written layer by layer.

    python factors.py > factors.json

Each layer's outputs z_c, c = value, ∂x, ∂y, Δ, get a shift of 0, with respect to which the residual is differentiated. The compiler takes
constant factors out of the inputs of a product where it finds one: the last coefficient of the second layer's inputs, Δ tanh z =
-2 tanh z (1 - tanh² z) |∇z|², is there without the -2, and that of the third, a sum, as it is. The same is done here.
"""
import json

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
sizes = [2, 5, 4, 1]
rng = np.random.default_rng(7)
weights = [rng.normal(size=(a, b)) / np.sqrt(a) for a, b in zip(sizes, sizes[1:])]
biases = [0.3 * rng.normal(size=b) for b in sizes[1:]]
points = rng.uniform(size=(6, 2))


def layers(x, shifts):
    """The inputs of each layer, and the residual Δu + u."""
    h = [x, jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0]), jnp.zeros(2)]
    inputs = []
    for l, (w, b) in enumerate(zip(weights, biases)):
        inputs.append(jnp.stack(h))
        z = [h[c] @ w + shifts[l][c] for c in range(4)]
        z[0] = z[0] + b
        if l == len(weights) - 1:
            return inputs, (z[3] + z[0])[0]
        t = jnp.tanh(z[0])
        d1, d2 = 1 - t * t, -2 * t * (1 - t * t)
        h = [t, d1 * z[1], d1 * z[2], d2 * (z[1] ** 2 + z[2] ** 2) + d1 * z[3]]


zeros = [jnp.zeros((4, b)) for b in sizes[1:]]
out = {"points": points.tolist(), "weights": [w.tolist() for w in weights], "biases": [b.tolist() for b in biases], "layers": []}
taken = [1, -2, 1]  # out of the last coefficient of each layer's inputs
read = [[0, 1, 2, 3], [0, 1, 2, 3], [0, 3]]  # the coefficients that the residual reads of each layer
for l in (1, 2):
    A, B, n = 0, 0, 0
    for x in points:
        inputs, _ = layers(x, zeros)
        d = jax.grad(lambda s: layers(x, s)[1])(zeros)[l]
        for c in read[l]:
            factor = taken[l] if c == 3 else 1
            a = np.append(np.asarray(inputs[l][c]) / factor, 1.0 if c == 0 else 0.0)
            A, n = A + np.outer(a, a), n + 1
            B = B + np.outer(d[c] * factor, d[c] * factor)
    out["layers"].append({"A": (A / n).tolist(), "B": (2 / len(points) * B).tolist()})  # L = mean r², so s² = 2/points
print(json.dumps(out))
