/* One thread and poll(): it reads standard input ahead, writes what the socket takes, prints through stdio, talks a lot on
 * stderr, and leaves as soon as the server does, without waiting for its next line. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A queue of bytes: filled at `end`, taken from `start`. */
struct queue {
    char *bytes;
    size_t start, end, room;
};

static void failed(const char *operation, const char *object)
{
    fflush(stdout);
    fprintf(stderr, "%s %s: %s\n", operation, object, strerror(errno));
    exit(1);
}

static void put(struct queue *queue, const char *bytes, size_t count)
{
    if (queue->start == queue->end)
        queue->start = queue->end = 0;
    if (queue->end + count > queue->room) {
        queue->room = 2 * (queue->end + count);
        queue->bytes = realloc(queue->bytes, queue->room);
        if (!queue->bytes)
            failed("allocate", "a queue");
    }
    memcpy(queue->bytes + queue->end, bytes, count);
    queue->end += count;
}

static int open_client(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *each;
    int status = getaddrinfo(host, port, &hints, &list), saved = 0;
    if (status != 0) {
        fprintf(stderr, "%s: %s\n", host, gai_strerror(status));
        exit(3);
    }
    for (each = list; each; each = each->ai_next) {
        int fd = socket(each->ai_family, each->ai_socktype, 0);
        if (fd < 0)
            failed("socket for", host);
        if (connect(fd, each->ai_addr, each->ai_addrlen) == 0) {
            freeaddrinfo(list);
            return fd;
        }
        saved = errno;
        close(fd);
    }
    errno = saved;
    failed("connect", host);
    return -1;
}

int main(int argc, char **argv)
{
    char *end, chunk[1000];
    long port = argc == 3 && *argv[2] >= '0' && *argv[2] <= '9' ? strtol(argv[2], &end, 10) : 0;
    if (port < 1 || port > 65535 || *end) {
        fprintf(stderr, "Usage: echo-client HOST PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int server = open_client(argv[1], argv[2]);
    fcntl(server, F_SETFL, O_NONBLOCK);
    fprintf(stderr, "debug: connected, descriptor %d\n", server);

    struct queue input = {0}, line = {0};
    int input_ended = 0, shut = 0, waiting = 0;
    for (;;) {
        /* The next line goes out when the last one has its answer. */
        if (line.start == line.end && !waiting) {
            char *first = input.bytes + input.start;
            size_t held = input.end - input.start;
            char *newline = held ? memchr(first, '\n', held) : NULL;
            size_t count = newline ? (size_t)(newline - first) + 1 : input_ended ? held : 0;
            if (count) {
                fprintf(stderr, "debug: a line of %zu bytes\n", count);
                put(&line, first, count);
                input.start += count;
                waiting = newline != NULL;
            } else if (input_ended && !shut) {
                if (shutdown(server, SHUT_WR) != 0)
                    failed("shutdown", argv[1]);
                shut = 1;
            }
        }
        int busy = waiting || line.start < line.end;
        struct pollfd polled[2] = {
            {.fd = input_ended || (busy && input.end - input.start > 100000) ? -1 : 0, .events = POLLIN},
            {.fd = server, .events = POLLIN | (line.start < line.end ? POLLOUT : 0)},
        };
        if (poll(polled, 2, -1) < 0)
            failed("poll", "the server and standard input");
        if (polled[1].revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t count = read(server, chunk, sizeof chunk);
            if (count == 0) {
                fflush(stdout);
                if (shut)
                    return 0;
                fprintf(stderr, "the server has closed the connection\n");
                return 1;
            }
            if (count < 0 && errno != EAGAIN)
                failed("read from", argv[1]);
            if (count > 0) {
                fwrite(chunk, 1, (size_t)count, stdout);
                if (memchr(chunk, '\n', (size_t)count))
                    waiting = 0;
            }
        }
        if (polled[1].revents & POLLOUT) {
            ssize_t count = write(server, line.bytes + line.start, line.end - line.start);
            if (count > 0)
                line.start += (size_t)count;
            else if (errno != EAGAIN && errno != EPIPE && errno != ECONNRESET)
                failed("write to", argv[1]);
        }
        if (polled[0].revents) {
            ssize_t count = read(0, chunk, sizeof chunk);
            if (count < 0)
                failed("read", "standard input");
            if (count == 0)
                input_ended = 1;
            put(&input, chunk, (size_t)count);
        }
    }
}
