import { ProjectServiceAccounts } from "@effect-openai/client"
import { Render, Report, Suite, Target } from "@effect-openai/contract-tests"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Proxy from "./mutations/proxy.js"
import { client, record, temporaryDirectory } from "./utils/session.js"
import { upstream } from "./utils/upstream.js"

/** Keys of any server. */
const keys = [
  "sk-svcacct-0123456789abcdefghijklmnop",
  "sk-proj-0123456789abcdefghijklmnop",
  "key+of/another=server",
  "plainwords"
]

const account = (value: string) => ({
  object: "organization.project.service_account",
  id: "svc_acct_1",
  name: "Bot",
  role: "member",
  created_at: 1,
  api_key: { object: "organization.project.service_account.api_key", id: "key_1", name: "Secret", created_at: 1, value }
})

/** The bodies of a response that a recording or a report may show. */
const bodies: ReadonlyArray<readonly [what: string, of: (value: string) => string]> = [
  ["a success", (value) => JSON.stringify(account(value))],
  ["escaped slashes", (value) => JSON.stringify(account(value)).replaceAll("/", "\\/")],
  ["a key that is a text", (value) => JSON.stringify({ ...account(value), api_key: value })],
  ["no JSON", (value) => JSON.stringify(account(value)).slice(0, -1)]
]

const filesIn = (directory: string): string =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n")

/** All that a text says, with its Base64 decoded. */
const readings = (text: string): string =>
  [
    text.replaceAll("\\", ""),
    ...Array.from(text.matchAll(/"base64": ?"([^"]*)"/g), ([, base64]) => Buffer.from(base64!, "base64").toString())
  ].join("\n").replaceAll("\\", "")

describe.each(bodies)("a created key, %s", (_, of) => {
  it.live("is not in a recording and its outcome", () =>
    Effect.gen(function*() {
      const directory = yield* temporaryDirectory
      for (const key of keys) {
        const baseUrl = yield* upstream((_, response) => {
          response.writeHead(200, { "content-type": "application/json" }).end(of(key))
        })
        const { outcomes } = yield* record(
          { upstream: baseUrl, directory, name: String(keys.indexOf(key)) },
          (baseUrl) =>
            Effect.provide(
              Effect.exit(ProjectServiceAccounts.create({ project_id: "proj_1", name: "Bot" })),
              client(baseUrl, { adminKey: Redacted.make("sk-admin-0123456789") })
            )
        )
        assert.deepStrictEqual(outcomes.map(({ _tag }) => _tag), ["Written"])
        assert.notInclude(readings(JSON.stringify(outcomes)), key)
        assert.notInclude(readings(filesIn(directory)), key)
      }
    }).pipe(Effect.scoped))

  it.live("is not in a report, in any format", () =>
    Effect.gen(function*() {
      const connection = yield* Target.Connection
      const scenario = Suite.all.find(({ id }) => id === "administration/keys")!
      for (const key of keys) {
        const proxy = Proxy.make(
          connection,
          Proxy.of("create-project-service-account", Proxy.responses((response) => Proxy.withText(response, of(key))))
        )
        const result = yield* Effect.provideService(
          Suite.runScenario(Target.emulator(), scenario),
          Target.Connection,
          proxy.connection
        )
        assert.strictEqual(result.verdict._tag, "Failed")
        const report = Report.make({ target: "fake", seed: 1, startedAt: 0, millis: 1, results: [result] })
        for (const format of [Render.text, Render.json, Render.junit, Render.html]) {
          assert.notInclude(readings(format(report)), key)
        }
      }
    }).pipe(Effect.provide(Target.emulator().layer)))
})
