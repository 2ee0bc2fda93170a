import { InvalidArgumentError } from "commander";
import { isRoute } from "../harness/route-setup.ts";
import { address, addresses, integer, text, toggle } from "./flags.ts";

const COUNT_MAX = 2 ** 31 - 1;

/** What the harness can be told. */
export const harnessProgram = {
  name: "fnlb-test-harness",
  summary: "Calls one function through a balancer and reports which node served what.",
  flags: {
    lb: address("the balancer", "localhost:8081"),
    nodes: addresses("the nodes behind the balancer", ["localhost:8080"]),
    route: text("the route to call, created if it is missing", "/r/primesapp/primes", { parse: parseRoute }),
    image: text("what the route runs if it is created", "dir:functions/primes"),
    calls: integer("how many calls", 100, { min: 1, max: 10_000_000 }),
    concurrency: integer("how many calls at a time", 1, { min: 1, max: 10_000 }),
    timeout: integer("for each call, in seconds", 60, { min: 1, max: 3600 }, { placeholder: "seconds" }),
    max: integer("how far the function looks for primes", 1_000_000, { min: 3, max: COUNT_MAX }),
    loops: integer("how often it looks", 1, { min: 1, max: COUNT_MAX }),
    "max-errors": integer("more failed calls than this fail the run", 0, { min: 0, max: COUNT_MAX }),
    "expect-nodes-max": integer("more nodes than this fail the run; 0 is any number", 0, {
      min: 0,
      max: COUNT_MAX,
    }),
    v: toggle("print a line for each call"),
    json: toggle("print the report as one JSON object"),
  },
};

function parseRoute(value: string): string {
  if (isRoute(value)) return value;
  throw new InvalidArgumentError("Give /r/APP/PATH, without a query.");
}
