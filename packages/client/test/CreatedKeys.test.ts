import { OpenAiClient, ProjectServiceAccounts, Retry } from "@effect-openai/client"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as Evidence from "./utils/evidence.js"

const value = "sk-svcacct-0123456789abcdefghijklmnop"

const account = { id: "svc_acct_1", name: "Bot", role: "member", created_at: 1, api_key: { id: "key_1", value } }

/** The key of a response, wherever a response can have it. */
const bodies: ReadonlyArray<readonly [what: string, body: string, status: number]> = [
  ["a success", JSON.stringify(account), 200],
  ["a key that is a text", JSON.stringify({ ...account, api_key: value }), 200],
  ["a success that is not JSON", `{"api_key": {"value": "${value}"`, 200],
  ["an error", JSON.stringify({ error: { message: `No ${value}`, type: value, param: value, code: value } }), 400],
  ["an error without an envelope", value, 500]
]

it.effect.each(bodies)("a created key is in the response alone: %s", ([, body, status]) =>
  Effect.gen(function*() {
    const transport = HttpClient.make((request) =>
      Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status })))
    )
    const client = OpenAiClient.layer({ adminKey: Redacted.make("sk-admin"), baseUrl: "http://fake/v1" }).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)),
      Layer.orDie
    )
    let isReturned = false
    const { text } = yield* Evidence.collect(
      Retry.none(Effect.tap(
        ProjectServiceAccounts.create({ project_id: "proj_1", name: "Bot" }),
        ({ api_key }) => {
          isReturned = api_key.value === value
        }
      )),
      client
    )
    assert.strictEqual(isReturned, status === 200 && body.endsWith("}}"))
    assert.notInclude(text, value)
  }))
