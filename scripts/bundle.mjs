// Bundles the command of the emulator from its compiled modules, with all packages that it imports and their licenses.
import { build } from "esbuild"
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const folder = fileURLToPath(new URL("../packages/emulator/dist/", import.meta.url))
const outdir = join(folder, "bundle")

/** The sources would be found through the packages of the workspace. The compiled modules are those that are published. */
const compiled = {
  name: "compiled",
  setup: ({ onResolve, resolve }) => {
    onResolve({ filter: /^@effect-openai\// }, async ({ kind, path, pluginData, resolveDir }) => {
      if (pluginData === compiled) return undefined
      const { errors, path: found } = await resolve(path, { kind, pluginData: compiled, resolveDir })
      return errors.length > 0 ? { errors } : { path: found.replace("/src/", "/dist/").replace(/\.ts$/, ".js") }
    })
  }
}

/** The folder of the package that a file is of. */
const packageOf = (file) => {
  const path = join(dirname(file), "package.json")
  return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).name !== undefined
    ? dirname(file)
    : packageOf(dirname(file))
}

rmSync(outdir, { recursive: true, force: true })
const { metafile } = await build({
  entryPoints: [join(folder, "internal/cli/command.js")],
  outdir,
  bundle: true,
  splitting: true,
  metafile: true,
  platform: "node",
  format: "esm",
  target: "node20",
  external: ["@effect/sql", "@effect/sql-pg", "@effect/sql-sqlite-node"],
  // Packages that are CommonJS.
  banner: {
    js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
  },
  plugins: [compiled],
  logLevel: "warning"
})

const packages = new Set(Object.keys(metafile.inputs).map((file) => packageOf(realpathSync(file))))
const licenses = Array.from(packages).filter((path) => path.includes("node_modules")).sort().map((path) => {
  const { license, name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"))
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name))
  return `${name} ${version} (${license})\n\n${
    file === undefined ? "" : readFileSync(join(path, file), "utf8").trim()
  }\n`
})
writeFileSync(join(outdir, "LICENSES.txt"), licenses.join(`\n${"-".repeat(80)}\n\n`))
