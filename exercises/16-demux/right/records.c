/* Unusual and right: numbers in network order in fixed records, and two writes for each answer. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct end {
    struct in_addr ip;
    unsigned short port;
};

struct record {
    char *name;
    int listens;
    struct end local, remote;
};

static struct record *table;
static size_t count;

static int parse(const char *text, struct end *out)
{
    char ip[INET_ADDRSTRLEN], *rest;
    const char *colon = text ? strchr(text, ':') : NULL;
    if (!colon || (size_t)(colon - text) >= sizeof ip)
        return 0;
    memcpy(ip, text, (size_t)(colon - text));
    ip[colon - text] = 0;
    long port = strtol(colon + 1, &rest, 10);
    out->port = htons((unsigned short)port);
    return inet_pton(AF_INET, ip, &out->ip) == 1 && !*rest && port > 0 && port < 65536;
}

static int same(struct end a, struct end b)
{
    return a.ip.s_addr == b.ip.s_addr && a.port == b.port;
}

static struct record *find(int listens, struct end local, struct end remote)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].listens == listens && same(table[i].local, local) && same(table[i].remote, remote))
            return &table[i];
    return NULL;
}

static const char *add(int listens, struct end local, struct end remote, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return "error: this name is taken";
    if (find(listens, local, remote))
        return "error: there is such a socket";
    table = realloc(table, (count + 1) * sizeof *table);
    table[count++] = (struct record){strdup(name), listens, local, remote};
    return NULL;
}

static const char *answer(char *line)
{
    char *word[6] = {0};
    int n = 0;
    struct end a, b = {{0}, 0}, none = {{0}, 0};
    for (char *at = strtok(line, " \t"); at && n < 6; at = strtok(NULL, " \t"))
        word[n++] = at;
    if (n == 3 && strcmp(word[0], "listen") == 0 && parse(word[1], &a))
        return add(1, a, none, word[2]);
    if (n == 4 && strcmp(word[0], "connection") == 0 && parse(word[1], &a) && parse(word[2], &b))
        return add(0, a, b, word[3]);
    if (n == 2 && strcmp(word[0], "close") == 0) {
        for (size_t i = 0; i < count; i++)
            if (strcmp(table[i].name, word[1]) == 0) {
                table[i] = table[--count];
                return NULL;
            }
        return "error: nobody has this name";
    }
    int syn = n == 5 && strcmp(word[4], "syn") == 0;
    if ((n == 4 || syn) && strcmp(word[0], "segment") == 0 && strcmp(word[2], ">") == 0 &&
        parse(word[1], &a) && parse(word[3], &b)) {
        struct record *found = find(0, b, a);
        struct end anywhere = {{INADDR_ANY}, b.port};
        if (!found && syn)
            found = find(1, b, none);
        if (!found && syn)
            found = find(1, anywhere, none);
        return found ? found->name : "reset";
    }
    return "error: what?";
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    while ((length = getline(&line, &room, stdin)) > 0) {
        line[strcspn(line, "\n")] = 0;
        const char *text = answer(line);
        if (text && (write(1, text, strlen(text)) < 0 || write(1, "\n", 1) < 0))
            return 1;
    }
    if (ferror(stdin)) {
        perror("read standard input");
        return 1;
    }
    return 0;
}
