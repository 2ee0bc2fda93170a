#define _GNU_SOURCE
#include "http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/** Room for a read. */
#define READ_BYTES (64 * 1024)

/** A benchmark that sends more has made a mistake. */
#define REQUEST_BYTES_MAX (16 * 1024 * 1024)

/** The bytes of a request that is whole; or one of these. */
enum { INCOMPLETE = 0, INVALID = -1 };

static bool read_more(struct connection *connection);
static long parse_request(struct text text, struct request *request);
static bool answer(int out, struct text body);

bool serve_once(struct connection *connection, function *function) {
  if (!read_more(connection)) return false;
  size_t served = 0;
  for (;;) {
    struct request request;
    long length =
        parse_request((struct text){connection->bytes + served, connection->length - served}, &request);
    if (length == INVALID) return false;
    if (length == INCOMPLETE) break;
    if (!answer(connection->out, function(request))) return false;
    served += length;
  }
  connection->length -= served;
  memmove(connection->bytes, connection->bytes + served, connection->length);
  return true;
}

static bool read_more(struct connection *connection) {
  if (connection->capacity - connection->length < READ_BYTES) {
    if (connection->length > REQUEST_BYTES_MAX) return false;
    connection->capacity = 2 * connection->capacity + READ_BYTES;
    connection->bytes = realloc(connection->bytes, connection->capacity);
    if (!connection->bytes) return false;
  }
  char *end = connection->bytes + connection->length;
  ssize_t count = read(connection->in, end, connection->capacity - connection->length);
  if (count <= 0) return false;
  connection->length += count;
  return true;
}

struct text field(struct text head, const char *name) {
  size_t length = strlen(name);
  char *end = head.bytes + head.length;
  for (char *line = head.bytes; (line = memmem(line, end - line, "\r\n", 2));) {
    line += 2;
    if ((size_t)(end - line) <= length) break;
    if (strncasecmp(line, name, length) != 0 || line[length] != ':') continue;
    char *value = line + length + 1;
    while (value < end && (*value == ' ' || *value == '\t')) value++;
    char *value_end = memmem(value, end - value, "\r\n", 2);
    return (struct text){value, (value_end ? value_end : end) - value};
  }
  return (struct text){0};
}

/**
 * Finds where a body in chunks ends, and joins its chunks at `to` unless that is NULL. Lengths are hexadecimal, and a
 * chunk of length 0 and trailer fields are last. Source: RFC 9112 section 7.1.
 */
static long parse_chunks(char *start, char *end, char *to, size_t *body_length) {
  *body_length = 0;
  for (char *line = start, *line_end; (line_end = memmem(line, end - line, "\r\n", 2));) {
    char *number_end;
    size_t length = strtoul(line, &number_end, 16);
    if (number_end == line || length > REQUEST_BYTES_MAX) return INVALID;
    char *chunk = line_end + 2;
    if (length == 0) {
      // Together with the line end before them, trailer fields end as a head does.
      char *last = memmem(line_end, end - line_end, "\r\n\r\n", 4);
      return last ? last + 4 - start : INCOMPLETE;
    }
    if ((size_t)(end - chunk) < length + 2) return INCOMPLETE;
    if (to) memmove(to + *body_length, chunk, length);
    *body_length += length;
    line = chunk + length + 2;
  }
  return INCOMPLETE;
}

/** The length of the request that the text begins with. */
static long parse_request(struct text text, struct request *request) {
  char *head_end = memmem(text.bytes, text.length, "\r\n\r\n", 4);
  if (!head_end) return INCOMPLETE;
  struct text head = {text.bytes, head_end - text.bytes};
  struct text body = {.bytes = head_end + 4};
  long head_length = body.bytes - text.bytes;
  char *end = text.bytes + text.length;

  struct text coding = field(head, "Transfer-Encoding");
  if (coding.length > 0) {
    if (coding.length != 7 || strncasecmp(coding.bytes, "chunked", 7) != 0) return INVALID;
    // Joined only when all are there: what is joined cannot be read as chunks again.
    long chunks_length = parse_chunks(body.bytes, end, NULL, &body.length);
    if (chunks_length <= 0) return chunks_length;
    parse_chunks(body.bytes, end, body.bytes, &body.length);
    *request = (struct request){head, body};
    return head_length + chunks_length;
  }

  struct text length = field(head, "Content-Length");
  body.length = length.length > 0 ? strtoul(length.bytes, NULL, 10) : 0;
  if (body.length > REQUEST_BYTES_MAX) return INVALID;
  *request = (struct request){head, body};
  return (size_t)(end - body.bytes) < body.length ? INCOMPLETE : head_length + (long)body.length;
}

static bool answer(int out, struct text body) {
  char head[128];
  const char *format = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n";
  size_t head_length = snprintf(head, sizeof head, format, body.length);
  struct iovec parts[] = {{head, head_length}, {body.bytes, body.length}};
  size_t left = head_length + body.length;
  for (;;) {
    ssize_t count = writev(out, parts, 2);
    if (count < 0) return false;
    if ((left -= count) == 0) return true;
    for (int i = 0; i < 2; i++) {
      size_t written = (size_t)count < parts[i].iov_len ? (size_t)count : parts[i].iov_len;
      parts[i].iov_base = (char *)parts[i].iov_base + written;
      parts[i].iov_len -= written;
      count -= written;
    }
  }
}

void sleep_for(long ms) {
  if (ms > 0) nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}
