# Unusual and right: starts slowly, one dictionary of tuples, and errors that are exceptions.
import ipaddress
import sys
import time

ANY = ipaddress.IPv4Address("0.0.0.0")
sockets = {}


class Error(Exception):
    pass


def end(text):
    ip, _, port = text.partition(":")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise Error(f"bad port in {text}")
    return ipaddress.IPv4Address(ip), int(port)


def add(key, name):
    if key in sockets or name in sockets.values():
        raise Error("taken")
    sockets[key] = name


def carry_out(words):
    match words:
        case ["listen", local, name]:
            add((end(local), None), name)
        case ["connection", local, remote, name]:
            add((end(local), end(remote)), name)
        case ["close", name]:
            keys = [key for key in sockets if sockets[key] == name]
            if not keys:
                raise Error("unknown")
            del sockets[keys[0]]
        case ["segment", source, ">", destination, *syn] if syn in ([], ["syn"]):
            source, (ip, port) = end(source), end(destination)
            keys = [((ip, port), source)]
            if syn:
                keys += [((ip, port), None), ((ANY, port), None)]
            return next((sockets[key] for key in keys if key in sockets), "reset")
        case _:
            raise Error("nonsense")
    return None


time.sleep(0.2)
for line in sys.stdin.buffer:
    try:
        answer = carry_out(line.decode("latin-1").split())
    except (Error, ValueError) as error:
        answer = f"error: {error}"
    if answer is not None:
        print(answer)
