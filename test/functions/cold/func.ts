// A cold function: shouts its input; `exit N` ends with that code after a part of an answer.
import { text } from "node:stream/consumers";

const input = await text(process.stdin);
process.stdout.write(input.toUpperCase());
const code = /^exit (\d+)$/.exec(input)?.[1];
if (code !== undefined) process.exitCode = Number(code);
