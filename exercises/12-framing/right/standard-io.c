/* Unusual and right: the C library's own buffers and getchar, a byte at a time; starts slowly and says more than it must on standard error. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX = 1 << 20 };
enum kind { FIXED, LENGTH, DELIMITER };

static enum kind kind;
static long size;
static unsigned char payload[MAX + 1];

static void fail(const char *message)
{
    fflush(stdout);
    fprintf(stderr, "error: %s\n", message);
    exit(1);
}

static void send_frame(size_t length)
{
    if (kind == FIXED && length != (size_t)size)
        fail("wrong size");
    if (length > MAX)
        fail("frame too large");
    if (kind == LENGTH) {
        uint32_t header = htonl((uint32_t)length);
        fwrite(&header, 1, sizeof header, stdout);
    }
    for (size_t i = 0; i < length; i++) {
        if (kind == DELIMITER && (payload[i] == '\n' || payload[i] == '\\'))
            putchar('\\');
        putchar(kind == DELIMITER && payload[i] == '\n' ? 'n' : payload[i]);
    }
    if (kind == DELIMITER)
        putchar('\n');
    fflush(stdout);
}

static int digit(int c)
{
    const char *digits = "0123456789abcdef";
    if (c >= 'A' && c <= 'F')
        c += 'a' - 'A';
    const char *at = c > 0 ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void encode(void)
{
    size_t length = 0;
    int begun = 0, c;
    while ((c = getchar()) != EOF) {
        if (c == '\n') {
            send_frame(length);
            length = 0;
            begun = 0;
            continue;
        }
        begun = 1;
        int high = digit(c), low = high < 0 ? -1 : digit(c = getchar());
        if (low < 0)
            fail("bad hex");
        if (length == MAX)
            fail("frame too large");
        payload[length++] = (unsigned char)(high << 4 | low);
    }
    if (begun)
        send_frame(length);
}

static void print(size_t length)
{
    for (size_t i = 0; i < length; i++) {
        putchar("0123456789abcdef"[payload[i] >> 4]);
        putchar("0123456789abcdef"[payload[i] & 15]);
    }
    putchar('\n');
    fflush(stdout);
    fprintf(stderr, "a payload of %zu bytes\n", length);
}

static int next(void)
{
    int c = getchar();
    if (c == EOF)
        fail("truncated frame");
    return c;
}

static void decode(void)
{
    int c;
    while ((c = getchar()) != EOF) {
        size_t length = 0;
        unsigned long wanted = (unsigned long)size;
        ungetc(c, stdin);
        if (kind == LENGTH) {
            wanted = 0;
            for (int i = 0; i < 4; i++)
                wanted = wanted << 8 | (unsigned long)next();
            if (wanted > MAX)
                fail("frame too large");
        }
        while (kind != DELIMITER && length < wanted)
            payload[length++] = (unsigned char)next();
        while (kind == DELIMITER && (c = next()) != '\n') {
            if (c == '\\') {
                c = next();
                if (c != '\\' && c != 'n')
                    fail("bad escape");
                c = c == 'n' ? '\n' : c;
            }
            if (length == MAX)
                fail("frame too large");
            payload[length++] = (unsigned char)c;
        }
        print(length);
    }
}

static int parse(const char *text)
{
    char *end = "";
    if (strcmp(text, "length") == 0) {
        kind = LENGTH;
    } else if (strcmp(text, "delimiter") == 0) {
        kind = DELIMITER;
    } else if (strncmp(text, "fixed:", 6) == 0 && text[6] >= '0' && text[6] <= '9') {
        kind = FIXED;
        size = strtol(text + 6, &end, 10);
        return *end == '\0' && size >= 1 && size <= 65536;
    } else {
        return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    int encodes = argc == 3 && strcmp(argv[1], "encode") == 0;
    int decodes = argc == 3 && strcmp(argv[1], "decode") == 0;
    if (!(encodes || decodes) || !parse(argv[2])) {
        fprintf(stderr, "usage: framing encode|decode KIND\n");
        return 2;
    }
    usleep(50 * 1000);
    if (encodes)
        encode();
    else
        decode();
    return 0;
}
