import { Assistants, ChatCompletions, type OpenAiClient, Retry } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Redacted, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"

const none = { adminKey: undefined, organization: undefined, project: undefined }

/** A client with one credential, or with a key and another credential. */
const optionsOf = (value: string, option: keyof typeof Client.secrets = "apiKey"): Partial<OpenAiClient.Options> => ({
  ...none,
  apiKey: Redacted.make("sk-other"),
  [option]: Redacted.make(value)
})

interface Refusal {
  readonly message: string
  readonly code?: string
  readonly param?: string
  readonly type?: string
}

/** The error of a server that refuses a request with this. */
const errorOf = (options: Partial<OpenAiClient.Options>, refusal: Refusal, status = 404, requestId = "req_1") =>
  Assistants.list({ after: requestId }).pipe(
    Retry.none,
    Effect.flip,
    Effect.provide(Client.layer(
      "http://fake",
      options,
      Client.fake(() => Client.failure(status, { "x-request-id": requestId }, refusal)).layer
    ))
  )

const messageOf = (options: Partial<OpenAiClient.Options>, message: string) =>
  Effect.map(errorOf(options, { message }), (error) => error.message)

/** Keys that documentation of local servers names. */
const placeholders = [
  "-",
  "x",
  "test",
  "EMPTY",
  "none",
  "noop",
  "ollama",
  "sk-1234",
  "sk-test",
  "anything",
  "fake-key",
  "lm-studio",
  "not-needed",
  "placeholder",
  "your-api-key",
  "no-key-required"
]

const long = "sk-proj-4f9a2b7c1d"

const short = "hunter2-99"

describe("Redaction", () => {
  for (const key of placeholders) {
    it.effect(`leaves ${key} in every text, because it is not worth hiding`, () =>
      Effect.gen(function*() {
        const message = `"${key}" is no model, ${key} (see la${key}, ${key}3 and a-${key}-b) ${key}`
        const refusal = { message, code: `${key}_not_found`, param: key, type: `la${key}` }
        const error = yield* errorOf(optionsOf(key), refusal, 404, `req-${key}-7`)
        assert.deepInclude<object>(error, {
          _tag: "NotFoundError",
          ...refusal,
          requestId: `req-${key}-7`,
          cursor: `req-${key}-7`
        })
      }))
  }

  const removed: ReadonlyArray<readonly [credential: string, text: string, expected: string]> = [
    // Of 16 characters and more: anywhere, and a prefix of 8 at the end.
    [long, `Bad key ${long}.`, "Bad key <redacted>."],
    [long, `x${long}y${long}`, "x<redacted>y<redacted>"],
    [long, `cut: ${long.slice(0, 8)}`, "cut: <redacted>"],
    [long, `cut: ${long.slice(0, -1)}`, "cut: <redacted>"],
    [long, `cut: ${long.slice(0, 7)}`, "cut: sk-proj"],
    [long, `${long.slice(0, 8)} is a prefix`, `${long.slice(0, 8)} is a prefix`],
    ["(a+b)*[c]{2}.^$|?", "no (a+b)*[c]{2}.^$|?!", "no <redacted>!"],
    ["sixteen-letters-", "sixteen-letters-", "<redacted>"],
    ["fifteen-letters", "fifteen-letters", "fifteen-letters"],
    // Of 8 to 15 characters with a digit: as a word.
    [short, `Bad key ${short}, "${short}" or key=${short}.`, "Bad key <redacted>, \"<redacted>\" or key=<redacted>."],
    [short, `${short}_1 a${short} -${short}-9 z-${short}`, `${short}_1 a${short} -${short}-9 z-${short}`],
    [short, `-${short}-`, "-<redacted>-"],
    [short, `cut: ${short.slice(0, 9)}`, "cut: <redacted>"],
    [short, `cut: a${short.slice(0, 9)}`, `cut: a${short.slice(0, 9)}`],
    ["secret7", "secret7", "secret7"],
    ["hunters-", "hunters-", "hunters-"]
  ]
  for (const [credential, text, expected] of removed) {
    it.effect(`with the credential ${credential}, ${JSON.stringify(text)} is ${JSON.stringify(expected)}`, () =>
      Effect.gen(function*() {
        for (const option of ["apiKey", "adminKey", "organization", "project"] as const) {
          assert.strictEqual(yield* messageOf(optionsOf(credential, option), text), expected)
        }
      }))
  }

  it.effect("changes an identifier only if it contains a long key", () =>
    Effect.gen(function*() {
      const identifiers = (value: string) => ({ message: "No.", code: value, param: value, type: value })
      for (const option of ["apiKey", "adminKey"] as const) {
        const error = yield* errorOf(optionsOf(long, option), identifiers(`a.${long}`), 404, `a.${long}`)
        assert.deepInclude<object>(error, {
          ...identifiers("a.<redacted>"),
          requestId: "a.<redacted>",
          cursor: "a.<redacted>"
        })
      }
      for (
        const options of [
          optionsOf(long, "organization"),
          optionsOf(long, "project"),
          optionsOf(short),
          optionsOf(short, "adminKey")
        ]
      ) {
        for (const value of [long, short, `a.${long}`]) {
          const error = yield* errorOf(options, identifiers(value), 404, value)
          assert.deepInclude<object>(error, { ...identifiers(value), requestId: value, cursor: value })
        }
      }
      // Text that a server writes there instead.
      const { requestId } = yield* errorOf(optionsOf(long, "project"), identifiers("a"), 404, `for ${long}`) as any
      assert.strictEqual(requestId, "for <redacted>")
    }))

  it.effect("happens after the class of an error is decided", () =>
    Effect.gen(function*() {
      for (const key of ["insufficient_quota", "x", "quota", "insufficient_quota and more"]) {
        const error = yield* errorOf(optionsOf(key), { message: "No.", code: "insufficient_quota" }, 429)
        assert.strictEqual(error._tag, "InsufficientQuotaError", key)
      }
      for (const key of ["rate_limit_exceeded", "x", "rate"]) {
        const events = Conversation.event({ error: { message: "Slow down", code: "rate_limit_exceeded" } })
        const error = yield* Stream.runDrain(
          ChatCompletions.create.stream({ model: "m", messages: [{ role: "user", content: "Hi" }] })
        ).pipe(
          Effect.flip,
          Effect.provide(
            Client.layer("http://fake", optionsOf(key), Client.fake(() => Conversation.answer(events)).layer)
          )
        )
        assert.strictEqual(error._tag, "RateLimitError", key)
      }
    }))

  const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)) })

  it.effect.prop(
    "leaves no long credential in a text",
    { key: visible.map((text) => `${text}0123456789abcdef`), before: visible, after: visible },
    ({ after, before, key }) =>
      Effect.gen(function*() {
        assert.notInclude(yield* messageOf(optionsOf(key), before + key + after), key)
        assert.notInclude(yield* messageOf(optionsOf(key), `${before} ${key}`.slice(0, -1)), key.slice(0, -1))
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect.prop(
    "changes no text with a short credential",
    { key: fc.stringMatching(/^[\x21-\x7e]{1,7}$/), text: visible },
    ({ key, text }) =>
      Effect.gen(function*() {
        const message = `${text}${key}${text} ${key}`
        assert.strictEqual(yield* messageOf(optionsOf(key), message), message)
      }),
    { fastCheck: { numRuns: 50 } }
  )
})
