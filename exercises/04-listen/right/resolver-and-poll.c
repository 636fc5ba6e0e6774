/* Unusual and right: takes its address from getaddrinfo, binds before it looks at its input, and waits in poll with a time limit; its messages are perror's. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static long number(const char *text, long least, long most)
{
    char *end = "";
    long value = *text ? strtol(text, &end, 10) : -1;
    if (value < least || value > most || *end) {
        fprintf(stderr, "usage: listen PORT [BACKLOG]\n");
        exit(2);
    }
    return value;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3)
        number("", 0, 0);
    long port = number(argv[1], 1, 65535);
    long backlog = argc == 3 ? number(argv[2], 0, 1 << 30) : 16;

    struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int code = getaddrinfo(NULL, argv[1], &hints, &list);
    if (code != 0) {
        fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(code));
        return 1;
    }
    int listener = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
    int yes = 1;
    if (listener < 0)
        fail("socket");
    if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0)
        fail("setsockopt");
    if (bind(listener, list->ai_addr, list->ai_addrlen) < 0)
        fail("bind");
    freeaddrinfo(list);
    if (listen(listener, (int)backlog) < 0)
        fail("listen");
    printf("listening on 0.0.0.0:%ld\n", port);

    for (;;) {
        struct pollfd input = {.fd = 0, .events = POLLIN};
        int ready = poll(&input, 1, 300);
        if (ready < 0 && errno != EINTR)
            fail("poll");
        if (ready <= 0)
            continue;
        char buffer[7];
        ssize_t n = read(0, buffer, sizeof buffer);
        if (n < 0)
            fail("read");
        if (n == 0)
            return 0;
    }
}
