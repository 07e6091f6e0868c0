"""Shows what an emulator does otherwise than AWS, one proof after the other.

    python gaps ENDPOINT EMULATOR [PROOF…]

Prints a line per proof: `held NAME`, or `closed NAME: what it does now`.
"""

import importlib
import inspect
import sys

from emulator import Emulator


def main():
    endpoint, name, *only = sys.argv[1:]
    module = importlib.import_module(name)
    for proof, function in inspect.getmembers(module, inspect.isfunction):
        if function.__module__ != name or proof.startswith("_") or (only and proof not in only):
            continue
        try:
            function(Emulator(endpoint))
            print(f"held {proof}")
        except Exception as error:  # whatever it is, it is not what was shown
            print(f"closed {proof}: {error!r}")


main()
