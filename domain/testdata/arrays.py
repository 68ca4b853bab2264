"""Writes the npy and npz files that npy_test.go reads. Needs numpy."""
import numpy as np

a = np.array([[0.5, 1, -2], [0.25, 3, 4], [0.125, -5, 6], [0, 7, 8]])
np.save("f8.npy", a)
np.save("f4_fortran.npy", np.asfortranarray(a.astype("<f4")))
np.save("f8_big.npy", a.astype(">f8"))
for kind in ["i1", "i2", "<i4", ">i8", "u1", "u2", "u4", "u8"]:
    np.save(f"{kind.strip('<>')}.npy", np.arange(6).astype(kind))
np.save("b1.npy", np.array([True, False]))
np.save("complex.npy", np.array([1j]))
np.save("cube.npy", np.zeros((2, 2, 2)))
np.save("nan.npy", np.array([1.0, np.nan]))
np.save("empty.npy", np.zeros((0, 3)))
x, t = np.array([0.0, 1, 2]), np.array([10.0, 20])
np.savez("scattered.npz", x=x, t=np.arange(3.0)[:, None], u=x**2, nu=0.1, units=np.array(["m", "s", "K"]))
np.savez_compressed("grid.npz", x=x, t=t, u=np.asfortranarray(x[:, None] + t), transposed=t[:, None] + x, nu=0.1)
np.savez("uneven.npz", x=x, t=t, u=x)
