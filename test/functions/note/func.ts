// Writes the body of each call as a line into the file that its config names; `?ms=` makes it slow, `?fail` fails it.
import { appendFileSync } from "node:fs";
import { serveHttp } from "../serve-http.ts";

serveHttp(async ({ body, query }) => {
  const ms = Number(query.get("ms") ?? 0);
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  appendFileSync(process.env.NOTE_FILE ?? "/dev/null", `${body}\n`);
  if (query.has("fail")) process.exit(1);
  return `noted ${body}`;
});
