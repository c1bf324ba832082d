// Bundles the command of the emulator from its compiled modules, with all packages that it imports and their licenses.
import { build } from "esbuild"
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const packages = fileURLToPath(new URL("../packages", import.meta.url))
const folder = join(packages, "emulator/dist")
const outdir = join(folder, "bundle")

/** Resolves our packages to their compiled modules, which are those that are published. Their names resolve to the sources. */
const compiled = {
  name: "compiled",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^@effect-openai\// }, ({ path }) => {
      const [, name, module = "index"] = path.split("/")
      return { path: join(packages, name, "dist", `${module}.js`) }
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
  external: ["@effect/sql", "@effect/sql-pg", "@effect/sql-sqlite-node", "gpt-tokenizer"],
  // Packages that are CommonJS.
  banner: {
    js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
  },
  plugins: [compiled],
  logLevel: "warning"
})

const bundled = new Set(Object.keys(metafile.inputs).map((file) => packageOf(realpathSync(file))))
const licenses = Array.from(bundled).filter((path) => path.includes("node_modules")).sort().map((path) => {
  const { license, name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"))
  const file = readdirSync(path).find((name) => /^licen[cs]e/i.test(name))
  return `${name} ${version} (${license})\n\n${
    file === undefined ? "" : readFileSync(join(path, file), "utf8").trim()
  }\n`
})
writeFileSync(join(outdir, "LICENSES.txt"), licenses.join(`\n${"-".repeat(80)}\n\n`))
