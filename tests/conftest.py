"""Shared by all tests: quiet SAM, and its modules on the path."""

import os
import sys
from pathlib import Path

os.environ.setdefault("SAM_CLI_TELEMETRY", "0")
sys.path.insert(0, str(Path(__file__).parent))
