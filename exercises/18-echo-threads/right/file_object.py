# Unusual and right: starts slowly, threads of the interpreter, a file object over the socket, the greeting by the thread that accepts.
import socket
import sys
import threading
import time


def usage():
    print("usage: echo-threads PORT", file=sys.stderr)
    sys.exit(2)


def port_argument():
    if len(sys.argv) != 2 or not (sys.argv[1].isascii() and sys.argv[1].isdigit()):
        usage()
    port = int(sys.argv[1])
    if not 1 <= port <= 65535:
        usage()
    return port


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(128)
    except OSError as error:
        print(f"bind 0.0.0.0:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    return listener


def name_of(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return ip


def say(text):
    # In one piece: several threads print.
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def serve(connection):
    try:
        with connection, connection.makefile("rb") as lines:
            for line in lines:
                connection.sendall(line)
                say(f"server received {len(line)} bytes")
    except OSError as error:
        print(error, file=sys.stderr)


def main():
    port = port_argument()
    time.sleep(0.3)
    listener = listen(port)
    while True:
        connection, (ip, _) = listener.accept()
        say(f"server connected to {name_of(ip)} ({ip})")
        threading.Thread(target=serve, args=[connection], daemon=True).start()


main()
