/** What every long-running program does around its own work: logs, signals, and a sentence when it cannot start. */
import { setFlagsFromString } from "node:v8";
import { type Level, type Logger, pino } from "pino";

/** Names of Fn's log levels, and what they are here. */
const LEVELS: ReadonlyMap<string, Level> = new Map([
  ["debug", "debug"],
  ["info", "info"],
  ["warn", "warn"],
  ["warning", "warn"],
  ["error", "error"],
  ["fatal", "fatal"],
  ["panic", "fatal"],
]);

/**
 * For programs that serve many short requests. V8 learns where objects are made that live long, and makes them among the old
 * ones from the start. What is made for a request lives for a millisecond, but some of it is there at every collection, so V8
 * learns the wrong thing: the young heap is then kept alive by dead old objects, and each collection takes ten times as long (3.5
 * ms instead of 0.35 at 40,000 requests a second, which made the slowest hundredth of them take twice as long).
 */
export function expectShortLives(): void {
  setFlagsFromString("--no-allocation-site-pretenuring");
}

/** Logs as JSON lines on stderr. */
export function createLog(name: string, level: string): Logger {
  const log = pino({ name }, pino.destination({ fd: 2, sync: true }));
  setLogLevel(log, level);
  return log;
}

/** What is less grave is not logged from now on. A level that does not exist is `info`, and said. */
export function setLogLevel(log: Logger, level: string): void {
  const known = LEVELS.get(level.toLowerCase());
  log.level = known ?? "info";
  if (!known)
    log.warn(`log level '${level}' does not exist; using info. Give one of ${[...LEVELS.keys()].join(", ")}`);
}

/**
 * Stops the program on the first SIGINT, SIGTERM or SIGQUIT, or when the process that started it as a part of itself
 * is gone, and ends it at once on the second. Exit code 0, or 1 when stopping failed.
 */
export function stopOnSignals(log: Logger, stop: () => Promise<void>): void {
  let isStopping = false;
  const onSignal = (signal: string) => {
    if (isStopping) {
      log.warn({ signal }, "ending at once");
      process.exit(1);
    }
    isStopping = true;
    log.info({ signal }, "stopping");
    stop().then(
      () => process.exit(0),
      (error) => {
        log.error({ err: error }, "could not stop in order");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGQUIT"]) process.on(signal, () => onSignal(signal));
  if (process.connected) process.once("disconnect", () => onSignal("parent gone"));
}

/** Tells the process that started this one as a part of itself that it can be used. */
export function announceReady(port: number): void {
  process.send?.({ readyOnPort: port });
}

/** Says in one sentence why the program cannot start, and ends it with exit code 1. */
export function failToStart(name: string, error: unknown): never {
  process.stderr.write(`${name}: ${startSentence(error)}\n`);
  process.exit(1);
}

function startSentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  const where = `${address ?? ""}:${port ?? ""}`;
  if (code === "EADDRINUSE") {
    return `${where} is in use already. Stop what listens there, or choose another port.`;
  }
  if (code === "EACCES" && port !== undefined) return `${where} may not be used. Choose a port above 1023.`;
  if (code === "EADDRNOTAVAIL")
    return `${where} is no address of this machine. Choose another one to listen on.`;
  return error.message;
}
