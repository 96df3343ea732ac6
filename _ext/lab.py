"""Open JupyterLab on the chapters, with what their kernels need to find the package."""

import os
import sys

import execution

if __name__ == "__main__":
    execution.prepare_environment()
    folder = str(execution.ROOT)
    arguments = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    arguments += ["--LabApp.default_url=/lab/tree/chapters", *sys.argv[1:]]
    os.chdir(folder)
    os.execv(sys.executable, arguments)
