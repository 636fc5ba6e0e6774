/* Unusual and right: the loops are the kernel's. A socket is read with MSG_WAITALL, and sendfile writes. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 65536 };

static void nothing(int signal)
{
    (void)signal;
}

static int fail(const char *what)
{
    fprintf(stderr, "rio-unbuffered: %s: %s\n", what, strerror(errno));
    return 1;
}

static int put(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(1, bytes, count);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            bytes += n;
            count -= (size_t)n;
        }
    }
    return 0;
}

/* What is no socket is read like any file. */
static ssize_t take(char *bytes, size_t count)
{
    ssize_t n = recv(0, bytes, count, MSG_WAITALL);
    if (n < 0 && errno == ENOTSOCK)
        n = read(0, bytes, count);
    return n;
}

static int readn(unsigned long long count)
{
    static char piece[PIECE];
    unsigned long long total = 0;
    while (total < count) {
        unsigned long long left = count - total;
        ssize_t n = take(piece, left < PIECE ? (size_t)left : PIECE);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail("read standard input");
        if (n == 0)
            break;
        if (put(piece, (size_t)n) < 0)
            return fail("write standard output");
        total += (unsigned long long)n;
    }
    fprintf(stderr, "read %llu bytes\n", total);
    return 0;
}

static int writen(const char *name)
{
    int file = open(name, O_RDONLY);
    if (file < 0)
        return fail(name);
    unsigned long long total = 0;
    for (;;) {
        ssize_t n = sendfile(1, file, NULL, 1 << 20);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail("write standard output");
        if (n == 0)
            break;
        total += (unsigned long long)n;
    }
    fprintf(stderr, "wrote %llu bytes\n", total);
    return 0;
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = nothing};
    char *end = "";
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    if (argc == 3 && strcmp(argv[1], "writen") == 0)
        return writen(argv[2]);
    if (argc == 3 && strcmp(argv[1], "readn") == 0 && argv[2][0] >= '0' && argv[2][0] <= '9') {
        unsigned long long count = strtoull(argv[2], &end, 10);
        if (*end == '\0')
            return readn(count);
    }
    fprintf(stderr, "usage: rio-unbuffered readn N\n       rio-unbuffered writen FILE\n");
    return 2;
}
