/** Long enough that what ended a worker has nothing to do with its start. */
const STABLE_MS = 60_000;

const DELAY_MS = 100;

/** A worker that cannot live is no reason for a busy machine, and one that can again should not be waited for long. */
const DELAY_MS_MAX = 10_000;

/** Deaths in a row, this one included: one that lived for long begins a new row. */
export function deathsInRow(before: number, livedMs: number): number {
  return livedMs >= STABLE_MS ? 1 : before + 1;
}

/** How long a place stays empty after so many deaths in a row: not at all after the first, then twice as long each time. */
export function restartDelayMs(deaths: number): number {
  return deaths <= 1 ? 0 : Math.min(DELAY_MS * 2 ** (deaths - 2), DELAY_MS_MAX);
}
