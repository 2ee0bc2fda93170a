/**
 * `fn-kit FILE`: runs a function that is a module, in the format that the platform asks for. This is the first process of a
 * container, and what is in this folder is all of it: it is copied into images as it is.
 */
import { flushCompileCache } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { answererOf } from "./answerer.ts";
import type { Answerer } from "./call.ts";

/** As Fn's own kit exits when it cannot serve what it is asked for. */
const EXIT_UNUSABLE = 2;

const { FN_FORMAT: format = "default", FN_LISTENER: listener = "" } = process.env;
const [file = "func.ts"] = process.argv.slice(2);

try {
  await serve();
  // Containers end by a signal, which leaves Node no time to keep what it compiled; the next start is twice as fast with it.
  flushCompileCache();
} catch (error) {
  console.error(`fn-kit: cannot serve ${file}:`, error);
  process.exit(EXIT_UNUSABLE);
}

/** Only what the format needs is loaded: functions start while their callers wait. */
async function serve(): Promise<void> {
  switch (format) {
    case "http-stream": {
      if (!listener.startsWith("unix:")) throw new Error("FN_LISTENER must be unix:PATH");
      const { serveHttpStream } = await import("./serve-http.ts");
      return serveHttpStream(await loadFunction(), listener.slice("unix:".length));
    }
    case "http": {
      const { serveHttp } = await import("./serve-http.ts");
      const output = takeOutput();
      return serveHttp(await loadFunction(), process.stdin, output);
    }
    case "json": {
      const { serveJson } = await import("./serve-text.ts");
      const output = takeOutput();
      return serveJson(await loadFunction(), process.stdin, output);
    }
    case "default":
    case "": {
      const { serveDefault } = await import("./serve-text.ts");
      const output = takeOutput();
      process.exitCode = await serveDefault(await loadFunction(), process.env, {
        input: process.stdin,
        output,
      });
      return;
    }
    default:
      throw new Error(`there is no format '${format}'`);
  }
}

async function loadFunction(): Promise<Answerer> {
  return answererOf(await import(pathToFileURL(resolve(file)).href), process.env);
}

/** The standard output, which carries answers, for the kit alone: what a function prints goes to its log. */
function takeOutput(): NodeJS.WriteStream {
  const { stdout, stderr } = process;
  Object.defineProperty(process, "stdout", { value: stderr });
  return stdout;
}
