/* How a function gets its calls in format `http-stream`: on a unix socket. */
#pragma once

#include "http.h"

/** Listens on the socket of FN_LISTENER and serves one request at a time, whatever the connection. */
void serve_socket(function *function);

/** Says what is wrong, and ends. */
_Noreturn void fail(const char *what);
