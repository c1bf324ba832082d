/**
 * Writes the facts of an OpenAPI document next to the test that compares the contract with them:
 * `npm run facts -- <document.yaml>`.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { parse } from "yaml"
import { type Operation, read } from "../test/facts.js"

/** The operations that the library takes from each document: Assistants v1, and everything else that is stable. */
const scopes: Readonly<Record<string, (operation: Operation) => boolean>> = {
  "openai-2024-04-15": ({ tags = [] }) => tags.includes("Assistants"),
  "openai-2024-12-18": ({ tags = [] }) =>
    tags.length > 0 && !tags.some((tag) => ["Assistants", "Realtime", "Vector stores"].includes(tag))
}

const [file] = process.argv.slice(2)
const name = basename(file ?? "", ".yaml")
const include = scopes[name]

if (file === undefined || include === undefined) {
  process.stderr.write(`Usage: npm run facts -- <document.yaml>, one of ${Object.keys(scopes).join(", ")}\n`)
  process.exitCode = 1
} else {
  const facts = read(parse(readFileSync(file, "utf8"), { maxAliasCount: -1 }), include)
  const target = new URL(`../test/facts/${name}.json`, import.meta.url)
  writeFileSync(target, `${JSON.stringify(facts, undefined, 2)}\n`)
  process.stdout.write(`${Object.keys(facts.operations).length} operations in ${target.pathname}\n`)
}
