import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isJsonObject } from "../../../model/json.ts";
import { CommandError, type Environment } from "../../common/io.ts";

/** What an engine shows to a registry. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly serveraddress: string;
}

/**
 * The credentials for a registry from where the Docker command line finds them: the registry's own helper program, the one for
 * all registries, or the file itself. Undefined when there are none. Errors: `CommandError` for a file that is not proper, and
 * for a helper that cannot be run.
 */
export async function findCredentials(registry: string, env: Environment): Promise<Credentials | undefined> {
  const config = await readConfig(env);
  const { credHelpers, credsStore, auths } = config;
  const helper = (isJsonObject(credHelpers) && credHelpers[registry]) || credsStore;
  if (typeof helper === "string" && helper !== "") return askHelper(helper, registry, env);
  const entry = isJsonObject(auths) ? auths[registry] : undefined;
  if (!isJsonObject(entry) || typeof entry.auth !== "string") return undefined;
  const [, username = "", password = ""] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(entry.auth, "base64").toString("utf8")) ?? [];
  return { username, password, serveraddress: registry };
}

async function readConfig({ DOCKER_CONFIG, HOME = "" }: Environment): Promise<Record<string, unknown>> {
  const path = join(DOCKER_CONFIG ?? join(HOME, ".docker"), "config.json");
  const text = await readFile(path, "utf8").catch(() => "{}");
  try {
    const config: unknown = JSON.parse(text);
    if (isJsonObject(config)) return config;
  } catch {
    // As wrong as JSON that is no object.
  }
  throw new CommandError(`${path} is not the JSON of a Docker configuration`);
}

/** A helper reads the registry and prints JSON. */
async function askHelper(
  helper: string,
  registry: string,
  env: Environment,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const answer = await new Promise<string>((resolve, reject) => {
    const asking = execFile(program, ["get"], { env }, (error, stdout) => {
      // That it has none is an answer, and comes with an exit code.
      if (!error || /credentials not found/i.test(stdout)) resolve(stdout);
      else
        reject(
          new CommandError(
            `${program} gives no credentials for ${registry}: ${stdout.trim() || error.message}`,
          ),
        );
    });
    asking.stdin?.on("error", () => {}).end(registry);
  });
  try {
    const { Username: username, Secret: password }: { Username: string; Secret: string } = JSON.parse(answer);
    return { username, password, serveraddress: registry };
  } catch {
    return undefined;
  }
}
