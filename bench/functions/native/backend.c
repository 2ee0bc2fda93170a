/*
 * A stand-in for two nodes behind a balancer: answers at once, over as many connections as come, on two ports of loopback.
 * It does as little as an HTTP server can, so that what is measured is the balancer's part.
 *
 *     GET /version       {"version":"0.3.500"}: a node as balancers of Fn know them
 *     GET /any/path?N    N bytes, 12 unless told
 *
 * Tells its ports to the process that started it, on Node's channel, and ends with it. Reads requests without a body.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/** A head that is longer is a mistake of the benchmark. */
#define HEAD_BYTES_MAX (8 * 1024)

#define ANSWER_BYTES 12
#define ANSWER_BYTES_MAX (16 * 1024 * 1024)

/** Different answers that one run asks for. */
#define ANSWERS_MAX 16

#define EVENTS_MAX 256

/** A whole answer, made once. */
struct answer {
  size_t body_length;
  char *bytes;
  size_t length;
};

/** A listener has no buffer and sends nothing. */
struct connection {
  int descriptor;
  bool is_listener;
  /** What is left of the answer under way. */
  const char *rest;
  size_t rest_length;
  /** What has come and is not answered yet. */
  size_t length;
  char *bytes;
};

static int poll_descriptor;

static struct connection *listen_on_loopback(int *port);
static void watch(struct connection *connection, unsigned events);
static void accept_one(int listener);
static bool serve(struct connection *connection);
static void fail(const char *what);

int main(void) {
  poll_descriptor = epoll_create1(0);
  int ports[2];
  for (int i = 0; i < 2; i++) watch(listen_on_loopback(&ports[i]), EPOLLIN);

  const char *channel_text = getenv("NODE_CHANNEL_FD");
  if (!channel_text) fail("it is a part of a benchmark, which starts it");
  struct connection channel = {.descriptor = atoi(channel_text)};
  watch(&channel, EPOLLIN);
  if (dprintf(channel.descriptor, "{\"readyOnPorts\":[%d,%d]}\n", ports[0], ports[1]) < 0) fail("nobody waits for it");

  for (;;) {
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(poll_descriptor, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      struct connection *connection = events[i].data.ptr;
      if (connection == &channel) return 0;
      if (connection->is_listener) {
        accept_one(connection->descriptor);
      } else if (!serve(connection)) {
        close(connection->descriptor);
        free(connection->bytes);
        free(connection);
      }
    }
  }
}

static struct connection *open_connection(int descriptor) {
  struct connection *connection = calloc(1, sizeof *connection);
  if (!connection) fail("out of memory");
  connection->descriptor = descriptor;
  return connection;
}

static void watch(struct connection *connection, unsigned events) {
  struct epoll_event event = {.events = events, .data.ptr = connection};
  if (epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, connection->descriptor, &event) < 0) fail("cannot wait for a connection");
}

static struct connection *listen_on_loopback(int *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, SOMAXCONN) < 0) fail("cannot listen");
  if (getsockname(listener, (struct sockaddr *)&address, &length) < 0) fail("has no port");
  *port = ntohs(address.sin_port);
  struct connection *connection = open_connection(listener);
  connection->is_listener = true;
  return connection;
}

static void accept_one(int listener) {
  int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (descriptor < 0) return;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  struct connection *connection = open_connection(descriptor);
  connection->bytes = malloc(HEAD_BYTES_MAX);
  if (!connection->bytes) fail("out of memory");
  // Told of each change once: nothing is asked of the kernel between two requests but reading and writing.
  watch(connection, EPOLLIN | EPOLLOUT | EPOLLET);
}

static const struct answer *answer_of(size_t body_length, const char *body) {
  static struct answer answers[ANSWERS_MAX];
  for (int i = 0; i < ANSWERS_MAX; i++) {
    struct answer *answer = &answers[i];
    if (!answer->bytes) {
      answer->bytes = malloc(body_length + 128);
      if (!answer->bytes) fail("out of memory");
      const char *format = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n";
      size_t head_length = sprintf(answer->bytes, format, body_length);
      if (body) memcpy(answer->bytes + head_length, body, body_length);
      else memset(answer->bytes + head_length, '7', body_length);
      answer->body_length = body_length;
      answer->length = head_length + body_length;
      return answer;
    }
    if (answer->body_length == body_length) return answer;
  }
  fail("too many different answers");
  return NULL;
}

/** The answer to the request whose line begins here; NULL when it is none. */
static const struct answer *answer_to(const char *line, const char *end) {
  static const char VERSION[] = "{\"version\":\"0.3.500\"}";
  if (strncmp(line, "GET /version ", 13) == 0) return answer_of(sizeof VERSION - 1, VERSION);
  if (strncmp(line, "GET /", 5) != 0) return NULL;
  const char *line_end = memchr(line, '\r', end - line);
  const char *query = memchr(line, '?', line_end - line);
  size_t body_length = query ? strtoul(query + 1, NULL, 10) : ANSWER_BYTES;
  return body_length > ANSWER_BYTES_MAX ? NULL : answer_of(body_length, NULL);
}

/** Sends what it can of the answer under way. False when the connection has broken off. */
static bool send_rest(struct connection *connection) {
  while (connection->rest_length > 0) {
    ssize_t count = send(connection->descriptor, connection->rest, connection->rest_length, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN;
    connection->rest += count;
    connection->rest_length -= count;
  }
  return true;
}

/** Answers the requests that are whole, one after the other, as far as answers can be sent. False when they are none. */
static bool answer_whole(struct connection *connection) {
  while (connection->rest_length == 0) {
    char *end = memmem(connection->bytes, connection->length, "\r\n\r\n", 4);
    if (!end) return connection->length < HEAD_BYTES_MAX;
    const struct answer *answer = answer_to(connection->bytes, end + 4);
    if (!answer) return false;
    size_t served = end + 4 - connection->bytes;
    connection->length -= served;
    memmove(connection->bytes, end + 4, connection->length);
    connection->rest = answer->bytes;
    connection->rest_length = answer->length;
    if (!send_rest(connection)) return false;
  }
  return true;
}

/** False when the connection has ended, broken off, or carries something else than requests. */
static bool serve(struct connection *connection) {
  if (!send_rest(connection)) return false;
  for (;;) {
    if (!answer_whole(connection)) return false;
    // Until the answer under way is sent, no more is read.
    if (connection->rest_length > 0) return true;
    size_t room = HEAD_BYTES_MAX - connection->length;
    ssize_t count = read(connection->descriptor, connection->bytes + connection->length, room);
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    connection->length += count;
    // A read that could have given more has taken all there was: the next bytes are told as a change.
    if ((size_t)count < room) return answer_whole(connection);
  }
}

static void fail(const char *what) {
  fprintf(stderr, "backend: %s\n", what);
  exit(1);
}
