import { readFileSync } from "node:fs";

/** Read, not imported: it lies outside of what is compiled, and is where it is from there, too. */
const packageJson: { readonly version: string } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
);

/** The version of this project. */
export const HOTFN_VERSION = packageJson.version;

/** The version of the Fn server whose API a node speaks: what clients and balancers of Fn ask for and compare. */
export const API_VERSION = "0.3.306";
