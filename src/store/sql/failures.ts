import { FnError } from "../../model/errors.ts";

/** For when the database is out of reach, and did not say so itself. */
export function unavailable(reason: string): FnError {
  return new FnError("store_unavailable", {}, { cause: new Error(reason) });
}

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
