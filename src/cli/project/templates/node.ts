import type { Template } from "./template.ts";

/** JavaScript with the kit. */
export function nodeTemplate(): Template {
  return {
    files: {
      "func.js": `/** @type {import("hotfn/kit").Handler<{ name?: string }>} */
export default function handler(input) {
  return { message: \`Hello \${input.name ?? "World"}\` };
}
`,
      "package.json": PACKAGE_JSON,
    },
    settings: { runtime: "node", entrypoint: "fn-kit func.js" },
  };
}

/** TypeScript with the kit: Node runs it as it is. */
export function typescriptTemplate(): Template {
  return {
    files: {
      "func.ts": `import type { Context, Handler } from "hotfn/kit";

interface Input {
  readonly name?: string;
}

const handler: Handler<Input> = (input: Input, context: Context) => {
  console.log("call", context.callID);
  return { message: \`Hello \${input.name ?? "World"}\` };
};

export default handler;
`,
      "package.json": PACKAGE_JSON,
      "tsconfig.json": `${JSON.stringify(TSCONFIG, undefined, 2)}\n`,
    },
    settings: { runtime: "typescript", entrypoint: "fn-kit func.ts" },
  };
}

/** The kit comes with the platform, so that nothing is to be installed; editors read its types after `npm link hotfn`. */
const PACKAGE_JSON = `${JSON.stringify({ private: true, type: "module" }, undefined, 2)}\n`;

/** What Node can run by leaving types out. */
const TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    module: "nodenext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
  },
};
