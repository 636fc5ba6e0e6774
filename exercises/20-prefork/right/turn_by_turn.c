// Unusual and right: one worker at a time waits in accept, the others for a lock; workers tell of each client through a pipe; at a
// stop each closes the listening socket itself, in a handler; a v6 socket that takes v4 too.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int listening, told[2];
static volatile sig_atomic_t stops, busy, leave;

static void on_stop(int signal)
{
    (void)signal;
    stops++;
}

static void on_end(int signal)
{
    (void)signal;
}

// In a worker: SIGUSR1 means that the server stops.
static void on_leave(int signal)
{
    (void)signal;
    close(listening);
    leave = 1;
    if (!busy)
        _exit(0);
}

static void catch (int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(signal, &action, NULL);
}

static int fail(const char *operation, int port)
{
    fprintf(stderr, "%s [::]:%d: %s\n", operation, port, strerror(errno));
    return 1;
}

static void greet(const struct sockaddr_in6 *peer)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    const struct sockaddr *address = (const struct sockaddr *)peer;
    socklen_t length = sizeof *peer;
    char name[NI_MAXHOST], ip[NI_MAXHOST];
    if (IN6_IS_ADDR_V4MAPPED(&peer->sin6_addr)) {
        memcpy(&v4.sin_addr, &peer->sin6_addr.s6_addr[12], 4);
        address = (const struct sockaddr *)&v4;
        length = sizeof v4;
    }
    if (getnameinfo(address, length, ip, sizeof ip, NULL, 0, NI_NUMERICHOST) != 0)
        strcpy(ip, "?");
    if (getnameinfo(address, length, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        strcpy(name, ip);
    printf("server connected to %s (%s)\n", name, ip);
    fflush(stdout);
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        n -= written;
    }
    return 0;
}

static void echo(int fd)
{
    char piece[777];
    size_t line = 0;
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || write_all(fd, piece, n) < 0)
            break;
        for (ssize_t i = 0; i < n; i++) {
            line++;
            if (piece[i] == '\n') {
                printf("server received %zu bytes\n", line);
                line = 0;
            }
        }
        fflush(stdout);
    }
    if (line > 0)
        printf("server received %zu bytes\n", line);
    fflush(stdout);
}

static void work(int lock)
{
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    catch (SIGUSR1, on_leave, SA_RESTART);
    sigprocmask(SIG_UNBLOCK, &usr1, NULL);
    close(told[0]);
    // A lock of its own open file: with the parent's, all would have it together.
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", lock);
    int mine = open(path, O_RDWR);
    while (!leave) {
        struct sockaddr_in6 peer;
        socklen_t length = sizeof peer;
        while (flock(mine, LOCK_EX) < 0)
            ;
        int connection = accept(listening, (struct sockaddr *)&peer, &length);
        busy = connection >= 0;
        flock(mine, LOCK_UN);
        if (connection < 0)
            continue;
        if (write(told[1], "c", 1) < 0)
            perror("write");
        greet(&peer);
        echo(connection);
        close(connection);
        busy = 0;
    }
    _exit(0);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static unsigned long served;

static void count(void)
{
    char bytes[256];
    ssize_t n;
    while ((n = read(told[0], bytes, sizeof bytes)) > 0)
        served += n;
}

// Signals come only in here.
static void sleep_until(double when, sigset_t *open_mask)
{
    double left = when - now();
    struct timespec limit = {(time_t)left, (long)((left - (time_t)left) * 1e9)};
    struct pollfd pipe = {told[0], POLLIN, 0};
    if (left > 0)
        ppoll(&pipe, 1, &limit, open_mask);
    count();
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    pid_t workers[64] = {0}, ended;
    char *end = "", *end2 = "";
    int yes = 1, no = 0, alive = 0;
    long port = argc == 3 ? strtol(argv[1], &end, 10) : 0;
    long children = argc == 3 ? strtol(argv[2], &end2, 10) : 0;
    if (*end || *end2 || port < 1 || port > 65535 || children < 1 || children > 64) {
        fprintf(stderr, "usage: %s PORT CHILDREN\n", argv[0]);
        return 2;
    }
    any.sin6_port = htons(port);
    listening = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    signal(SIGPIPE, SIG_IGN);
    catch (SIGTERM, on_stop, 0);
    catch (SIGINT, on_stop, 0);
    catch (SIGCHLD, on_end, 0);
    sigset_t held, open_mask;
    sigemptyset(&held);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGUSR1);
    sigprocmask(SIG_BLOCK, &held, NULL);
    sigemptyset(&open_mask);
    char lock_path[] = "prefork-lock-XXXXXX";
    int lock = mkstemp(lock_path);
    if (lock < 0 || pipe2(told, 0) < 0)
        return fail("mkstemp", port);
    unlink(lock_path);
    fcntl(told[0], F_SETFL, O_NONBLOCK);
    if (bind(listening, (struct sockaddr *)&any, sizeof any) < 0)
        return fail("bind", port);
    if (listen(listening, SOMAXCONN) < 0)
        return fail("listen", port);
    while (stops == 0) {
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < alive; i++)
                if (workers[i] == ended)
                    workers[i--] = workers[--alive];
        while (alive < children) {
            pid_t worker = fork();
            if (worker == 0) {
                sigset_t mask;
                sigemptyset(&mask);
                sigaddset(&mask, SIGUSR1);
                signal(SIGINT, SIG_IGN);
                sigprocmask(SIG_SETMASK, &mask, NULL);
                work(lock);
            }
            if (worker < 0) {
                perror("fork");
                break;
            }
            workers[alive++] = worker;
        }
        sleep_until(now() + 0.5, &open_mask);
    }
    close(listening);
    for (int i = 0; i < alive; i++)
        kill(workers[i], SIGUSR1);
    for (double over = now() + 5; alive > 0 && stops < 2 && now() < over;) {
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            for (int i = 0; i < alive; i++)
                if (workers[i] == ended)
                    workers[i--] = workers[--alive];
        if (alive > 0)
            sleep_until(now() + 0.1, &open_mask);
    }
    for (int i = 0; i < alive; i++)
        kill(workers[i], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    count();
    printf("server stopped: %lu clients served\n", served);
    return 0;
}
