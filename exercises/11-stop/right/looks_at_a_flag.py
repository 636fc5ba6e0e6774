# Unusual and right: slow to start; the watcher looks at a flag four times a second, and for ended workers too; it greets before it forks.
import os
import select
import signal
import socket
import sys
import time

stops = 0


def on_stop(number, frame):
    global stops
    stops += 1


def usage():
    print("usage: echo-stop PORT [GRACE]", file=sys.stderr)
    sys.exit(2)


def arguments():
    if len(sys.argv) not in (2, 3) or not all(word.isascii() and word.isdigit() for word in sys.argv[1:]):
        usage()
    port = int(sys.argv[1])
    if not 1 <= port <= 65535:
        usage()
    return port, int(sys.argv[2]) if len(sys.argv) == 3 else 5


def listen(port):
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", port))
        listener.listen(200)
    except OSError as error:
        print(f"bind 0.0.0.0:{port}: {error.strerror}", file=sys.stderr)
        sys.exit(1)
    listener.setblocking(False)
    return listener


def name_of(ip):
    try:
        return socket.gethostbyaddr(ip)[0]
    except OSError:
        return ip


def echo(connection):
    line = 0
    while piece := connection.recv(65536):
        connection.sendall(piece)
        *whole, rest = piece.split(b"\n")
        for part in whole:
            print(f"server received {line + len(part) + 1} bytes", flush=True)
            line = 0
        line += len(rest)
    if line:
        print(f"server received {line} bytes", flush=True)


def work(connection):
    # Ignored before the next ^C can come: they are held back around fork.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
    try:
        echo(connection)
    except OSError as error:
        print(error, file=sys.stderr)
    finally:
        os._exit(0)


def reap(workers):
    for worker in list(workers):
        if os.waitpid(worker, os.WNOHANG)[0]:
            workers.remove(worker)


def serve(listener, workers):
    served = 0
    while stops == 0:
        reap(workers)
        if not select.select([listener], [], [], 0.25)[0]:
            continue
        try:
            connection, (ip, _) = listener.accept()
        except OSError:
            continue
        served += 1
        with connection:
            connection.setblocking(True)
            print(f"server connected to {name_of(ip)} ({ip})", flush=True)
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            try:
                worker = os.fork()
            except OSError as error:
                print(f"fork: {error.strerror}", file=sys.stderr)
                continue
            finally:
                if os.getpid() == WATCHER:
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
            if worker == 0:
                listener.close()
                work(connection)
            workers.append(worker)
    return served


def finish(workers, grace):
    over = time.monotonic() + grace
    while workers and stops < 2 and time.monotonic() < over:
        time.sleep(0.02)
        reap(workers)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)


STOPS = {signal.SIGINT, signal.SIGTERM}
WATCHER = os.getpid()
port, grace = arguments()
for number in STOPS:
    signal.signal(number, on_stop)
time.sleep(0.2)
listener = listen(port)
workers = []
served = serve(listener, workers)
listener.close()
finish(workers, grace)
print(f"server stopped: {served} clients served", flush=True)
