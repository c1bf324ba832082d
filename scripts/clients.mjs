// Runs clients that others wrote against the emulator. They are installed once into a separate folder. `--update` writes
// their table into the README of the emulator.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { install } from "./install.mjs"

const manifest = new URL("../packages/emulator/test/clients/packages.json", import.meta.url)
const folder = install("clients", JSON.parse(readFileSync(manifest, "utf8")))
const { status } = spawnSync("npx", [
  "vitest",
  "run",
  "packages/emulator/test/Clients.test.ts",
  ...process.argv.slice(2)
], {
  cwd: fileURLToPath(new URL("..", import.meta.url)),
  env: { ...process.env, CLIENTS: folder },
  stdio: "inherit",
  shell: process.platform === "win32"
})
process.exitCode = status ?? 1
