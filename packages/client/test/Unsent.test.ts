import { Assistants } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import { HttpClient, HttpClientError } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

const create = Client.atOnce(Assistants.create({ model: "gpt-4o" }))

/** A transport that fails with a code. */
const failing = (code: string) => {
  let attempts = 0
  const client = HttpClient.make((request) => {
    attempts++
    const cause = new TypeError("fetch failed", { cause: Object.assign(new Error("failed"), { code }) })
    return Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
  })
  return { attempts: () => attempts, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

describe("a request that the server did not receive", () => {
  for (
    const [code, sent, attempts] of [
      ["ECONNREFUSED", false, 3],
      ["EPROTO", false, 3],
      ["ERR_SSL_WRONG_VERSION_NUMBER", false, 3],
      ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", false, 3],
      ["ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", true, 1],
      ["ECONNRESET", true, 1],
      ["CERT_HAS_EXPIRED", false, 1],
      ["DEPTH_ZERO_SELF_SIGNED_CERT", false, 1],
      ["SELF_SIGNED_CERT_IN_CHAIN", false, 1],
      ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", false, 1],
      ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", false, 1],
      ["ERR_TLS_CERT_ALTNAME_INVALID", false, 1],
      ["HOSTNAME_MISMATCH", false, 1],
      ["INVALID_CA", false, 1]
    ] as const
  ) {
    it.effect(`${code}: sent is ${sent}, ${attempts} attempts`, () =>
      Effect.gen(function*() {
        const transport = failing(code)
        const error = yield* create.pipe(Effect.provide(Client.layer("http://fake", {}, transport.layer)), Effect.flip)
        assert.deepInclude(error, { _tag: "TransportError", code, sent })
        assert.strictEqual(transport.attempts(), attempts)
        assert.strictEqual(OpenAiError.isRetryable(error), attempts > 1 || sent)
      }))
  }

  it.scoped("fails in the handshake of TLS", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json(Models.assistant()))
      const error = yield* create.pipe(
        Effect.provide(Client.layer(server.origin.replace("http:", "https:"), {}, UndiciHttpClient.layer)),
        Effect.flip
      )
      assert.deepInclude(error, { _tag: "TransportError", sent: false })
    }))
})
