import { access } from "node:fs/promises";

/** Whether there is something of that name. */
export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
