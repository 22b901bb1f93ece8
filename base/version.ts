/** The version of every program of this repository: they are released together. */
import manifest from "../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
