import packageJson from "../../package.json" with { type: "json" };

/** The version of this project. */
export const HOTFN_VERSION = packageJson.version;

/** The version of the Fn server whose API a node speaks: what clients and balancers of Fn ask for and compare. */
export const API_VERSION = "0.3.306";
