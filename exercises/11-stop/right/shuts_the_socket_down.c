// Unusual and right: the handler itself takes the listening socket out of LISTEN (shutdown), so that accept fails; nobody
// waits for workers one by one: SIGCHLD is ignored, and wait tells when there is none left; a v6 socket that takes v4 too.
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int listening;
static volatile sig_atomic_t stops;

static void on_stop(int signal)
{
    int saved = errno;
    (void)signal;
    stops++;
    shutdown(listening, SHUT_RDWR);
    errno = saved;
}

static void on_tick(int signal)
{
    (void)signal;
}

static void catch (int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
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
    char piece[1000];
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

// Workers are a process group of their own, whose number is that of a first process that does nothing; a ^C does not reach it.
static pid_t make_group(void)
{
    pid_t leader = fork();
    if (leader == 0) {
        setpgid(0, 0);
        close(listening);
        signal(SIGTERM, SIG_DFL);
        for (;;)
            pause();
    }
    setpgid(leader, leader);
    return leader;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_any};
    char *end = "", *end_of_grace = "";
    int yes = 1, no = 0, port;
    unsigned long served = 0;
    long number = argc == 2 || argc == 3 ? strtol(argv[1], &end, 10) : 0;
    long grace = argc == 3 ? strtol(argv[2], &end_of_grace, 10) : 5;
    if (*end || number < 1 || number > 65535 || *end_of_grace || (argc == 3 && !*argv[2]) || grace < 0 || grace > INT_MAX) {
        fprintf(stderr, "usage: %s PORT [GRACE]\n", argv[0]);
        return 2;
    }
    port = number;
    any.sin6_port = htons(port);
    listening = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(listening, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    catch (SIGTERM, on_stop);
    catch (SIGINT, on_stop);
    catch (SIGALRM, on_tick);
    if (bind(listening, (struct sockaddr *)&any, sizeof any) < 0)
        return fail("bind", port);
    pid_t group = make_group();
    if (group < 0)
        return fail("fork", port);
    if (listen(listening, SOMAXCONN) < 0)
        return fail("listen", port);
    // One that came before listen has shut down nothing.
    while (stops == 0) {
        struct sockaddr_in6 peer;
        socklen_t length = sizeof peer;
        int connection = accept(listening, (struct sockaddr *)&peer, &length);
        if (connection < 0 && stops > 0)
            break;
        if (connection < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (connection < 0)
            return fail("accept", port);
        served++;
        pid_t worker = fork();
        if (worker == 0) {
            setpgid(0, group);
            signal(SIGINT, SIG_DFL);
            signal(SIGTERM, SIG_DFL);
            close(listening);
            greet(&peer);
            echo(connection);
            _exit(0);
        }
        if (worker > 0)
            setpgid(worker, group);
        else
            perror("fork");
        close(connection);
    }
    close(listening);
    // Of those that are left, the first process is none to wait for.
    kill(group, SIGKILL);
    struct itimerval tick = {{0, 50000}, {0, 50000}};
    setitimer(ITIMER_REAL, &tick, NULL);
    for (double over = now() + grace; stops < 2 && now() < over;)
        if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
            break;
    kill(-group, SIGKILL);
    while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
        ;
    printf("server stopped: %lu clients served\n", served);
    return 0;
}
