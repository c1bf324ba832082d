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

// pnpm stores the lock file of the last installation next to the packages.
if (read("../node_modules/.pnpm/lock.yaml") !== read("../pnpm-lock.yaml")) {
  process.exitCode = pnpm(["install", "--frozen-lockfile"], 2)
}
