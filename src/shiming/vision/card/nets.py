"""Opening the card's networks: one thread each and no spinning, because a worker process owns one core."""

from pathlib import Path

import onnxruntime

onnxruntime.set_default_logger_severity(3)  # errors only: exported graphs bring harmless warnings


def open_net(path: Path) -> onnxruntime.InferenceSession:
    """A CPU session with one thread. Two threads spin on two cores for a gain of nothing on pictures this small."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
