"""http_sink.py - a real HTTP server for tests: keeps what it is sent, and misbehaves as it is told.

http_sink.py DIR [--cert FILE --key FILE]
Listens on 127.0.0.1 and writes to DIR: port (when it listens), requests (one JSON object a line: time in ms, method, path, headers
with names in lower case, body). The file DIR/answer.NAME, else DIR/answer, read for each request to /NAME..., says what to do:
  200             that status, with a short text; likewise any other
  302 URL         a redirect
  429 SECONDS     with Retry-After
  hang            nothing, until the file says something else
  close           the connection is closed
  endless         status 200 and bytes without end
Without a file: 200.
"""
import argparse
import http.server
import json
import os
import ssl
import threading
import time

LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = None

    def log_message(self, *_):
        pass

    def orders(self):
        name = self.path.strip("/").split("/")[0].split("?")[0]
        for file in ("answer." + name, "answer"):
            try:
                with open(os.path.join(self.directory, file), encoding="utf-8") as text:
                    return text.read().split() or ["200"]
            except FileNotFoundError:
                continue
        return ["200"]

    def keep(self, body):
        line = json.dumps({
            "time": int(time.time() * 1000),
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("utf-8", "replace"),
        })
        with LOCK, open(os.path.join(self.directory, "requests"), "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def endless(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass
        self.close_connection = True

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.keep(body)
        orders = self.orders()
        while orders[0] == "hang":
            time.sleep(0.05)
            orders = self.orders()
        if orders[0] == "endless":
            self.endless()
            return
        if orders[0] == "close":
            self.close_connection = True
            return
        text = b"said by the server\n"
        self.send_response(int(orders[0]))
        if len(orders) > 1:
            self.send_header("Retry-After" if orders[0] == "429" else "Location", orders[1])
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_HEAD = do_PUT = answer


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context = None

    def finish_request(self, request, client_address):
        # In the request's own thread: a client that hangs in the handshake holds up nobody.
        try:
            if self.context is not None:
                request = self.context.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
        except OSError:
            pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    Handler.directory = options.directory
    server = Server(("127.0.0.1", 0), Handler)
    if options.cert:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(options.cert, options.key)
    port = os.path.join(options.directory, "port")
    with open(port + ".new", "w", encoding="utf-8") as file:
        file.write(str(server.server_address[1]))
    os.rename(port + ".new", port)
    server.serve_forever()


main()
