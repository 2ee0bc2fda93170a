/* Requests of HTTP/1.1 over a stream, and the function that answers them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/** Bytes that somebody else owns. */
struct text {
  char *bytes;
  size_t length;
};

struct request {
  /** From its first line on, without the empty one. */
  struct text head;
  /** Joined, if it came in chunks. */
  struct text body;
};

/** A function: gives the body of its answer, of which nothing is written before it returns. */
typedef struct text function(struct request request);

/** A stream of requests and one for their answers; of a socket both are the same. */
struct connection {
  int in;
  int out;
  /** What has come and is not answered yet. */
  char *bytes;
  size_t length;
  size_t capacity;
};

/**
 * Reads once, waiting if nothing has come, and answers every request that is whole. False when the stream has ended,
 * broken off, or carries something else than requests.
 */
bool serve_once(struct connection *connection, function *function);

/** The value of a header field, or an empty one. */
struct text field(struct text head, const char *name);

/** Of the whole process, as with a function that computes. */
void sleep_for(long ms);
