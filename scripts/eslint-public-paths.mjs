// Reports imports of private paths of packages. A package without `exports` has no public path but its name, although each of
// its files can be imported. undici moves its files in minor versions.
import { existsSync, readFileSync } from "node:fs"
import { builtinModules, createRequire } from "node:module"
import { join } from "node:path"

const builtins = new Set(builtinModules)

/** Paths that the documentation of a package names. */
const documented = new Set(["ajv/dist/2020.js"])

const known = new Map()

/** Whether a package states its public paths. Node and the compiler refuse the others. */
const statesPaths = (name, importer) => {
  const file = createRequire(importer).resolve.paths(name).map((folder) => join(folder, name, "package.json")).find(
    existsSync
  )
  // The compiler reports a package that is not installed.
  if (file === undefined) return true
  if (!known.has(file)) known.set(file, JSON.parse(readFileSync(file, "utf8")).exports !== undefined)
  return known.get(file)
}

/** @type {import("eslint").Rule.RuleModule} */
export const publicPaths = {
  meta: { type: "problem", schema: [], messages: { private: "{{path}} is not a public path of {{name}}." } },
  create: ({ filename, report }) => {
    const check = ({ source }) => {
      const path = String(source?.value)
      const [, name, rest] = /^((?:@[^/]+\/)?[^./@#][^/]*)(\/.+)?$/.exec(path) ?? []
      if (rest === undefined || path.startsWith("node:") || builtins.has(path) || documented.has(path)) return
      if (!statesPaths(name, filename)) report({ node: source, messageId: "private", data: { name, path } })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check
    }
  }
}
