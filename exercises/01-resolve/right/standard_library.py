# Unusual and right: Python's resolver, its table of services, and no hints.
import ipaddress
import socket
import sys


def usage():
    print("usage: resolve NAME [SERVICE] or resolve -r ADDRESS", file=sys.stderr)
    sys.exit(2)


def unknown(what, error):
    print(f"I do not know {what} ({error})", file=sys.stderr)
    sys.exit(3)


arguments = sys.argv[1:]
if len(arguments) == 2 and arguments[0] == "-r":
    try:
        address = str(ipaddress.ip_address(arguments[1]))
    except ValueError:
        usage()
    try:
        print(socket.gethostbyaddr(address)[0])
    except OSError:
        print(address)
    sys.exit()
if not 1 <= len(arguments) <= 2 or "-r" in arguments:
    usage()
name, port = arguments[0], None
if len(arguments) == 2:
    try:
        port = int(arguments[1])
        if not 1 <= port <= 65535:
            usage()
    except ValueError:
        try:
            port = socket.getservbyname(arguments[1], "tcp")
        except OSError as error:
            unknown(arguments[1], error)
try:
    found = socket.getaddrinfo(name, None)
except OSError as error:
    unknown(name, error)
for address in dict.fromkeys(entry[4][0] for entry in found):
    if port is None:
        print(address)
    else:
        print(f"[{address}]:{port}" if ":" in address else f"{address}:{port}")
