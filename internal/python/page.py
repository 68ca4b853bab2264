"""Run the Python of docs/python.md, block after block, in the current folder: as a notebook where nbclient is there, else as a script."""

import re
import sys
from pathlib import Path

page = Path(__file__).parents[2] / "docs" / "python.md"
blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
if len(blocks) < 3:
    sys.exit(f"{page} has {len(blocks)} blocks of Python")
try:
    import nbclient
    import nbformat
except ImportError:
    print("no nbclient: the page is run as a script")
    names: dict[str, object] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
else:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(block) for block in blocks])
    nbclient.NotebookClient(book, timeout=300).execute()
    shown = [o for cell in book.cells for o in cell.outputs if "image/png" in o.get("data", {})]
    if not shown:
        sys.exit("the notebook shows no picture")
    print(f"the page is a notebook of {len(blocks)} cells, executed, with {len(shown)} pictures")
