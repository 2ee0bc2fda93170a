/* Requests of HTTP/1.1 over a stream, each answered with its own body. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
 * Reads once, waiting if nothing has come, and answers every request that is whole, each after so many milliseconds.
 * False when the stream has ended, broken off, or carries something else than requests.
 */
bool serve_once(struct connection *connection, long sleep_ms);
