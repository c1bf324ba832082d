import {
  ChatCompletions,
  Embeddings,
  Invites,
  OpenAiClient,
  ProjectRateLimits,
  Projects,
  ProjectServiceAccounts
} from "@effect-openai/client"
import { Emulator } from "@effect-openai/emulator"
import * as NodeServer from "@effect-openai/emulator/NodeServer"
import { FetchHttpClient } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { launch, shows, violations, why } from "./browser.js"
import { apiKey, BaseUrl } from "./utils.js"

const adminKey = "sk-admin-abcdefghijklmnopqrst"

const served = Layer.unwrapEffect(
  Effect.map(
    BaseUrl,
    (baseUrl) => OpenAiClient.layer({ apiKey: Redacted.make(apiKey), adminKey: Redacted.make(adminKey), baseUrl })
  )
).pipe(
  Layer.provideMerge(Layer.merge(FetchHttpClient.layer, Layer.effect(BaseUrl, Emulator.baseUrl))),
  Layer.provideMerge(
    Emulator.layerHttp({ pages: true, apiKeys: [Redacted.make(apiKey)], adminKeys: [Redacted.make(adminKey)] })
  ),
  Layer.provide(NodeHttpServer.layer(NodeServer.createServer, { host: "127.0.0.1", port: 0 })),
  Layer.orDie
)

/** An organization with something of everything. Returns the key of its service account. */
const populate = Effect.gen(function*() {
  const { id: project_id } = yield* Projects.create({ name: "Rocket" })
  const { api_key } = yield* ProjectServiceAccounts.create({ project_id, name: "Bot <script>" })
  yield* Invites.create({ email: "ada@example.com", role: "reader" })
  yield* ProjectRateLimits.modify({ project_id, rate_limit_id: "rl-gpt-4o", max_requests_per_1_minute: 7 })
  yield* ChatCompletions.create({ model: "gpt-4o", messages: [{ role: "user", content: "How many stars?" }] })
  yield* Embeddings.create({ model: "text-embedding-3-small", input: "seven stars" })
  return api_key.value
})

const read = (key: string) =>
  Effect.flatMap(BaseUrl, (baseUrl) =>
    Effect.promise(async () => {
      const response = await fetch(new URL("/_emulator/organization", baseUrl), {
        headers: { authorization: `Bearer ${key}` }
      })
      return { status: response.status, text: await response.text() }
    }))

describe("The page of the organization", () => {
  it.live("has its state for the keys of administration alone, without the value of a key", () =>
    Effect.gen(function*() {
      const value = yield* populate
      assert.strictEqual((yield* read(apiKey)).status, 403)
      assert.strictEqual((yield* read("sk-wrong")).status, 401)
      const { status, text } = yield* read(adminKey)
      assert.strictEqual(status, 200)
      for (const secret of [value, apiKey]) assert.notInclude(text, secret.slice(11))
      const { projects, usage } = JSON.parse(text)
      assert.notProperty(projects[0].api_keys[0], "digest")
      assert.deepStrictEqual(
        projects.map((project: any) => project.rate_limits.filter((limit: any) => limit.is_modified).length),
        [1, 0]
      )
      assert.deepStrictEqual(
        usage.rows.map(({ kind, model, requests }: any) => [kind, model, requests]),
        [["completions", "gpt-4o", 1], ["embeddings", "text-embedding-3-small", 1]]
      )
      assert.isAbove(usage.rows[0].dollars, 0)
    }).pipe(Effect.provide(served)))

  it.scopedLive.skipIf(why !== undefined)(
    `shows what changes, and is accessible${why === undefined ? "" : `, skipped: ${why}`}`,
    () =>
      Effect.gen(function*() {
        const { origin } = new URL(yield* BaseUrl)
        const browser = yield* launch()
        const page = yield* Effect.promise(() => browser.newPage())
        const problems: Array<string> = []
        page.on("pageerror", (error) => problems.push(error.message))
        page.on("console", (message) => {
          // The browser reports the response to the first request, which had no key.
          if (message.type() === "error" && !message.text().includes("401")) problems.push(message.text())
        })
        yield* Effect.promise(() => page.goto(`${origin}/organization`))
        yield* shows(page, "#key", "Admin key")
        yield* Effect.promise(() => page.keyboard.type(adminKey))
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* shows(page, "#projects", "Default project")
        const value = yield* populate
        yield* shows(page, "#projects h3", "Rocket")
        yield* shows(page, "#projects td", "Bot <script>")
        yield* shows(page, "#projects summary", "1 modified")
        yield* shows(page, "#people td", "ada@example.com")
        yield* shows(page, "#log td", "rate_limit.updated")
        yield* shows(page, "#usage .legend", "text-embedding-3-small")
        const content = yield* Effect.promise(() => page.content())
        assert.notInclude(content, value.slice(11))
        yield* Effect.forEach(["light", "dark"] as const, (colorScheme) =>
          Effect.gen(function*() {
            yield* Effect.promise(() => page.emulateMedia({ colorScheme }))
            assert.deepStrictEqual(yield* violations(page), [])
          }))
        assert.deepStrictEqual(problems, [])
      }).pipe(Effect.provide(served)),
    60_000
  )
})
