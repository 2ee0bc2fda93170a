// Answers with its own process id and how many calls it has had; `?ms=` makes it slow, `?id=` comes back.
import { serveHttp } from "../serve-http.ts";

let calls = 0;
serveHttp(async ({ query }) => {
  calls++;
  const ms = Number(query.get("ms") ?? 0);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  return JSON.stringify({ pid: process.pid, calls, id: query.get("id") });
});
