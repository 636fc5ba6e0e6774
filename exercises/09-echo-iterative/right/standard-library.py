# Unusual and right: the standard library's socketserver, which polls twice a second and shuts a connection down before it closes it.
import re
import socket
import socketserver
import sys


class Echo(socketserver.StreamRequestHandler):
    def setup(self):
        super().setup()
        ip = self.client_address[0]
        try:
            name = socket.getnameinfo((ip, 0), 0)[0]
        except OSError:
            name = ip
        print(f"server connected to {name} ({ip})")

    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
            print(f"server received {len(line)} bytes")


class Server(socketserver.TCPServer):
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        print("a connection broke:", sys.exc_info()[1], file=sys.stderr)


def main():
    if len(sys.argv) != 2 or not re.fullmatch("[0-9]+", sys.argv[1]) or not 0 < int(sys.argv[1]) < 65536:
        print("usage: echo-iterative PORT", file=sys.stderr)
        sys.exit(2)
    try:
        server = Server(("0.0.0.0", int(sys.argv[1])), Echo)
    except OSError as error:
        print("echo-iterative:", error, file=sys.stderr)
        sys.exit(1)
    server.serve_forever()


main()
