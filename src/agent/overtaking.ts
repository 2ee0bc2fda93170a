/**
 * How many that came later may be served before one that waits, where a rule lets them: they go on, and whoever waits
 * does not starve.
 */
export const OVERTAKEN_MAX = 8;
