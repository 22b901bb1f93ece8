/** Debian keeps PostgreSQL's programs, all but the clients, where no PATH looks. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../../tools/system-packages.ts";

const VERSIONS = "/usr/lib/postgresql";

/** The file of one of them, or undefined. */
export function findPostgres(program: string): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const files = versions.map((version) => join(VERSIONS, version, "bin", program));
  return files.find((file) => existsSync(file)) ?? findProgram(program);
}
