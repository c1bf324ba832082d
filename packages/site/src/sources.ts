/**
 * Which files become pages, and where.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** The root of the repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url))

export const repository = "https://github.com/effect-openai/effect-openai"

/** The packages with a README and a reference, in the order of the sidebar. */
export const packages = [
  ["client", "Client"],
  ["ai", "Models of @effect/ai"],
  ["emulator", "Emulator"],
  ["workflow", "Durable workflows"],
  ["contract-tests", "Contract suite"],
  ["core", "Contract"]
] as const

/** Documents that are one page each. */
export const documents = [
  ["packages/client/SERVERS.md", "servers", "Known servers"],
  ["packages/client/BEHAVIOURS.md", "behaviours", "Behaviours"],
  ["packages/contract-tests/MUTATIONS.md", "mutations", "Mutations"],
  ["SECURITY.md", "security", "Security"],
  ["packages/bench/README.md", "benchmark", "Benchmark"]
] as const

/** The recipes, in the order of the sidebar: the files of `cookbook`. */
export const recipes = [
  "chat",
  "approval",
  "nightly",
  "ingestion",
  "tenants",
  "faults",
  "contract",
  "helpdesk",
  "from-openai",
  "from-ai-openai"
] as const

/** The services of the helpdesk, each with what it is over. */
export const helpdesks = [
  ["examples/src/helpdesk/WithClient.ts", "`@effect-openai/client`"],
  ["examples/src/helpdesk/WithEffectAi.ts", "`@effect/ai` with `@effect-openai/ai`"],
  ["examples/src/helpdesk/WithOpenai.ts", "`openai` 7"]
] as const

/** The modules of a package, by docgen's file of each. */
export const modules = (name: string): ReadonlyArray<string> => {
  const folder = join(root, "packages", name, "docs/modules")
  try {
    return readdirSync(folder).filter((file) => file.endsWith(".ts.md") && file !== "index.ts.md").sort()
  } catch (cause) {
    throw new Error(`${folder} does not exist: run npm run site`, { cause })
  }
}
