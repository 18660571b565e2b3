"""A file store that speaks S3 as far as we need it, and falls ill when told to: it accepts, and never answers."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


class _Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def parse_request(self) -> bool:
        read = super().parse_request()
        if read and not self.server.well.is_set():
            self.server.asked += 1
            self.server.well.wait()  # a client that has gone by then gets nothing
            self.close_connection = True
            return False
        return read

    def do_PUT(self) -> None:
        self.server.kept[self.path] = self.rfile.read(int(self.headers["content-length"]))
        self._answer(200, ETag='"1"')

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if "list-type=2" in query:
            return self._list(path, parse_qs(query).get("prefix", [""])[0])
        kept = self.server.kept.get(self.path)
        found = {"ETag": '"1"', "Last_Modified": "Fri, 20 Nov 2026 02:00:00 GMT"}
        self._answer(404) if kept is None else self._answer(200, kept, **found)

    do_HEAD = do_GET

    def do_DELETE(self) -> None:
        self.server.kept.pop(self.path, None)
        self._answer(204)

    def do_POST(self) -> None:
        """Many at once: `?delete` with their keys."""
        path, body = self.path.partition("?")[0], self.rfile.read(int(self.headers["content-length"])).decode()
        keys = re.findall("<Key>([^<]*)</Key>", body)
        for key in keys:
            self.server.kept.pop(f"{path}/{key}", None)
        told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())

    def _list(self, bucket: str, prefix: str) -> None:
        found = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-20T02:00:00.000Z</LastModified><ETag>1</ETag>"
            f"<Size>{len(data)}</Size></Contents>" for path, data in sorted(self.server.kept.items())
            if (key := path.removeprefix(f"{bucket}/")).startswith(prefix)
        )  # fmt: skip
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode())

    def log_message(self, *_) -> None:
        """Nothing."""


@contextmanager
def bucket(host: str = "127.0.0.1"):
    """The store: `url`, `options` for obstore, `well` (an Event; clear it and the store hangs), `kept`, `asked`."""
    server = ThreadingHTTPServer((host, 0), _Bucket)
    server.daemon_threads, server.request_queue_size = True, 128
    server.well, server.kept, server.asked = threading.Event(), {}, 0
    server.well.set()
    server.url = "s3://bucket/shiming"
    server.options = {
        "endpoint": f"http://{host}:{server.server_port}", "access_key_id": "a", "secret_access_key": "b",
        "region": "r", "client_options": {"allow_http": True},
    }  # fmt: skip
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.well.set()
        server.shutdown()
        server.server_close()
