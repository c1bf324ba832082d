// Bundles the commands of packages from their compiled modules, with all packages that they import and their licenses.
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"
import { bundle } from "./bundled.mjs"

const packages = fileURLToPath(new URL("../packages", import.meta.url))

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

/** The URL of one of our modules, wherever its package is installed. */
const urlOf = (outdir) => (path) => {
  const [name, ...file] = relative(packages, path).split(sep)
  return relative(packages, outdir).startsWith(`${name}${sep}`)
    ? `new URL(${JSON.stringify(relative(outdir, path).split(sep).join("/"))}, import.meta.url).href`
    : `new URL(${JSON.stringify(file.join("/"))}, require("node:url").pathToFileURL(require.resolve(${
      JSON.stringify(`@effect-openai/${name}/package.json`)
    }))).href`
}

/** Bundles modules of a package, with the licenses of the packages in the bundle. */
const publish = async (name, modules, options) => {
  const folder = join(packages, name, "dist")
  const outdir = join(folder, "bundle")
  rmSync(outdir, { recursive: true, force: true })
  const { metafile } = await bundle({
    entryPoints: modules.map((module) => join(folder, `${module}.js`)),
    entryNames: "[name]",
    outdir,
    metafile: true,
    plugins: [compiled],
    urlOf: urlOf(outdir),
    ...options
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
}

await publish("emulator", ["internal/cli/command"], {
  external: ["@effect/sql", "@effect/sql-pg", "@effect/sql-sqlite-node"]
})
await publish("contract-tests", ["internal/cli/command", "internal/cli/emulatorProcess"], {
  external: ["@effect/sql", "@effect/sql-pg", "@effect/sql-sqlite-node", "nock", "undici", "vitest"],
  beside: /[\\/]cli[\\/]emulator\.js$/
})
