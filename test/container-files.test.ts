/** What can be told of `Dockerfile`, `.dockerignore` and `compose.yaml` without an engine and a registry. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import type { Flags, Program } from "../src/main/flags.ts";
import { lbProgram } from "../src/main/lb-flags.ts";
import { nodeProgram } from "../src/main/node-program.ts";
import { VARIABLES } from "../src/main/reference.ts";
import { envNameOf, readSettings } from "../src/main/settings.ts";
import { projectRoot } from "./support/programs.ts";

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}

const ENVIRONMENT: Readonly<Record<string, string>> = {
  FN_ROOT_TOKEN: `fn_${"0".repeat(64)}`,
  FN_SECRETS_KEY: `${"A".repeat(43)}=`,
  POSTGRES_PASSWORD: "secret",
};

const text = (name: string) => readFileSync(join(projectRoot, name), "utf8");
const compose: { services: Record<string, Service>; volumes: object } = JSON.parse(
  interpolated(JSON.stringify(parse(text("compose.yaml"), { merge: true }))),
);
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image === "hotfn");
const nodes = ours.filter(([, { command }]) => command === undefined);

describe("compose.yaml", () => {
  test("has three nodes, a balancer and a PostgreSQL", () => {
    assert.deepEqual(Object.keys(compose.services).sort(), [
      "balancer",
      "node1",
      "node2",
      "node3",
      "postgres",
    ]);
  });

  test("asks for a token, a key and a password, and has none of its own", () => {
    const needed = text("compose.yaml").matchAll(/\$\{(\w+):\?/g);
    assert.deepEqual(new Set([...needed].map(([, name]) => name)), new Set(Object.keys(ENVIRONMENT)));
  });

  for (const [name, { environment = {}, command }] of ours) {
    const program: Program<Flags> = command?.[0] === "fnlb" ? lbProgram : nodeProgram;

    test(`sets for ${name} what ${program.name} reads, to what it takes`, () => {
      const known = Object.keys(program.flags).map((flag) => envNameOf(program, flag));
      const others = Object.keys(VARIABLES[program.name] ?? {});
      assert.deepEqual(
        Object.keys(environment).filter((variable) => ![...known, ...others].includes(variable)),
        [],
      );
      readSettings(program, { argv: command?.slice(1) ?? [], env: environment });
    });
  }

  test("has each node announce itself under its own name, with a folder of its own", () => {
    for (const [name, { environment = {}, volumes = [] }] of nodes) {
      assert.equal(environment.FN_ANNOUNCE, `${name}:8080`);
      assert.equal(environment.FN_NODE_NAME, name);
      const folder = environment.FN_IOFS_PATH ?? "";
      assert.ok(folder.endsWith(name) && volumes.includes(`${folder}:${folder}`));
    }
  });

  test("looks after the health of each service, and waits for it only where there is one to wait for", () => {
    for (const [name, { healthcheck, depends_on = {} }] of services) {
      assert.ok(healthcheck, name);
      for (const [other, { condition }] of Object.entries(depends_on)) {
        assert.ok(compose.services[other]?.healthcheck);
        assert.equal(condition, "service_healthy");
      }
    }
  });

  test("has checks that Node can read", () => {
    for (const [, { healthcheck }] of ours) {
      const [how, program, option, script = ""] = healthcheck?.test ?? [];
      assert.deepEqual([how, program, option], ["CMD", "node", "--eval"]);
      assert.ok(new Function(script));
    }
  });
});

describe("Dockerfile", () => {
  const instructions = text("Dockerfile")
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => /^([A-Z]+)\s+(.*)$/.exec(line) ?? assert.fail(`no instruction: ${line}`));
  const all = (name: string) =>
    instructions.filter(([, word]) => word === name).map(([, , rest = ""]) => rest);

  test("has only instructions that there are", () => {
    const known = [
      "ARG",
      "FROM",
      "WORKDIR",
      "COPY",
      "RUN",
      "ENV",
      "USER",
      "VOLUME",
      "EXPOSE",
      "STOPSIGNAL",
      "CMD",
    ];
    assert.deepEqual(
      instructions.map(([, word = ""]) => word).filter((word) => !known.includes(word)),
      [],
    );
  });

  test("is made of a Node that the package takes", () => {
    const [, version] = /^NODE_VERSION=(\d+)$/.exec(all("ARG")[0] ?? "") ?? [];
    assert.equal(`>=${version}`, JSON.parse(text("package.json")).engines.node);
    assert.ok(all("FROM").every((image) => image.startsWith("node:$" + "{NODE_VERSION}-")));
  });

  test("copies from stages that it has, and from the checkout what is there", () => {
    const stages = all("FROM").map((image) => / AS (\w+)$/.exec(image)?.[1]);
    for (const copied of all("COPY")) {
      const [, stage] = /--from=(\w+)/.exec(copied) ?? [];
      if (stage !== undefined) assert.ok(stages.includes(stage), stage);
      else
        for (const path of copied.split(" ").slice(0, -1))
          assert.ok(existsSync(join(projectRoot, path)), path);
    }
  });

  test("puts every program where it is found", () => {
    for (const path of Object.values<string>(JSON.parse(text("package.json")).bin)) {
      assert.ok(
        all("RUN").some((command) => command.split(" ").includes(`/opt/hotfn/${path}`)),
        path,
      );
    }
  });

  test("does not end as root", () => {
    assert.equal(all("USER").at(-1), "node");
  });
});

describe(".dockerignore", () => {
  test("lets through what the package is made of", () => {
    const lines = text(".dockerignore").split("\n");
    const letThrough = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
    const { files } = JSON.parse(text("package.json"));
    const sources = ["package.json", "package-lock.json", ".npmrc", "scripts", "src", "tsconfig.build.json"];
    const needed = [...files.filter((name: string) => name !== "dist"), ...sources, "README.md", "LICENSE"];
    assert.deepEqual(
      needed.filter((name) => !letThrough.includes(name)),
      [],
    );
    assert.deepEqual(
      letThrough.filter((name) => globSync(name, { cwd: projectRoot }).length === 0),
      [],
    );
  });
});

/** As `docker compose` does it: `${NAME}`, `${NAME:-default}` and `${NAME:?reason}`. */
function interpolated(file: string): string {
  return file.replaceAll(/\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}/g, (_, name: string, initial?: string) => {
    return ENVIRONMENT[name] ?? initial ?? assert.fail(`nothing says what ${name} is`);
  });
}
