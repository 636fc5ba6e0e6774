# Unusual and right: the standard library's own buffered reader, in which a thread reads while the main thread waits for it.
import io
import re
import signal
import sys
import threading


def answer(piece):
    if piece:
        print(len(piece), file=sys.stderr)
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()


def work(words):
    stdin = io.BufferedReader(io.FileIO(0, closefd=False), 16384)
    if words[0] == "lines":
        while piece := stdin.readline(int(words[1])):
            answer(piece)
    else:
        for step in words[1:]:
            answer(stdin.readline() if step == "line" else stdin.read(int(step[2:])))


def guarded(words, failures):
    try:
        work(words)
    except OSError as error:
        failures.append(error)


def main():
    words = sys.argv[1:]
    if not re.fullmatch("lines 0*[1-9][0-9]*|mix( line| n:[0-9]+)+", " ".join(words)):
        print("usage: rio-buffered lines MAX | mix STEP...", file=sys.stderr)
        return 2
    for number in signal.SIGALRM, signal.SIGUSR1:
        signal.signal(number, lambda *_: None)
        signal.siginterrupt(number, True)
    failures = []
    worker = threading.Thread(target=guarded, args=(words, failures))
    worker.start()
    worker.join()
    for error in failures:
        print("rio-buffered: read standard input:", error.strerror, file=sys.stderr)
    return 1 if failures else 0


sys.exit(main())
