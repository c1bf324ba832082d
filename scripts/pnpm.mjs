// Runs the pnpm named by `packageManager`, so that Node and npm are all a machine needs.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))

/** Its name and version, and its hash, which corepack checks. npm checks the one of the registry. */
export const [pinned, pinnedHash] = packageManager.split("+")

/** Runs pnpm in the repository's root; its standard output goes where `stdout` says. */
export const pnpm = (args, stdout = "inherit") =>
  spawnSync("npx", ["--yes", pinned, ...args], {
    cwd: new URL("..", import.meta.url),
    stdio: ["inherit", stdout, "inherit"],
    shell: process.platform === "win32"
  }).status ?? 1

/** Packs the packages that are published, as they would be published, into a folder. */
export const pack = (folder) => {
  const filter = ["--filter", "./packages/*", "--filter", "!./packages/{bench,site}"]
  if (pnpm(["--recursive", ...filter, "pack", "--pack-destination", folder], "ignore") !== 0) {
    throw new Error("pnpm pack failed")
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  process.exit(pnpm(process.argv.slice(2)))
}
