"""The causal model: two engines behind one protocol, their samplers, and scoring.

At each import OpenVINO reports to its maker, over the network, unless the package that does so cannot be imported. Here
it cannot: nothing leaves the host's machine unasked.
"""

import sys

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None: an import of it fails
