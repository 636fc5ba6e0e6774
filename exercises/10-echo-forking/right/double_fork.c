// Unusual and right: a v6 socket that takes v4 too, and two forks a client, so that init reaps the workers; the watcher greets.
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *operation, int port)
{
    fprintf(stderr, "%s [::]:%d: %s\n", operation, port, strerror(errno));
    return 1;
}

static int listen_on(int port)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
    int yes = 1, no = 0;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    if (fd < 0)
        exit(fail("socket", port));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0)
        exit(fail("bind", port));
    if (listen(fd, SOMAXCONN) < 0)
        exit(fail("listen", port));
    return fd;
}

// The client's address as an IPv4 one where it is, else every v4 client would be ::ffff:….
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

// Echoes each piece as it comes, and counts lines across pieces.
static void echo(int fd)
{
    char piece[4096];
    size_t line = 0;
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (write_all(fd, piece, n) < 0)
            return;
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

// The child leaves at once; what works is its child, which nobody here has to wait for.
static int start_worker(int listening, int connection)
{
    int status = 0;
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0) {
        pid_t worker = fork();
        if (worker != 0)
            _exit(worker < 0);
        close(listening);
        echo(connection);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status == 0 ? 0 : -1;
}

int main(int argc, char **argv)
{
    char *end = "";
    long port = argc == 2 ? strtol(argv[1], &end, 10) : 0;
    if (*end != '\0' || port < 1 || port > 65535) {
        fprintf(stderr, "usage: %s PORT\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    int listening = listen_on(port);
    for (;;) {
        struct sockaddr_in6 peer;
        socklen_t length = sizeof peer;
        int connection = accept(listening, (struct sockaddr *)&peer, &length);
        if (connection < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (connection < 0)
            return fail("accept", port);
        greet(&peer);
        if (start_worker(listening, connection) < 0)
            fprintf(stderr, "no worker for this client\n");
        close(connection);
    }
}
