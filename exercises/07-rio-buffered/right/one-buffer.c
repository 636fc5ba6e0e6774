/* Unusual and right: one growing buffer for everything, filled by readv in two parts, with poll before it; starts slowly and says more than it must on standard error. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static char *held;
static size_t length, room;
static int ended;

static void nothing(int signal)
{
    (void)signal;
}

static void fail(const char *what)
{
    fprintf(stderr, "rio-buffered: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* More bytes behind those that are held. */
static void more(void)
{
    enum { HALF = 2048 };
    if (room - length < 2 * HALF) {
        room = 2 * room + 2 * HALF;
        held = realloc(held, room);
        if (!held)
            fail("realloc");
    }
    struct iovec parts[2] = {{held + length, HALF}, {held + length + HALF, HALF}};
    for (;;) {
        struct pollfd wait = {.fd = 0, .events = POLLIN};
        if (poll(&wait, 1, -1) < 0 && errno != EINTR)
            fail("poll");
        if (wait.revents == 0)
            continue;
        ssize_t n = readv(0, parts, 2);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            fail("read standard input");
        ended = n == 0;
        length += (size_t)n;
        return;
    }
}

/* The first `count` bytes of what is held, as one answer. */
static void answer(size_t count)
{
    if (count == 0)
        return;
    fprintf(stderr, "%zu\na piece\n", count);
    for (size_t done = 0; done < count;) {
        ssize_t n = write(1, held + done, count - done);
        if (n < 0 && errno != EINTR)
            fail("write standard output");
        if (n > 0)
            done += (size_t)n;
    }
    length -= count;
    memmove(held, held + count, length);
}

/* 0 at end of file. */
static size_t line(size_t max)
{
    size_t looked = 0;
    for (;;) {
        size_t most = length < max ? length : max;
        char *newline = most > looked ? memchr(held + looked, '\n', most - looked) : NULL;
        if (newline)
            return (size_t)(newline - held) + 1;
        if (most == max || ended)
            return most;
        looked = most;
        more();
    }
}

static size_t counted(size_t count)
{
    while (length < count && !ended)
        more();
    return length < count ? length : count;
}

static int number(const char *text, size_t *value)
{
    char *end;
    if (*text < '0' || *text > '9')
        return 0;
    *value = strtoull(text, &end, 10);
    return *end == '\0';
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = nothing};
    size_t value = 0;
    int lines = argc == 3 && strcmp(argv[1], "lines") == 0 && number(argv[2], &value) && value > 0;
    int mix = argc > 2 && strcmp(argv[1], "mix") == 0;
    for (int i = 2; mix && i < argc; i++)
        mix = strcmp(argv[i], "line") == 0 || (strncmp(argv[i], "n:", 2) == 0 && number(argv[i] + 2, &value));
    if (!lines && !mix) {
        fprintf(stderr, "usage: rio-buffered lines MAX\n       rio-buffered mix STEP...\n");
        return 2;
    }
    usleep(50 * 1000);
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    for (size_t n; lines && (n = line(value)) > 0;)
        answer(n);
    for (int i = 2; mix && i < argc; i++) {
        if (argv[i][0] == 'n') {
            number(argv[i] + 2, &value);
            answer(counted(value));
        } else {
            answer(line((size_t)-1));
        }
    }
    return 0;
}
