/*
 * A function, of format `http-stream`, that sleeps as many milliseconds as `?ms=` of the URL of a call says, and answers
 * with a name that no other container has.
 */
#define _GNU_SOURCE
#include "http.h"
#include "socket.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct text sleep_and_tell(struct request request);

static char name[2 * sizeof(unsigned long) + 1];

int main(void) {
  unsigned long number;
  if (getrandom(&number, sizeof number, 0) != sizeof number) fail("there is no name to be had");
  snprintf(name, sizeof name, "%016lx", number);
  // Who leaves in the middle of an answer shows in what writing it gives.
  signal(SIGPIPE, SIG_IGN);
  serve_socket(sleep_and_tell);
}

static struct text sleep_and_tell(struct request request) {
  struct text url = field(request.head, "Fn-Http-Request-Url");
  const char *ms = memmem(url.bytes, url.length, "?ms=", 4);
  if (!ms) fail("a call without ?ms= in its URL");
  sleep_for(atol(ms + 4));
  return (struct text){name, strlen(name)};
}
