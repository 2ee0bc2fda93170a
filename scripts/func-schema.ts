/** Writes docs/func.schema.json, by which editors check function files; a test holds it to what `fn` checks. */
import { writeFileSync } from "node:fs";
import { FuncSchema } from "../src/cli/project/func-schema.ts";

const path = new URL("../docs/func.schema.json", import.meta.url);
writeFileSync(path, `${JSON.stringify(FuncSchema, undefined, 2)}\n`);
