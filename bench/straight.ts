import { once } from "node:events";
import { connect } from "node:net";

const REQUEST = Buffer.from("POST /call HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");

/**
 * Calls a function straight on its socket, one call after another over one connection, and gives the calls in a second:
 * the most that one slot could do. Answers are not parsed: the function always sends as many bytes.
 */
export async function callStraight(socketPath: string, seconds: number): Promise<number> {
  const socket = connect(socketPath);
  await once(socket, "connect");
  socket.write(REQUEST);
  const [first]: Buffer[] = await once(socket, "data");
  if (!first?.toString("latin1").startsWith("HTTP/1.1 200 "))
    throw new Error(`the function answered ${first}`);
  const answerBytes = first.length;

  let calls = 0;
  let bytes = 0;
  const startMs = performance.now();
  const endMs = startMs + 1000 * seconds;
  socket.on("data", (part) => {
    bytes += part.length;
    if (bytes < answerBytes) return;
    bytes = 0;
    calls++;
    if (performance.now() < endMs) socket.write(REQUEST);
    else socket.destroy();
  });
  socket.write(REQUEST);
  await once(socket, "close");
  return (1000 * calls) / (performance.now() - startMs);
}
