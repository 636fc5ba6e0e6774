/* Unusual and right: opens its input by its name, reads a byte at a time, lays a structure over the bytes, and reverses what its
 * machine has in memory. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int size, is_signed;
} types[] = {{"u8", 1, 0},  {"u16", 2, 0}, {"u32", 4, 0}, {"u64", 8, 0},
             {"i16", 2, 1}, {"i32", 4, 1}, {"i64", 8, 1}};

static int type_named(const char *name)
{
    for (int i = 0; i < 7; i++)
        if (strcmp(types[i].name, name) == 0)
            return i;
    return -1;
}

static int little(void)
{
    int one = 1;
    return *(char *)&one;
}

static void show(const unsigned char *bytes, int n)
{
    for (int i = 0; i < n; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

static int digit(char c)
{
    const char *all = "0123456789abcdef", *at = c ? strchr(all, c | 0x20) : NULL;
    return at ? (int)(at - all) : -1;
}

/* The number of bytes, or -1. */
static int octets(const char *text, unsigned char *out, int room)
{
    int n = 0;
    for (; *text; text += 2, n++) {
        if (digit(text[0]) < 0 || digit(text[1]) < 0 || n == room)
            return -1;
        out[n] = (unsigned char)(digit(text[0]) * 16 + digit(text[1]));
    }
    return n;
}

static const char *encode(int type, const char *text)
{
    unsigned char memory[8], wire[8];
    char *end;
    int size = types[type].size;
    errno = 0;
    if (types[type].is_signed) {
        long long value = strtoll(text, &end, 10);
        long long most = size == 8 ? 0x7fffffffffffffffLL : (1LL << (8 * size - 1)) - 1;
        if (errno || *end || end == text || value > most || value < -most - 1)
            return "range";
        memcpy(memory, &value, 8);
    } else {
        unsigned long long value = strtoull(text, &end, 10);
        if (errno || *end || end == text || strchr(text, '-') || (size < 8 && value >> (8 * size)))
            return "range";
        memcpy(memory, &value, 8);
    }
    for (int i = 0; i < size; i++)
        wire[i] = little() ? memory[size - 1 - i] : memory[8 - size + i];
    show(wire, size);
    return NULL;
}

static const char *decode(int type, const char *text)
{
    unsigned char wire[8];
    int size = types[type].size;
    if (octets(text, wire, 8) != size)
        return "length or digits";
    unsigned long long value = types[type].is_signed && wire[0] >= 0x80 ? ~0ULL : 0;
    for (int i = 0; i < size; i++)
        value = value * 256 + wire[i];
    if (types[type].is_signed)
        printf("%lld\n", (long long)value);
    else
        printf("%llu\n", value);
    return NULL;
}

static const char *address(const char *ip, const char *text)
{
    struct sockaddr_in at;
    char *end;
    long port = strtol(text, &end, 10);
    memset(&at, 0, sizeof at);
    at.sin_family = AF_INET;
    at.sin_port = htons((unsigned short)port);
    if (*end || end == text || port < 1 || port > 65535 || inet_pton(AF_INET, ip, &at.sin_addr) != 1)
        return "address";
    show((unsigned char *)&at, sizeof at);
    return NULL;
}

static const char *address_of(const char *text)
{
    struct sockaddr_in at;
    char ip[INET_ADDRSTRLEN];
    if (octets(text, (unsigned char *)&at, sizeof at) != sizeof at || at.sin_family != AF_INET)
        return "no sockaddr_in";
    printf("%s:%d\n", inet_ntop(AF_INET, &at.sin_addr, ip, sizeof ip), ntohs(at.sin_port));
    return NULL;
}

static void answer(char *line)
{
    char *word[4] = {"", "", "", ""};
    int n = 0;
    for (char *at = strtok(line, " "); at; at = strtok(NULL, " "))
        if (n < 4)
            word[n++] = at;
    const char *error = "what?";
    if (strcmp(word[0], "encode") == 0 && n == 3 && type_named(word[1]) >= 0)
        error = encode(type_named(word[1]), word[2]);
    else if (strcmp(word[0], "decode") == 0 && n == 3 && type_named(word[1]) >= 0)
        error = decode(type_named(word[1]), word[2]);
    else if (strcmp(word[0], "sockaddr") == 0 && n == 3)
        error = address(word[1], word[2]);
    else if (strcmp(word[0], "sockaddr-decode") == 0 && n == 2)
        error = address_of(word[1]);
    if (error)
        printf("error: %s\n", error);
}

int main(void)
{
    char *line = NULL;
    size_t length = 0, room = 0;
    int input = open("/dev/stdin", O_RDONLY);
    for (;;) {
        char byte;
        ssize_t n = read(input, &byte, 1);
        if (length == room)
            line = realloc(line, room = 2 * room + 16);
        if (n > 0 && byte != '\n')
            line[length++] = byte;
        else if (n > 0 || length > 0) {
            line[length] = 0;
            answer(line);
            length = 0;
        }
        if (n <= 0)
            return n < 0;
    }
}
