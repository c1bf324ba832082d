/**
 * Writes the fixtures of an operation from an OpenAPI document's examples:
 * `npm run fixture -- <document.yaml> <operationId> [directory]`.
 */
import { Fixture } from "@effect-openai/contract-tests"
import * as Contract from "@effect-openai/core/Contract"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { generate, unexplained } from "./generate.js"

const fixtures = fileURLToPath(new URL("../fixtures", import.meta.url))

const [file, operationId, directory = fixtures] = process.argv.slice(2)

if (file === undefined || operationId === undefined) {
  process.stderr.write("Usage: npm run fixture -- <document.yaml> <operationId> [directory]\n")
  process.exitCode = 1
} else {
  if (!Contract.endpoints.some(({ name }) => name === operationId)) {
    process.stderr.write(`The contract has no ${operationId}: its responses are not checked.\n`)
  }
  const target = (slug: string) => join(directory, operationId, `${slug}.json`)
  const existing = (slug: string): Fixture.Contents | undefined =>
    existsSync(target(slug)) ? JSON.parse(readFileSync(target(slug), "utf8")) : undefined
  mkdirSync(join(directory, operationId), { recursive: true })
  const generated = generate({ name: basename(file), text: readFileSync(file, "utf8") }, operationId, existing)
  for (const { contents, slug } of generated) {
    writeFileSync(target(slug), `${JSON.stringify(contents, undefined, 2)}\n`)
    const todo = [
      ...Fixture.problems(contents),
      ...(contents.verdict.reason === unexplained ? ["the reason is missing"] : [])
    ]
    process.stdout.write(`${target(slug)}${todo.length === 0 ? "" : `: ${todo.join(", ")}`}\n`)
  }
}
