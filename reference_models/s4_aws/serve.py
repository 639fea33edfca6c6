"""Run the function on this machine, as a function URL would: HTTP comes in, `handler` is called with its event."""

import argparse
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).parent / "function"))

from app import handler  # noqa: E402


class Gateway(BaseHTTPRequestHandler):
    def do_GET(self):
        self.call("GET", "")

    def do_POST(self):
        self.call("POST", self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8"))

    def call(self, method, body):
        event = {
            "version": "2.0",
            "requestContext": {"http": {"method": method, "path": urlsplit(self.path).path}},
            "queryStringParameters": dict(parse_qsl(urlsplit(self.path).query)),
            "body": body,
            "isBase64Encoded": False,
        }
        result = handler(event, None)
        content = result["body"].encode("utf-8")
        self.send_response(result["statusCode"])
        for name, value in result["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Gateway).serve_forever()
