import { Retry } from "@effect-openai/client"
import { Contract, OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Option } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Evidence from "./utils/evidence.js"
import * as Requests from "./utils/requests.js"
import * as Server from "./utils/server.js"
import * as Soak from "./utils/soak.js"

/** Every secret of the tests contains this, and nothing else does. */
const mark = "marked"

const everySecret = Object.values(Client.secrets).join(" ")

/** Headers that repeat all secrets, as a debugging proxy does. */
const echo = {
  "x-request-id": `req ${everySecret}`,
  "x-echo": everySecret,
  "retry-after": everySecret,
  "openai-processing-ms": everySecret,
  "x-ratelimit-limit-requests": everySecret,
  "x-ratelimit-reset-tokens": everySecret
}

const refusal = { message: `No ${everySecret}`, type: everySecret, param: everySecret, code: everySecret }

const page = (fields: object) => Server.json({ object: "list", data: [], has_more: true, ...fields }, 200, echo)

/** Responses of all kinds, with all secrets wherever possible. */
const replies: ReadonlyArray<readonly [name: string, reply: Server.Reply]> = [
  ...[400, 401, 403, 404, 409, 418, 422, 429, 500].map((status) =>
    [`${status}`, Server.json({ error: refusal }, status, echo)] as const
  ),
  ["503 without an envelope", Server.text(everySecret, 503, { ...echo, "content-type": "text/html" })],
  ["with insufficient_quota", Server.json({ error: { ...refusal, code: "insufficient_quota" } }, 429, echo)],
  ["an error that ends early", Server.raw(`HTTP/1.1 500 No\r\ncontent-length: 9999\r\n\r\n${everySecret}`, "reset")],
  ["an error with status 200", Server.json({ error: refusal }, 200, echo)],
  ["a text", Server.text(everySecret, 200, echo)],
  ["HTML", Server.text(`<h1>${everySecret}</h1>`, 200, { ...echo, "content-type": "text/html" })],
  ["a field too little", Server.json({ id: everySecret, object: everySecret, [everySecret]: everySecret }, 200, echo)],
  ["a list of it", Server.json({ object: "list", data: [{ id: everySecret, [everySecret]: 1 }] }, 200, echo)],
  ["a cursor of it", page({ first_id: everySecret, last_id: everySecret })],
  ["too much of it", Server.endless(200, everySecret, echo)],
  ["half of it", Server.cut("reset")],
  ["a reset", Server.reset],
  ["silence", Server.stall],
  ["silence in the middle", Server.hush(everySecret)],
  ["a response that is not HTTP", Server.raw(`${everySecret}\r\n\r\n`)],
  ["no status", Server.raw(`HTTP/1.1 ${everySecret}\r\n\r\n`)],
  ["an invalid header", Server.raw(`HTTP/1.1 200 OK\r\n${everySecret}\r\n\r\n`)],
  ["an invalid chunk", Server.raw(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${everySecret}\r\n`)],
  ["half of a compressed body", Server.gzip({ id: everySecret, object: everySecret }, 30)],
  ["an invalid compressed body", Server.text(everySecret, 200, { ...echo, "content-encoding": "gzip" })],
  ["a redirect", Server.redirect(302, `http://127.0.0.1:9/${everySecret}`)],
  ["a redirect to an invalid URL", Server.redirect(308, `http://${Client.secrets.apiKey}:${Client.secrets.project}@[`)],
  ["a redirect with credentials", Server.redirect(302, `http://${Client.secrets.apiKey}:x@127.0.0.1:9/`)],
  ["an event of it", Conversation.reply(Conversation.event(everySecret))],
  ["an event that does not fit", Conversation.reply(Conversation.event({ id: everySecret, choices: everySecret }))],
  ["an event with its name", Conversation.reply(Conversation.event(1, everySecret), Conversation.done)],
  ["an error among events", Conversation.reply(Conversation.event({ error: refusal }))],
  ["a named error among events", Conversation.reply(Conversation.event(refusal, "error"))]
]

const catalogue: ReadonlySet<string> = new Set(Object.keys(OpenAiError).filter((name) => name.endsWith("Error")))

/** Returns the failure of an operation, which must be one of the catalogue. */
const tagOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "success" : Option.match(Cause.failureOption(exit.cause), {
    onNone: () => assert.fail(`not a failure but ${Cause.pretty(exit.cause)}`),
    onSome: (error) => {
      assert(error instanceof Error && catalogue.has(error.name), String(error))
      return error.name
    }
  })

/** The failures of all operations. */
const seen = new Set<string>()

const showsNone = (text: string, what: string) => {
  const at = text.indexOf(mark)
  assert.strictEqual(at === -1 ? "" : text.slice(Math.max(0, at - 300), at + 50), "", what)
}

const check = ({ exit, text }: Evidence.Evidence, what: string) => {
  seen.add(tagOf(exit))
  showsNone(text, what)
}

const hasty = { timeout: "20 millis", idleTimeout: "20 millis" } as const

describe("22: secrets of each operation", () => {
  for (const [index, endpoint] of Contract.endpoints.entries()) {
    it.scopedLive(`${endpoint.name}: no failure shows any`, () =>
      Effect.gen(function*() {
        let reply: Server.Reply = Server.stall
        const server = yield* Server.serve((request) => {
          assert.include(request.headers.authorization, mark)
          return reply
        }, { keep: false })
        const client = Client.layer(server.origin, { maxBodyBytes: 20_000 })
        const hastyClient = Client.layer(server.origin, hasty)
        for (const [offset, [way, run]] of Requests.ways(endpoint, Requests.sample(endpoint)).entries()) {
          for (const [name, next] of Soak.part(replies, 6, index + offset)) {
            reply = next
            check(
              yield* Evidence.collect(Retry.none(run), name.startsWith("silence") ? hastyClient : client),
              `${way}: ${name}`
            )
          }
        }
      }), 60_000)

    it.scopedLive(`${endpoint.name}: a request that contains them does not either`, () =>
      Effect.gen(function*() {
        const server = yield* Server.serve(() => Server.json({ error: refusal }, 400, echo), { keep: false })
        const client = Client.layer(server.origin)
        const sample = Requests.sample(endpoint)
        const fields = Object.keys({ ...endpoint.parameters.fields, ...endpoint.query.fields, ...sample })
        for (const field of Soak.part([...fields, "model", everySecret], 3, index)) {
          for (const value of [everySecret, { [everySecret]: [everySecret] }]) {
            const [[, run]] = Requests.ways(endpoint, { ...sample, [field]: value }) as any // As untyped callers pass it.
            check(yield* Evidence.collect(Retry.none(run), client), `${field}: ${JSON.stringify(value)}`)
          }
        }
      }), 60_000)
  }

  it("keep them out of metrics", () => {
    assert.include(Evidence.metrics(), "openai.client.operation.duration")
    showsNone(Evidence.metrics(), "metrics")
  })

  it("failed with most errors of the catalogue", () => {
    assert.includeMembers([...seen], [
      "AuthenticationError",
      "BadRequestError",
      "ConflictError",
      "InsufficientQuotaError",
      "InternalServerError",
      "InvalidRequestError",
      "InvalidResponseError",
      "NotFoundError",
      "PaginationError",
      "PermissionDeniedError",
      "RateLimitError",
      "StreamInterruptedError",
      "TimeoutError",
      "TransportError",
      "UnexpectedStatusError",
      "UnprocessableEntityError"
    ])
  })
})
