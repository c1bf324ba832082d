// Installs what the lock file asks for, once. What it prints goes to standard error: scripts may own standard output.
import { readFileSync } from "node:fs"
import { pnpm } from "./pnpm.mjs"

const read = (path) => {
  try {
    return readFileSync(new URL(path, import.meta.url), "utf8")
  } catch {
    return undefined
  }
}

// pnpm keeps the lock file of what it installed last beside the packages.
if (read("../node_modules/.pnpm/lock.yaml") !== read("../pnpm-lock.yaml")) {
  process.exitCode = pnpm(["install", "--frozen-lockfile"], 2)
}
