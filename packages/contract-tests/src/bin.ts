#!/usr/bin/env node
/**
 * The command line. It loads nothing of Effect before it has checked the version: with another major version, the imports
 * would fail with the name of a missing file.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import { createRequire } from "node:module"

const installed = (): string | undefined => {
  try {
    return (createRequire(import.meta.url)("effect/package.json") as { readonly version: string }).version
  } catch {
    return undefined
  }
}

const version = installed()

/** The command with all that it imports, which starts in a third of the time of a thousand modules. */
const bundle = new URL("./bundle/command.js", import.meta.url)

if (version?.startsWith("3.") === true) {
  if (existsSync(bundle)) await import(bundle.href)
  else await import("./internal/cli/command.js")
} else {
  const found = version === undefined ? "effect is not installed" : `effect ${version} is installed`
  process.stderr.write(`@effect-openai/contract-tests needs effect 3, but ${found}. Run: npm install effect@3\n`)
  process.exitCode = 2
}
