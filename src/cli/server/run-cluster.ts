import type { Cluster } from "./cluster.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGQUIT"] as const;

export interface RunOptions {
  /** The cluster is ready. */
  readonly onReady: () => void | Promise<void>;
  /** The first signal has come. */
  readonly onStop: () => void;
}

/**
 * Starts a cluster, and returns when a signal has stopped it; a second one ends it at once. Rejects with a sentence when it
 * cannot start or has nothing left to do; nothing of it runs then.
 */
export async function runCluster(cluster: Cluster, { onReady, onStop }: RunOptions): Promise<void> {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  let isStopping = false;
  const onSignal = () => {
    // Whoever waits below stops it after the first; the children take the second as a demand to end at once.
    if (isStopping) return void cluster.stop();
    isStopping = true;
    onStop();
    tell();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const work = cluster.start().then(onReady);
    // It rejects when it is stopped before it is ready.
    work.catch(() => {});
    await Promise.race([told, work]);
    if (!isStopping) await Promise.race([told, cluster.failed]);
  } finally {
    await cluster.stop();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
