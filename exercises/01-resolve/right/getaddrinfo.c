/* Unusual and right: one question for each kind of socket, a slow start, and numeric names from the resolver itself. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int usage(void)
{
    fprintf(stderr, "Usage: resolve NAME [SERVICE] | resolve -r ADDRESS\n");
    return 2;
}

static int reverse(const char *text)
{
    struct sockaddr_storage at;
    struct sockaddr_in *four = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&at;
    char name[NI_MAXHOST];
    memset(&at, 0, sizeof at);
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
        at.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1)
        at.ss_family = AF_INET6;
    else
        return usage();
    socklen_t size = at.ss_family == AF_INET ? sizeof *four : sizeof *six;
    if (getnameinfo((struct sockaddr *)&at, size, name, sizeof name, NULL, 0, NI_NAMEREQD) != 0)
        snprintf(name, sizeof name, "%s", text);
    printf("%s\n", name);
    return 0;
}

int main(int argc, char **argv)
{
    usleep(150 * 1000);
    if (argc == 3 && strcmp(argv[1], "-r") == 0)
        return reverse(argv[2]);
    if (argc < 2 || argc > 3 || strcmp(argv[1], "-r") == 0)
        return usage();
    const char *service = argc == 3 ? argv[2] : NULL;
    if (service) {
        char *end;
        long port = strtol(service, &end, 10);
        if (*service && !*end && (port < 1 || port > 65535))
            return usage();
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME}, *found;
    int error = getaddrinfo(argv[1], service, &hints, &found);
    if (error) {
        const char *what = error == EAI_SERVICE ? service : argv[1];
        fprintf(stderr, "resolve: cannot find %s: %s\n", what, gai_strerror(error));
        return 3;
    }
    fprintf(stderr, "canonical name: %s\n", found->ai_canonname);
    for (struct addrinfo *it = found; it; it = it->ai_next) {
        char host[NI_MAXHOST], port[NI_MAXSERV], before[NI_MAXHOST];
        int twice = 0;
        getnameinfo(it->ai_addr, it->ai_addrlen, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
        for (struct addrinfo *old = found; old != it; old = old->ai_next) {
            getnameinfo(old->ai_addr, old->ai_addrlen, before, sizeof before, NULL, 0, NI_NUMERICHOST);
            twice |= strcmp(before, host) == 0;
        }
        if (twice)
            continue;
        if (!service)
            printf("%s\n", host);
        else
            printf(it->ai_family == AF_INET6 ? "[%s]:%s\n" : "%s:%s\n", host, port);
    }
    freeaddrinfo(found);
    return 0;
}
