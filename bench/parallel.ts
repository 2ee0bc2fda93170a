/** Does something with each item, in order, with at most so many under way. Rejects with the first failure. */
export async function forEachOf<T>(
  items: readonly T[],
  parallel: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    // Shared by all workers: each takes what the others have left.
    for (const item of queue) await action(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
