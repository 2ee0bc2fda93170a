import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { FuncFile } from "../func-file.ts";
import type { FuncSettings } from "../func-schema.ts";
import { findCredentials } from "./credentials.ts";
import { generateDockerfile } from "./dockerfile.ts";
import { follow } from "./engine.ts";
import { checkPushable, DOCKER_HUB, imageName, imageParts } from "./image-name.ts";
import { showProgress } from "./progress.ts";

describe("the name of an image", () => {
  const nameOf = (name: string, registry?: string) => {
    const file = new FuncFile("/f/func.yaml", "");
    return imageName({ file, settings: {}, name, path: "/x" }, "0.0.1", registry);
  };

  test("begins with the registry, without a double slash", () => {
    assert.equal(nameOf("hello", "sally"), "sally/hello:0.0.1");
    assert.equal(nameOf("hello", "localhost:5000/sally/"), "localhost:5000/sally/hello:0.0.1");
  });

  test("stands for itself with a slash, whatever port its registry has", () => {
    assert.equal(nameOf("localhost:5000/me/x", "sally"), "localhost:5000/me/x:0.0.1");
  });

  test("may do without a registry where nothing is pushed", () =>
    assert.equal(nameOf("hello"), "hello:0.0.1"));

  for (const image of ["img:0.0.1", "owner/img", "localhost:5000/img"]) {
    test(`is not pushed: ${image}`, () => assert.throws(() => checkPushable(image)));
  }
  for (const image of ["sally/img:0.0.1", "docker.io/sally/img:0.0.1", "localhost:5000/img:1"]) {
    test(`is pushed: ${image}`, () => checkPushable(image));
  }

  for (const [image, registry, repository, tag] of [
    ["sally/img:1", DOCKER_HUB, "sally/img", "1"],
    ["localhost:5000/img:1", "localhost:5000", "localhost:5000/img", "1"],
    ["ghcr.io/a/b", "ghcr.io", "ghcr.io/a/b", "latest"],
  ] as const) {
    test(`has its parts: ${image}`, () => assert.deepEqual(imageParts(image), { registry, repository, tag }));
  }
});

describe("a generated Dockerfile", () => {
  const generate = (settings: FuncSettings, ...files: string[]) =>
    generateDockerfile({ settings, files: new Set(files), kitFile: "main.js" });

  test("of a module installs its packages in a stage of their own, and brings the kit", () => {
    const text = generate(
      { runtime: "typescript", entrypoint: "fn-kit func.ts" },
      "package.json",
      "package-lock.json",
    );
    assert.match(text, /^FROM node:26-slim AS build\n[\s\S]*npm ci --omit=dev[\s\S]*\n\nFROM node:26-slim\n/);
    assert.match(text, /^COPY --from=build \/function\/node_modules \.\/node_modules$/m);
    assert.match(text, /^COPY \.fn-kit \/opt\/fn-kit$/m);
    assert.match(text, /^ENTRYPOINT \["node","\/opt\/fn-kit\/main\.js","func\.ts"\]\n$/m);
  });

  test("of a module without packages has one stage, on the images that the file names", () => {
    const text = generate({ runtime: "node", entrypoint: "node a.js", cmd: "x y", run_image: "mine:1" });
    assert.deepEqual(text.match(/^FROM .*$/gm), ["FROM mine:1"]);
    assert.match(text, /^ENTRYPOINT \["node","a\.js"\]\nCMD \["x","y"\]\n$/m);
  });

  test("of Python takes packages from requirements.txt", () => {
    const text = generate({ runtime: "python", entrypoint: ["python3", "func.py"] }, "requirements.txt");
    assert.match(text, /pip install .*-r requirements\.txt/);
    assert.match(text, /^ENV PYTHONPATH=\/packages$/m);
  });

  test("of Go leaves the compiler behind", () => {
    const text = generate({ runtime: "go", entrypoint: "./func" });
    assert.deepEqual(text.match(/^FROM .*$/gm), ["FROM golang:1.24-alpine AS build", "FROM alpine:3"]);
    assert.match(text, /^COPY --from=build \/function\/func \.\/func$/m);
  });

  for (const settings of [{ runtime: "rust", entrypoint: "x" }, { entrypoint: "x" }, { runtime: "node" }]) {
    test(`cannot be made from ${JSON.stringify(settings)}`, () => assert.throws(() => generate(settings)));
  }
});

describe("the credentials for a registry", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "fn-"));
    const helper = join(dir, "docker-credential-safe");
    writeFileSync(
      helper,
      `#!/bin/sh\nread -r host\ncase $host in\nknown*) echo '{"Username":"u","Secret":"s"}' ;;\n*) echo 'credentials not found in native keychain'; exit 1 ;;\nesac\n`,
    );
    chmodSync(helper, 0o755);
  });
  after(() => rmSync(dir, { recursive: true }));

  const find = (registry: string, config: unknown) => {
    writeFileSync(join(dir, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
    return findCredentials(registry, { DOCKER_CONFIG: dir, PATH: `${dir}:/usr/bin:/bin` });
  };

  test("are those of Docker's file", async () => {
    const auths = { "known:5000": { auth: Buffer.from("me:a:b").toString("base64") } };
    assert.deepEqual(await find("known:5000", { auths }), {
      username: "me",
      password: "a:b",
      serveraddress: "known:5000",
    });
    assert.equal(await find("other", { auths }), undefined);
  });

  test("are asked of the helper program, of the registry or of all", async () => {
    const found = { username: "u", password: "s", serveraddress: "known" };
    assert.deepEqual(await find("known", { credsStore: "safe" }), found);
    assert.deepEqual(await find("known", { credHelpers: { known: "safe" } }), found);
    assert.equal(await find("other", { credsStore: "safe" }), undefined);
  });

  test("are missed with the name of the helper that is not there, and of the file that is not proper", async () => {
    await assert.rejects(find("known", { credsStore: "gone" }), /docker-credential-gone/);
    await assert.rejects(find("known", "{"), /config\.json/);
  });
});

describe("what an engine tells of its work", () => {
  async function shown(lines: readonly object[], terminal: object = {}): Promise<string> {
    const output = Object.assign(new PassThrough(), terminal);
    const stream = new PassThrough();
    stream.end(lines.map((line) => JSON.stringify(line)).join("\r\n"));
    await follow(stream, showProgress(output));
    output.end();
    return text(output);
  }

  test("is a line each where there is no terminal, without the counting of bytes", async () => {
    const layer = { status: "Downloading", id: "ab", progressDetail: { current: 1, total: 2 } };
    const lines = [
      { stream: "Step 1/2 : FROM x\n" },
      { stream: "\n" },
      layer,
      { status: "Pull complete", id: "ab" },
    ];
    assert.equal(await shown(lines), "Step 1/2 : FROM x\nab: Pull complete\n");
  });

  test("is one line with a bar on a terminal, which is gone at the end", async () => {
    const line = await shown([{ stream: "Step 2/2 : RUN y" }], { isTTY: true, columns: 60 });
    const [, bar = "", end] = line.split("\r");
    assert.match(bar, /^\[#{12}-{12}\] Step 2\/2 : RUN y/);
    assert.equal(end, "\x1b[K");
  });

  test("is no longer than the terminal is wide", async () => {
    const line = await shown([{ stream: "x".repeat(500) }], { isTTY: true, columns: 60 });
    assert.ok((line.split("\r")[1] ?? "").replace("\x1b[K", "").length < 60);
  });

  test("ends with the engine's own words when it fails", async () => {
    await assert.rejects(shown([{ error: "no such host\n" }]), {
      name: "CommandError",
      message: "no such host",
    });
  });
});
