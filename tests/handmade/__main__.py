"""``python -m handmade NUMBER URL`` prints what becomes of that fault, as JSON; the URL is that of a :mod:`hostile_service`."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from .measured import outcome

if __name__ == "__main__":
    print(json.dumps(asdict(outcome(int(sys.argv[1]), sys.argv[2]))), flush=True)
    os._exit(0)  # a fault that has stopped the loop would stop the end, too
