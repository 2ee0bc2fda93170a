/** What a function of format `http` needs: requests from stdin, one after another, answers to stdout. */

export interface Request {
  readonly query: URLSearchParams;
  readonly body: string;
}

/** Answers each request with the text that `answer` gives; when it gives none, it has written to stdout itself. */
export async function serveHttp(answer: (request: Request) => Promise<string | undefined>): Promise<void> {
  let buffered = "";
  for await (const part of process.stdin) {
    buffered += part;
    for (let end = buffered.indexOf("\r\n\r\n"); end >= 0; end = buffered.indexOf("\r\n\r\n")) {
      const head = buffered.slice(0, end);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      if (buffered.length < end + 4 + length) break;
      const body = buffered.slice(end + 4, end + 4 + length);
      buffered = buffered.slice(end + 4 + length);
      const target = head.split(" ", 2)[1] ?? "/";
      const text = await answer({ query: new URL(target, "http://fn").searchParams, body });
      if (text !== undefined) {
        process.stdout.write(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
      }
    }
  }
}
