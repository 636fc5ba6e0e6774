// Unusual and right: signals are held back and read like data (signalfd); a timer is a descriptor too; the watcher greets,
// workers have sessions of their own, and what it has to say on standard error is much.
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t workers[4096];
static int alive, stops;

static int fail(const char *operation, int port)
{
    fprintf(stderr, "%s 0.0.0.0:%d: %s\n", operation, port, strerror(errno));
    return 1;
}

static void greet(const struct sockaddr_in *peer)
{
    char name[NI_MAXHOST], ip[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &peer->sin_addr, ip, sizeof ip);
    if (getnameinfo((const struct sockaddr *)peer, sizeof *peer, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        strcpy(name, ip);
    printf("server connected to %s (%s)\n", name, ip);
    fflush(stdout);
}

static void work(int connection)
{
    FILE *in = fdopen(connection, "r"), *out = fdopen(dup(connection), "w");
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    while ((n = getline(&line, &room, in)) > 0) {
        printf("server received %zd bytes\n", n);
        fflush(stdout);
        if (fwrite(line, 1, n, out) != (size_t)n || fflush(out) != 0)
            break;
    }
    _exit(0);
}

static void reap(void)
{
    pid_t ended;
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
        for (int i = 0; i < alive; i++)
            if (workers[i] == ended) {
                fprintf(stderr, "worker %d has ended\n", ended);
                workers[i] = workers[--alive];
            }
}

static void read_signals(int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            stops++;
    reap();
}

int main(int argc, char **argv)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    char *end = "", *end_of_grace = "";
    int yes = 1;
    long port = argc == 2 || argc == 3 ? strtol(argv[1], &end, 10) : 0;
    long grace = argc == 3 ? strtol(argv[2], &end_of_grace, 10) : 5;
    unsigned served = 0;
    if (*end || port < 1 || port > 65535 || *end_of_grace || (argc == 3 && !*argv[2]) || grace < 0 || grace > INT_MAX) {
        fprintf(stderr, "usage: %s PORT [GRACE]\n", argv[0]);
        return 2;
    }
    int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    any.sin_port = htons(port);
    if (bind(listening, (struct sockaddr *)&any, sizeof any) < 0)
        return fail("bind", port);
    if (listen(listening, 512) < 0)
        return fail("listen", port);
    // Only after it listens, and still before the first client is accepted.
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigprocmask(SIG_BLOCK, &held, NULL);
    int signals = signalfd(-1, &held, SFD_NONBLOCK);
    signal(SIGPIPE, SIG_IGN);
    while (stops == 0) {
        struct pollfd both[2] = {{signals, POLLIN, 0}, {listening, POLLIN, 0}};
        poll(both, 2, -1);
        read_signals(signals);
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        int connection = stops ? -1 : accept(listening, (struct sockaddr *)&peer, &length);
        if (connection < 0)
            continue;
        served++;
        greet(&peer);
        pid_t worker = fork();
        if (worker == 0) {
            // They stay held back: only SIGKILL ends a worker. What a terminal does reaches the watcher alone.
            if (setsid() < 0)
                perror("setsid");
            close(listening);
            close(signals);
            work(connection);
        }
        if (worker > 0)
            workers[alive++] = worker;
        else
            perror("fork");
        close(connection);
    }
    close(listening);
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec at = {{0, 0}, {grace, 1}};
    timerfd_settime(timer, 0, &at, NULL);
    struct pollfd both[2] = {{signals, POLLIN, 0}, {timer, POLLIN, 0}};
    while (alive > 0 && stops < 2 && !(both[1].revents & POLLIN)) {
        poll(both, 2, -1);
        read_signals(signals);
    }
    for (int i = 0; i < alive; i++)
        kill(workers[i], SIGKILL);
    for (int i = 0; i < alive; i++)
        waitpid(workers[i], NULL, 0);
    printf("server stopped: %u clients served\n", served);
    return 0;
}
