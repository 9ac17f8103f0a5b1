/* Parses text. */
#include <stdio.h>
#include "parse.h"
#include "../util/list.h"

#define MAX_SIZE 10
#define SQUARE(x) ((x) * (x))
#ifdef DEBUG
#define LOG 1
#endif

/* A node. */
typedef struct node {
    int kind; /* what */
    struct node *next;
    int (*run)(struct node *, int);
} node_t;

typedef struct { int x, y; } point;
enum level { LOW, HIGH = 2 };
static const char *names[] = { "a", "b" };
extern int counter;
int parse(const char *text, struct options *options);

/**
 * Parses it.
 */
static node_t *
make_node(int kind, const char *text)
{
    node_t *n = malloc(sizeof(node_t));
    int i, limit = MAX_SIZE;
    for (i = 0; i < limit; i++) {
        if (text[i] == 'x' && kind != LOW)
            n->next = helper(n->kind, counter);
    }
    return n;
}

int main(int argc, char **argv)
{
    return parse(getenv("HOME"), NULL) ? SQUARE(2) : 0;
}
