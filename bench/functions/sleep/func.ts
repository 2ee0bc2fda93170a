// Sleeps as many milliseconds as `?ms=` says, and answers with its process id.
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "../serve.ts";

serve(async ({ headers }) => {
  const url = new URL(String(headers["fn-http-request-url"]));
  await sleep(Number(url.searchParams.get("ms")));
  return String(process.pid);
});
