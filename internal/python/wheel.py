"""Make the wheels: python3 internal/python/wheel.py DIST, where DIST has the binaries of make release.

A wheel is a zip file with the module, the binary of one platform and three files that describe it; nothing has to be compiled, so this needs
nothing but Python. Two wheels of one commit are the same byte for byte.
"""

import base64
import hashlib
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
# Go 1.26 needs macOS 12; a static binary needs no C library.
TAGS = {
    "linux_amd64": "manylinux2014_x86_64", "linux_arm64": "manylinux2014_aarch64", "darwin_amd64": "macosx_12_0_x86_64",
    "darwin_arm64": "macosx_12_0_arm64", "windows_amd64": "win_amd64", "windows_arm64": "win_arm64",
}


def git(*args: str) -> str:
    return subprocess.run(["git", *args], cwd=HERE, capture_output=True, text=True, check=False).stdout.strip()


def version() -> str:
    """That of the tag v1.2.3 at this commit; without one a development version, in the order of the commits."""
    tag = git("describe", "--tags", "--exact-match", "--match", "v[0-9]*")
    return tag[1:] if tag else f"0.0.dev{git('rev-list', '--count', 'HEAD')}+g{git('rev-parse', '--short=12', 'HEAD')}"


def wheel(dist: Path, binary: Path, tag: str, number: str) -> Path:
    info = f"crux_pinn-{number}.dist-info"
    exe = "crux/bin/crux" + binary.suffix
    files = {f"crux/{p.name}": p.read_bytes() for p in sorted((HERE / "crux").iterdir()) if p.is_file()}
    files[exe] = binary.read_bytes()
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: crux-pinn\nVersion: {number}\n"
        "Summary: Partial differential equations solved by physics-informed neural networks\n"
        "License: Apache-2.0\nRequires-Python: >=3.10\nRequires-Dist: numpy>=1.24\nProvides-Extra: plot\nRequires-Dist: matplotlib>=3.6; extra == 'plot'\n"
        "Provides-Extra: history\nRequires-Dist: pandas>=2; extra == 'history'\n"
    ).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: crux\nRoot-Is-Purelib: false\nTag: py3-none-{tag}\n".encode()
    files[f"{info}/entry_points.txt"] = b"[console_scripts]\ncrux = crux:_main\n"
    files[f"{info}/LICENSE"] = (HERE.parent.parent / "LICENSE").read_bytes()
    record = ""
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = dist / f"crux_pinn-{number}-py3-none-{tag}.whl"
    date = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800))[:6]  # zip files begin in 1980
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if name == exe else 0o100644) << 16
            z.writestr(entry, data)
    return path


def main() -> None:
    dist = Path(sys.argv[1])
    number = version()
    for platform, tag in TAGS.items():
        for binary in (dist / f"crux_{platform}", dist / f"crux_{platform}.exe"):
            if binary.exists():
                path = wheel(dist, binary, tag, number)
                print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")


main()
