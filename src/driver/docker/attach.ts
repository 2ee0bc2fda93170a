import { type Duplex, type Readable, Writable } from "node:stream";
import type Docker from "dockerode";
import { orAborted } from "../../clock/or-aborted.ts";
import { Unframe } from "./frames.ts";

/** The standard streams of a container, over connections to the engine. */
export interface Attachment {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/**
 * Attaches to a container that does not run yet. Output and errors have a connection each: over a shared one, whoever
 * leaves the one unread would hold up the other.
 */
export async function attach(
  container: Docker.Container,
  hasStdin: boolean,
  signal: AbortSignal,
): Promise<Attachment> {
  const opening = [
    openStream(container, { stdin: hasStdin, stdout: true }),
    openStream(container, { stdin: false, stderr: true }),
  ] as const;
  try {
    const [main, errors] = await orAborted(Promise.all(opening), signal);
    return { stdin: hasStdin ? inputOf(main) : undefined, stdout: outputOf(main), stderr: outputOf(errors) };
  } catch (error) {
    for (const stream of opening) stream.then((socket) => socket.destroy()).catch(() => {});
    throw error;
  }
}

/**
 * No signal goes with this: the library would keep listening to it, and break the connection whenever it is aborted,
 * however long after.
 */
async function openStream(
  container: Docker.Container,
  which: { readonly stdin: boolean; readonly stdout?: boolean; readonly stderr?: boolean },
): Promise<Duplex> {
  // The library's type leaves open that this is a socket, which it is whenever `hijack` is set.
  return (await container.attach({ ...which, stream: true, hijack: true })) as Duplex;
}

/** Lets go of streams that nobody has begun to use. */
export function detach({ stdin, stdout, stderr }: Attachment): void {
  for (const stream of [stdin, stdout, stderr]) stream?.destroy();
}

/** Its end, and being destroyed, closes the function's input and leaves its output alone. */
function inputOf(socket: Duplex): Writable {
  const input = new Writable({
    write: (chunk, _encoding, done) => void socket.write(chunk, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.end();
      done(error);
    },
  });
  leaveErrorsToUser(input);
  socket.on("error", (error) => input.destroy(error));
  socket.on("close", () => input.destroy());
  return input;
}

function outputOf(socket: Duplex): Readable {
  const output = new Unframe();
  leaveErrorsToUser(output);
  socket.pipe(output);
  socket.on("error", (error) => output.destroy(error));
  socket.on("close", () => {
    if (!socket.readableEnded) output.destroy();
  });
  output.on("close", () => {
    if (!output.readableEnded) socket.destroy();
  });
  return output;
}

/** Nobody uses it before the container is up. Who comes later sees that it is destroyed, and why. */
function leaveErrorsToUser(stream: Readable | Writable): void {
  stream.on("error", () => {});
}
