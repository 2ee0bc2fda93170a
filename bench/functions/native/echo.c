/*
 * A function that answers each call with its body. It is one static file and needs nothing else, so that its image and
 * its start cost as little as any can, and what is measured is the platform's part.
 *
 *     echo [FORMAT]
 *
 * FORMAT, or else FN_FORMAT, is `http-stream` (requests on the unix socket of FN_LISTENER), `http` (requests on stdin)
 * or `default` (copies stdin to stdout and ends), which it also is when neither is there.
 * ECHO_SLEEP_MS: milliseconds before each answer.
 */
#include "http.h"
#include "socket.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct text echo(struct request request);
static void serve_stdio(void);
static void copy(void);

static long sleep_ms;

int main(int count, char **arguments) {
  const char *format = count > 1 ? arguments[1] : getenv("FN_FORMAT");
  const char *sleep_text = getenv("ECHO_SLEEP_MS");
  sleep_ms = sleep_text ? atol(sleep_text) : 0;
  // Who leaves in the middle of an answer shows in what writing it gives.
  signal(SIGPIPE, SIG_IGN);

  if (!format || strcmp(format, "default") == 0) {
    copy();
  } else if (strcmp(format, "http") == 0) {
    serve_stdio();
  } else if (strcmp(format, "http-stream") == 0) {
    serve_socket(echo);
  } else {
    fail("FN_FORMAT must be http-stream, http or default");
  }
}

static struct text echo(struct request request) {
  // So that there is something to see.
  static char nothing[] = "nothing";
  sleep_for(sleep_ms);
  return request.body.length > 0 ? request.body : (struct text){nothing, strlen(nothing)};
}

static void serve_stdio(void) {
  struct connection connection = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
  while (serve_once(&connection, echo)) continue;
}

static void copy(void) {
  char bytes[64 * 1024];
  sleep_for(sleep_ms);
  for (ssize_t length; (length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;) {
    for (ssize_t sent = 0, part; sent < length; sent += part) {
      part = write(STDOUT_FILENO, bytes + sent, length - sent);
      if (part < 0) fail("stdout cannot be written");
    }
  }
}
