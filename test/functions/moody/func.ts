// Does what `?do=` says, and otherwise answers `fine`.
import { serveHttp } from "../serve-http.ts";

serveHttp(async ({ query }) => {
  switch (query.get("do")) {
    case "garbage":
      process.stdout.write("this is not HTTP\n\nat all\r\n\r\n");
      return undefined;
    case "exit":
      process.exit(Number(query.get("code") ?? 0));
      break;
    case "part":
      process.stdout.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
      // At once: on a busy machine Node's own way out takes longer than the beginning of an answer is held back.
      process.kill(process.pid, "SIGKILL");
      break;
    case "sleep":
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      break;
    case "surplus":
      process.stdout.write(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen",
      );
      return undefined;
    case "noise":
      process.stderr.write("x".repeat(2 * 1024 * 1024));
      break;
    case "say":
      process.stderr.write(`said by ${query.get("id")}\n`);
      break;
  }
  return "fine";
});
