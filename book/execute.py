"""Run chapters from top to bottom and store what they print: `make run`.

    python book/execute.py notebooks/02_scalars.ipynb ...

Nothing of the machine is stored: no times, no version of Python, and the text that one
cell prints is one piece, however the kernel happened to split it.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def execute(path):
    """Run the notebook at `path` in its own folder and write it back."""
    chapter = nbformat.read(path, as_version=4)
    client = NotebookClient(
        chapter,
        timeout=600,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    os.environ["TQDM_DISABLE"] = "1"  # a progress bar is for who waits, not stored
    client.execute()
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            cell.outputs = joined(cell.outputs)
    chapter.metadata = {
        "kernelspec": {
            "display_name": "Python 3",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    } | {k: v for k, v in chapter.metadata.items() if k == "myst"}
    nbformat.write(chapter, path)


def joined(outputs):
    """`outputs` with pieces of one stream that follow each other made one."""
    whole = []
    for output in outputs:
        stream = output.get("name")
        if stream and whole and whole[-1].get("name") == stream:
            whole[-1].text += output.text
        else:
            whole.append(output)
    return whole


if __name__ == "__main__":
    for name in sys.argv[1:]:
        execute(Path(name).resolve())
