// Bundles a program of this repository, with all packages that it imports: it starts in a third of the time of a thousand modules.
import { build } from "esbuild"
import { readFile } from "node:fs/promises"
import { extname } from "node:path"

/** Our modules find files from their own URL, which a bundle would change. */
const own = ({ beside, urlOf }) => ({
  name: "own",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]packages[\\/][\w-]+[\\/](?:src|dist)[\\/].*\.[jt]s$/ }, async ({ path }) => {
      if (beside.test(path)) return
      const text = await readFile(path, "utf8")
      return text.includes("import.meta.url")
        ? { contents: text.replaceAll("import.meta.url", urlOf(path)), loader: extname(path).slice(1) }
        : undefined
    })
  }
})

/**
 * Bundles entry points. `urlOf` is an expression: the URL of one of our modules. Modules that match `beside` use the URL of
 * the bundle, because they find its other entry points. Other options are esbuild's.
 */
export const bundle = ({ beside = /^$/, plugins = [], urlOf, ...options }) =>
  build({
    bundle: true,
    splitting: true,
    platform: "node",
    format: "esm",
    target: "node20",
    // Packages that are CommonJS.
    banner: {
      js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);"
    },
    plugins: [own({ beside, urlOf }), ...plugins],
    logLevel: "warning",
    ...options
  })
