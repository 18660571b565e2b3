"""Run with the peers' Python: paths on standard input, and for each a JSON line of what RapidOCR's default reads."""

import json
import logging
import sys
import time

import cv2
from rapidocr import RapidOCR

logging.disable(logging.WARNING)
cv2.setNumThreads(1)
engine = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1,
                          "EngineConfig.onnxruntime.inter_op_num_threads": 1})  # fmt: skip
for path in sys.stdin.read().splitlines():
    picture = cv2.imread(path)
    start = time.process_time()
    said = engine(picture)
    ms = (time.process_time() - start) * 1000
    texts = list(said.txts or ())
    tops = [[float(box[0][0]), float(box[0][1])] for box in (said.boxes if said.boxes is not None else ())]
    print(json.dumps({"texts": texts, "tops": tops, "ms": ms}, ensure_ascii=False), flush=True)
