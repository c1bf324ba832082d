// Runs the command of the contract suite from its sources, bundled.
import { stop } from "esbuild"
import { rmSync } from "node:fs"
import { fileURLToPath, pathToFileURL } from "node:url"
import { bundle } from "./bundled.mjs"

const path = (relative) => fileURLToPath(new URL(`../packages/contract-tests/${relative}`, import.meta.url))

// In the package, whose dependencies the bundle imports.
const outdir = path("node_modules/.cache/contract")

rmSync(outdir, { recursive: true, force: true })
await bundle({
  entryPoints: { bin: path("src/bin.ts"), emulatorProcess: path("src/internal/cli/emulatorProcess.ts") },
  outdir,
  outExtension: { ".js": ".mjs" },
  external: ["@effect/sql*", "undici"],
  urlOf: (path) => JSON.stringify(pathToFileURL(path).href),
  beside: /[\\/]cli[\\/]emulator\.ts$/
})
await stop()
await import(pathToFileURL(`${outdir}/bin.mjs`).href)
