"""The first version of the reviews, without stars. In Python, because a mesh does not care."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Reviews(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Buffered, so that head and body leave in one packet.
    wbufsize = 64 * 1024
    timeout = 120

    def do_GET(self):
        body = json.dumps({"text": "Well made.", "by": "Ada", "version": "v1"}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-reviews-version", "v1")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def end_with_starter():
    """Whoever started this holds the other end of standard input."""
    sys.stdin.read()
    os._exit(0)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


threading.Thread(target=end_with_starter, daemon=True).start()
Server(("127.0.0.1", int(os.environ["PORT"])), Reviews).serve_forever()
