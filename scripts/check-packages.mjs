// Packs every package as it would be published, and checks the result with publint and are-the-types-wrong.
import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pack } from "./pnpm.mjs"

const folder = mkdtempSync(join(tmpdir(), "packages-"))
const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit", shell: process.platform === "win32" })

try {
  pack(folder)
  for (const tarball of readdirSync(folder).map((name) => join(folder, name))) {
    run("publint", "run", tarball, "--strict")
    run("attw", tarball, "--profile", "esm-only", "--quiet")
  }
} finally {
  rmSync(folder, { recursive: true })
}
