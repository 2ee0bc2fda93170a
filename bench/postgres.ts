import type { TempServer } from "../src/store/postgres/temp-server.suite.ts";
import type { Programs } from "./programs.ts";

/**
 * A PostgreSQL that goes with the programs of a benchmark. Loaded here only: the package that brings it takes over how a
 * process ends, with its exit code.
 */
export async function startPostgres(programs: Programs): Promise<TempServer> {
  const { TempServer } = await import("../src/store/postgres/temp-server.suite.ts");
  const server = await TempServer.start();
  programs.onClose(() => server.remove());
  return server;
}
