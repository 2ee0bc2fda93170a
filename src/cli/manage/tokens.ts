import { type Command, InvalidArgumentError } from "commander";
import { TOKEN_SCOPES } from "../../model/token.ts";
import {
  addOptions,
  examples,
  type OutputChoice,
  outputOptions,
  type PageChoice,
  pageOptions,
  parseSeconds,
} from "../common/options.ts";
import { printList, toSortedJson } from "../common/output.ts";
import { noteRest, type Tools } from "../common/tools.ts";

/** `fn tokens …` */
export function defineTokens(tokens: Command, tools: Tools): void {
  tokens.addHelpText("after", examples("fn tokens create ci --scope manage", "fn list tokens"));

  addOptions(tokens.command("create"), outputOptions())
    .alias("c")
    .description("make a token, and print it this once")
    .addHelpText(
      "after",
      examples(
        "fn tokens create ci --scope manage --expires-in 30d",
        "fn create token app --scope invoke,read",
      ),
    )
    .argument("<name>", "what it is for")
    .requiredOption(
      "--scope <scopes>",
      "read: look at everything; manage: that, and change it; invoke: call functions",
      parseScopes,
    )
    .option("--expires-in <time>", "how long it lasts, such as 12h or 30d", parseSeconds)
    .action((name: string, options: CreateOptions) => create(tools, name, options));

  addOptions(tokens.command("list"), [...pageOptions(), ...outputOptions()])
    .alias("l")
    .description("list the tokens, without what they are")
    .addHelpText("after", examples("fn tokens list", "fn list tokens --json"))
    .action((options: PageChoice & OutputChoice) => list(tools, options));

  tokens
    .command("delete")
    .alias("d")
    .description("delete a token, which is refused from then on")
    .addHelpText("after", examples("fn tokens delete 01C4A8FYS6XGWV8HFD0NKFB87F"))
    .argument("<id>")
    .action((id: string) => remove(tools, id));
}

interface CreateOptions extends OutputChoice {
  readonly scope: readonly string[];
  readonly expiresIn?: number;
}

/** `read,invoke`, added to what was given before. */
function parseScopes(text: string, previous: readonly string[] = []): readonly string[] {
  const scopes = text.split(",");
  const known: readonly string[] = TOKEN_SCOPES;
  if (scopes.every((scope) => known.includes(scope))) return [...previous, ...scopes];
  throw new InvalidArgumentError(`Allowed scopes are ${TOKEN_SCOPES.join(", ")}.`);
}

async function create(
  tools: Tools,
  name: string,
  { scope, expiresIn, output }: CreateOptions,
): Promise<void> {
  const { tokens } = await tools.api();
  const made = await tokens.create(name, scope, expiresIn);
  // The token alone on standard output, for `FN_TOKEN=$(fn tokens create ...)`.
  tools.print(output === "json" ? toSortedJson(made) : made.token);
  tools.note(`Token ${made.id}: it is shown this once, so keep it well.`);
}

async function list(tools: Tools, options: PageChoice & OutputChoice): Promise<void> {
  const { tokens } = await tools.api();
  const page = await tokens.list({ limit: options.n, cursor: options.cursor });
  const head = ["ID", "NAME", "SCOPES", "CREATED", "EXPIRES"];
  printList(tools, page.items, options, head, ({ id, name, scopes, created_at, expires_at }) => {
    return [id, name, scopes.join(","), created_at, expires_at ?? "never"];
  });
  noteRest(tools, page);
}

async function remove(tools: Tools, id: string): Promise<void> {
  const { tokens } = await tools.api();
  await tokens.remove(id);
  tools.print(`Token ${id} deleted`);
}
