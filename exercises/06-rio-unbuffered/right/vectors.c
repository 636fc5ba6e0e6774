/* Unusual and right: readv and writev with many small vectors, waits in poll before each call, starts slowly, and says more than it must on standard error. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PARTS = 16, PART = 37 };

static void nothing(int signal)
{
    (void)signal;
}

static int fail(const char *what)
{
    fprintf(stderr, "rio-unbuffered: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Vectors over at most `count` bytes from `at`. */
static int vectors(struct iovec *parts, char *at, unsigned long long count)
{
    int n = 0;
    while (n < PARTS && count > 0) {
        size_t size = count < PART ? (size_t)count : PART;
        parts[n].iov_base = at;
        parts[n].iov_len = size;
        at += size;
        count -= size;
        n++;
    }
    return n;
}

static ssize_t move(int fd, short events, char *at, unsigned long long count)
{
    struct iovec parts[PARTS];
    int n = vectors(parts, at, count);
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = events};
        if (poll(&wait, 1, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        ssize_t moved = events == POLLIN ? readv(fd, parts, n) : writev(fd, parts, n);
        if (moved >= 0 || errno != EINTR)
            return moved;
    }
}

static int put(char *at, size_t count)
{
    while (count > 0) {
        ssize_t n = move(1, POLLOUT, at, count);
        if (n < 0)
            return -1;
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

static int readn(unsigned long long count)
{
    static char buffer[PARTS * PART];
    unsigned long long total = 0;
    while (total < count) {
        ssize_t n = move(0, POLLIN, buffer, count - total);
        if (n < 0)
            return fail("read standard input");
        if (n == 0)
            break;
        fprintf(stderr, "a piece of %zd\n", n);
        if (put(buffer, (size_t)n) < 0)
            return fail("write standard output");
        total += (unsigned long long)n;
    }
    fprintf(stderr, "read %llu bytes\nthat is all\n", total);
    return 0;
}

static int writen(const char *file)
{
    int fd = open(file, O_RDONLY);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) < 0)
        return fail(file);
    size_t size = (size_t)stat.st_size;
    char *bytes = malloc(size + 1);
    size_t got = 0;
    while (bytes && got < size) {
        ssize_t n = read(fd, bytes + got, size - got);
        if (n <= 0)
            return fail(file);
        got += (size_t)n;
    }
    if (put(bytes, size) < 0)
        return fail("write standard output");
    fprintf(stderr, "wrote %zu bytes\n", size);
    return 0;
}

int main(int argc, char **argv)
{
    char *end = "";
    struct sigaction action = {.sa_handler = nothing};
    if (argc != 3)
        goto usage;
    usleep(50 * 1000);
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    if (strcmp(argv[1], "writen") == 0)
        return writen(argv[2]);
    if (strcmp(argv[1], "readn") == 0 && argv[2][0] >= '0' && argv[2][0] <= '9') {
        unsigned long long count = strtoull(argv[2], &end, 10);
        if (*end == '\0')
            return readn(count);
    }
usage:
    fprintf(stderr, "usage: rio-unbuffered readn N\n       rio-unbuffered writen FILE\n");
    return 2;
}
