import { Option } from "commander";

/** What commands that make images have. */
export function buildOptions(): Option[] {
  return [
    new Option("--no-cache", "make the image from scratch"),
    new Option("--build-arg <K=V>", "a build argument of the Dockerfile; repeatable").argParser(
      (text: string, previous: readonly string[] = []) => [...previous, text],
    ),
  ];
}

export interface BuildChoice {
  readonly cache: boolean;
  readonly buildArg?: readonly string[];
}
