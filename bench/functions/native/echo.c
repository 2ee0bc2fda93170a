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
#define _GNU_SOURCE
#include "http.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void copy(long sleep_ms);
static void serve_stdio(long sleep_ms);
static void serve_socket(const char *path, long sleep_ms);
static void fail(const char *what);

int main(int count, char **arguments) {
  const char *format = count > 1 ? arguments[1] : getenv("FN_FORMAT");
  const char *sleep_text = getenv("ECHO_SLEEP_MS");
  long sleep_ms = sleep_text ? atol(sleep_text) : 0;
  // Who leaves in the middle of an answer shows in what writing it gives.
  signal(SIGPIPE, SIG_IGN);

  if (!format || strcmp(format, "default") == 0) {
    copy(sleep_ms);
  } else if (strcmp(format, "http") == 0) {
    serve_stdio(sleep_ms);
  } else if (strcmp(format, "http-stream") == 0) {
    const char *listener = getenv("FN_LISTENER");
    if (!listener || strncmp(listener, "unix:", 5) != 0) fail("FN_LISTENER names no unix socket");
    serve_socket(listener + 5, sleep_ms);
  } else {
    fail("FN_FORMAT must be http-stream, http or default");
  }
}

static void copy(long sleep_ms) {
  char bytes[64 * 1024];
  usleep(sleep_ms * 1000);
  for (ssize_t length; (length = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;) {
    for (ssize_t sent = 0, part; sent < length; sent += part) {
      part = write(STDOUT_FILENO, bytes + sent, length - sent);
      if (part < 0) fail("stdout cannot be written");
    }
  }
}

static void serve_stdio(long sleep_ms) {
  struct connection connection = {.in = STDIN_FILENO, .out = STDOUT_FILENO};
  while (serve_once(&connection, sleep_ms)) continue;
}

/**
 * Listens on another name first, so that the socket has its mode when the link to it appears. Source: the format
 * reference, section 4.2.
 */
static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int length = snprintf(address.sun_path, sizeof address.sun_path, "%s.tmp", path);
  if (length >= (int)sizeof address.sun_path) fail("the path of FN_LISTENER is too long");
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("cannot listen at FN_LISTENER");
  if (chmod(address.sun_path, 0666) < 0 || listen(listener, SOMAXCONN) < 0) fail("cannot open FN_LISTENER");
  if (symlink(basename(address.sun_path), path) < 0) fail("cannot make the link at FN_LISTENER");
  return listener;
}

static void watch(int poll, int descriptor, struct connection *connection) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
  if (epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("cannot wait for a connection");
}

static struct connection *open_connection(int descriptor) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) fail("out of memory");
  connection->in = connection->out = descriptor;
  return connection;
}

static void close_connection(struct connection *connection) {
  close(connection->in);
  free(connection->bytes);
  free(connection);
}

static void serve_socket(const char *path, long sleep_ms) {
  int poll = epoll_create1(0);
  struct connection listener = {.in = listen_at(path)};
  watch(poll, listener.in, &listener);

  // A benchmark that runs a copy of its own waits for this word on Node's channel, and the copy ends with it.
  const char *channel_text = getenv("NODE_CHANNEL_FD");
  struct connection channel = {.in = channel_text ? atoi(channel_text) : -1};
  if (channel_text) {
    watch(poll, channel.in, &channel);
    if (write(channel.in, "\"ready\"\n", 8) < 0) fail("nobody waits for this function");
  }

  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      if (connection == &channel) return;
      if (connection == &listener) {
        int descriptor = accept(listener.in, NULL, NULL);
        if (descriptor >= 0) watch(poll, descriptor, open_connection(descriptor));
      } else if (!serve_once(connection, sleep_ms)) {
        close_connection(connection);
      }
    }
  }
}

static void fail(const char *what) {
  fprintf(stderr, "echo: %s\n", what);
  exit(1);
}
