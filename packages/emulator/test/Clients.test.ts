import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { NodeHttpServer } from "@effect/platform-node"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { ai } from "./clients/ai.js"
import { azure } from "./clients/azure.js"
import type { Client, Given } from "./clients/client.js"
import { langchain } from "./clients/langchain.js"
import * as OpenAI from "./clients/openai.js"
import { apiKey } from "./utils.js"

// Clients that others wrote, unchanged except for the URL of the server. `npm test` runs the last SDK with Assistants v1
// and a later one, and `npm run clients` runs all of them.

const clients: ReadonlyArray<Client> = [...OpenAI.earlier, OpenAI.last, OpenAI.later, azure, langchain, ai]

/** The folder that has all clients. */
const folder = process.env["CLIENTS"]

const load: Given["load"] = folder === undefined
  ? (name) => import(name)
  : createRequire(join(folder, "package.json"))

const manifest = JSON.parse(readFileSync(new URL("./clients/packages.json", import.meta.url), "utf8")) as {
  readonly dependencies: Readonly<Record<string, string>>
}

const versionOf = (client: Client): string => {
  const [name, version = name] = manifest.dependencies[client.package]!.replace(/^npm:/, "").split("@").filter(Boolean)
  return version!
}

const table = [
  "| Client | Version | Exercised |",
  "|---|---|---|",
  ...clients.map((client) =>
    `| ${client.title}, \`${client.package.replace(/-[\d.]+$/, "")}\` | ${versionOf(client)} | ${
      client.checks.map(({ title }) => title).join("; ")
    } |`
  )
].join("\n")

describe("Clients", () => {
  for (const client of folder === undefined ? [OpenAI.last, OpenAI.later] : clients) {
    describe(`${client.title} ${versionOf(client)}`, () => {
      for (const { options, run, title } of client.checks) {
        it.live(title, () =>
          Effect.gen(function*() {
            const baseURL = yield* Emulator.baseUrl
            yield* Effect.promise(() => run({ apiKey, baseURL, load }))
          }).pipe(
            Effect.provide(Layer.provideMerge(
              Emulator.layerHttp({ apiKeys: [Redacted.make(apiKey)], pollAfter: "10 millis", ...options }),
              NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })
            ))
          ), 60_000)
      }
    })
  }

  it("is the last SDK that the table has", () => {
    const { devDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
    expect(devDependencies.openai).toBe(manifest.dependencies["openai"])
  })

  // `npm run clients -- --update` writes it.
  it("are the table of the README", async () => {
    const readme = "../README.md"
    const text = readFileSync(new URL(readme, import.meta.url), "utf8")
    const [before, rest] = text.split("<!-- clients -->\n") as [string, string]
    const [, after] = rest.split("<!-- /clients -->") as [string, string]
    await expect(`${before}<!-- clients -->\n\n${table}\n\n<!-- /clients -->${after}`).toMatchFileSnapshot(readme)
  })
})
