import { build, type Plugin } from "esbuild"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

// In the package, whose dependencies the bundle imports.
const file = path("../node_modules/.command/command.mjs")

/** A native module, which stays outside, is found from the package that needs it. */
const native: Plugin = {
  name: "native",
  setup: ({ onResolve }) => {
    const { resolve } = createRequire(createRequire(import.meta.url).resolve("@effect/sql-sqlite-node"))
    onResolve({ filter: /^better-sqlite3$/ }, ({ path }) => ({ path: resolve(path), external: true }))
  }
}

/**
 * The command line in one file, made of the sources. A process starts with it in a third of the time, because it reads no
 * thousand modules.
 */
export const command: Promise<string> = build({
  entryPoints: [path("../src/bin.ts")],
  outfile: file,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["gpt-tokenizer"],
  plugins: [native],
  // Packages that are CommonJS.
  banner: {
    js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
  },
  logLevel: "error"
}).then(() => file)
