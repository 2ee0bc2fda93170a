#define _GNU_SOURCE
#include "socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path);
static void watch(int poll, int descriptor, struct connection *connection);
static struct connection *open_connection(int descriptor);
static void close_connection(struct connection *connection);

void serve_socket(function *function) {
  const char *name = getenv("FN_LISTENER");
  if (!name || strncmp(name, "unix:", 5) != 0) fail("FN_LISTENER names no unix socket");
  int poll = epoll_create1(0);
  struct connection listener = {.in = listen_at(name + 5)};
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
      } else if (!serve_once(connection, function)) {
        close_connection(connection);
      }
    }
  }
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

void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
  exit(1);
}
