// Installs the packages of the lock file, if they are not installed. Prints to standard error, so that standard output belongs to
// the script that follows.
import { readFileSync } from "node:fs"
import { pnpm } from "./pnpm.mjs"

const read = (path) => {
  try {
    return readFileSync(new URL(path, import.meta.url), "utf8")
  } catch {
    return undefined
  }
}

/** The lines of a lock file in a fixed order: after a merge, pnpm accepts any order of packages, but stores its own. */
const linesOf = (path) => read(path)?.split("\n").sort().join("\n")

// pnpm stores the lock file of the last installation next to the packages.
if (linesOf("../node_modules/.pnpm/lock.yaml") !== linesOf("../pnpm-lock.yaml")) {
  process.exitCode = pnpm(["install", "--frozen-lockfile"], 2)
}
