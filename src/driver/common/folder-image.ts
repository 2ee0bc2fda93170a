import { constants, type FileHandle, open, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { FnError } from "../../model/errors.ts";
import { FUNC_FILE_NAMES, type FuncFile, FuncFileError, parseFuncFile } from "./func-file.ts";

/** A folder that is a function. */
export interface FunctionFolder extends FuncFile {
  /** Absolute, symlinks resolved. */
  readonly path: string;
  /** Folders elsewhere that its command needs: the kit's. */
  readonly neededPaths: readonly string[];
}

/** The program in an entrypoint that serves a module: `fn-kit func.ts`. Each platform brings its own. */
const KIT = "fn-kit";

const PREFIX = "dir:";

/** A function file is a few lines; the rest is room for comments and the tests that the command line keeps in it. */
const FUNC_FILE_BYTES_MAX = 64 * 1024;

/**
 * Finds the folder behind an image reference `dir:PATH` and reads its function file. PATH is absolute or relative to
 * `functionsRoot`; either way the folder really lies in there, and no `..` or symlink leads out. `kitPath` is the module that
 * the program `fn-kit` of an entrypoint stands for; absent, it is a program like any other. Errors: `image_not_found`, `image_invalid`.
 */
export async function readImage(
  functionsRoot: string,
  image: string,
  kitPath?: string,
): Promise<FunctionFolder> {
  if (!image.startsWith(PREFIX)) {
    throw failure(
      "image_invalid",
      image,
      "this node runs the process driver, which runs folders only. Give dir:PATH, or start the node with Docker",
    );
  }
  try {
    const path = await findFolder(functionsRoot, image.slice(PREFIX.length));
    return withKit({ path, neededPaths: [], ...(await readFuncFile(path)) }, kitPath);
  } catch (error) {
    throw explain(image, error);
  }
}

function withKit(folder: FunctionFolder, kitPath: string | undefined): FunctionFolder {
  const [program, ...args] = folder.command;
  if (program !== KIT || kitPath === undefined) return folder;
  return { ...folder, command: ["node", kitPath, ...args], neededPaths: [dirname(kitPath)] };
}

async function findFolder(functionsRoot: string, path: string): Promise<string> {
  if (path === "") throw new ImageError("image_invalid", "name a folder after 'dir:'");
  const root = await realpath(functionsRoot);
  const folder = await realpath(resolve(root, path));
  const way = relative(root, folder);
  if (way === ".." || way.startsWith("../")) {
    throw new ImageError(
      "image_invalid",
      "the folder lies outside this node's functions folder. Move it there, or start the node with another one",
    );
  }
  return folder;
}

async function readFuncFile(folder: string): Promise<FuncFile> {
  for (const name of FUNC_FILE_NAMES) {
    const file = await openIfThere(join(folder, name));
    if (!file) continue;
    try {
      return parseFuncFile(name, await readText(name, file));
    } finally {
      await file.close();
    }
  }
  throw new ImageError(
    "image_not_found",
    `the folder has no ${FUNC_FILE_NAMES.join(", ")}. Add one with a line such as 'entrypoint: node func.js'`,
  );
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function readText(name: string, file: FileHandle): Promise<string> {
  if (!(await file.stat()).isFile()) throw new ImageError("image_invalid", `${name} is not a plain file`);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FUNC_FILE_BYTES_MAX + 1));
  if (bytesRead > FUNC_FILE_BYTES_MAX) {
    throw new ImageError("image_invalid", `${name} is larger than ${FUNC_FILE_BYTES_MAX} bytes`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch {
    throw new ImageError("image_invalid", `${name} is not UTF-8`);
  }
}

type ImageErrorCode = "image_invalid" | "image_not_found";

/** What is wrong, before it is known whom to tell. */
class ImageError extends Error {
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

function explain(image: string, error: unknown): FnError {
  if (error instanceof ImageError) return failure(error.code, image, error.message);
  if (error instanceof FuncFileError) return failure("image_invalid", image, error.message);
  const code = codeOf(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return failure(
      "image_not_found",
      image,
      "there is no such folder in this node's functions folder",
      error,
    );
  }
  return failure("image_invalid", image, `the folder cannot be read (${code ?? error})`, error);
}

function failure(code: ImageErrorCode, image: string, reason: string, cause?: unknown): FnError {
  return new FnError(code, { image, reason }, { cause });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
