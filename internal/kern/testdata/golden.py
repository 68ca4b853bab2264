"""Writes golden.txt: op x hi lo, where hi + lo is op(x) to about 100 bits; pow has its exponent at the end. Needs mpmath."""
import random
import mpmath as mp

mp.mp.prec = 300
random.seed(1)


def uniform(lo, hi, n):
    return [random.uniform(lo, hi) for _ in range(n)]


def spread(lo, hi, n, signs=(1, -1)):
    """Magnitudes from 10^lo to 10^hi."""
    return [random.choice(signs) * 10 ** random.uniform(lo, hi) for _ in range(n)]


ops = {
    "exp": (mp.exp, uniform(-1, 1, 60) + uniform(-745, 709, 80) + spread(-18, 2, 40) + uniform(-745.1, -708, 20) + [709.78, -745.13]),
    "expm1": (mp.expm1, uniform(-1, 1, 60) + uniform(-45, 709, 60) + spread(-300, 1, 60) + [709.78, 709.5, -36.7, -38]),
    "tanh": (mp.tanh, uniform(-1, 1, 60) + uniform(-21, 21, 60) + spread(-300, 1, 60)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), uniform(-1, 1, 40) + uniform(-745, 40, 80) + spread(-300, 1, 40)),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), uniform(-1, 1, 60) + uniform(-745, 40, 80) + spread(-300, 3, 40) + uniform(-1.2, -0.6, 20)),
    "log": (mp.log, uniform(0.4, 2.2, 80) + spread(-308, 308, 60, (1,)) + spread(-323, -308, 20, (1,)) + [1 + s for s in spread(-15, -1, 40)]),
    "erf": (mp.erf, uniform(-1, 1, 60) + uniform(-6.2, 6.2, 80) + spread(-300, 1, 40)),
    "sin": (mp.sin, uniform(-4, 4, 60) + spread(-300, 6, 60) + [float(k * mp.pi / 2) for k in random.sample(range(1, 600000), 40)]),
    "cos": (mp.cos, uniform(-4, 4, 60) + spread(-10, 6, 60) + [float(k * mp.pi / 2) for k in random.sample(range(1, 600000), 40)]),
    "tan": (mp.tan, uniform(-4, 4, 60) + spread(-300, 6, 60) + [float(k * mp.pi / 2) for k in random.sample(range(1, 600000), 40)]),
    "sinh": (mp.sinh, uniform(-1, 1, 60) + uniform(-25, 25, 40) + uniform(-710.4, 710.4, 40) + spread(-300, 1, 40)),
    "cosh": (mp.cosh, uniform(-1, 1, 60) + uniform(-25, 25, 40) + uniform(-710.4, 710.4, 40) + spread(-10, 1, 20)),
    "log1p": (mp.log1p, uniform(-1, 1, 60) + spread(-300, 1, 60) + spread(0, 300, 20, (1,)) + [s - 1 for s in spread(-15, -1, 20, (1,))]),
    "atan": (mp.atan, uniform(-3, 3, 80) + spread(-300, 20, 60)),
}
pairs = (
    [(10 ** random.uniform(-3, 3), random.uniform(-30, 30)) for _ in range(80)]
    + [(random.uniform(0.5, 2), random.choice([0.5, 1.5, -0.5, 1 / 3, 7, 0.1, 100, -1000])) for _ in range(60)]
    + [(10 ** random.uniform(-300, 300), random.uniform(-1, 1)) for _ in range(40)]
    + [(1 + 10 ** random.uniform(-14, -1), random.uniform(-700, 700)) for _ in range(40)]
    + [(2.0, 1023.9), (2.0, -1022.7), (5e-324, 0.5), (1e-320, -0.3), (-1.7, 33.0), (-1.7, -8.0), (-0.3, 2.0**52 + 2)]
)
with open("golden.txt", "w") as out:
    print("# op x hi lo [y]; hi + lo = op(x[, y]). Written by golden.py.", file=out)
    for name, (f, xs) in ops.items():
        for x in xs:
            y = f(mp.mpf(x))
            hi = float(y)
            print(name, float(x).hex(), hi.hex(), float(y - mp.mpf(hi)).hex(), file=out)
    for a, b in pairs:
        y = mp.mpf(abs(a)) ** mp.mpf(b) * (-1 if a < 0 and b % 2 == 1 else 1)
        if y != 0 and abs(y) > mp.mpf(2) ** -1000:
            hi = float(y)
            print("pow", float(a).hex(), hi.hex(), float(y - mp.mpf(hi)).hex(), float(b).hex(), file=out)
