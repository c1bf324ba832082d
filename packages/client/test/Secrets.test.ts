import { Assistants, ChatCompletions, Files, OpenAiClient, Retry, Runs } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { FetchHttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { inspect } from "node:util"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import * as Evidence from "./utils/evidence.js"
import * as Server from "./utils/server.js"

/** Every secret of the tests contains this, and nothing else does. */
const mark = "marked"

const everySecret = Object.values(Client.secrets).join(" ")

const echo = { "x-request-id": `req ${everySecret}`, "x-echo": everySecret, "retry-after": everySecret }

const get = Assistants.retrieve({ assistant_id: "asst_1" })

/** Everything that is visible of a failure. */
const everythingOf = <A, E>(effect: Effect.Effect<A, E, OpenAiClient.OpenAiClient>, origin: string) =>
  Effect.map(Evidence.collect(effect, Client.layer(origin)), ({ exit, text }) => {
    assert(Exit.isFailure(exit))
    return text
  })

describe("22: secrets", () => {
  const long = (length: number) => "-".repeat(length) + everySecret
  const scenarios: ReadonlyArray<
    readonly [name: string, reply: Server.Reply]
  > = [
    [
      "an error",
      Server.json(
        { error: { message: `Bad key ${everySecret}`, type: everySecret, param: everySecret, code: everySecret } },
        401,
        echo
      )
    ],
    [
      "an error with escaped characters",
      Server.text(
        `{"error":{"message":"${
          [...everySecret].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")
        }"}}`,
        401
      )
    ],
    ["an error without an envelope", Server.text(everySecret, 401, echo)],
    // A secret must be removed even where the body is cut within it.
    ...[4080, 4070, 4050, 4030, 4010].map((length) =>
      [`an error body of ${length} characters before`, Server.text(long(length), 500, echo)] as const
    ),
    ["what is not JSON", Server.text(everySecret, 200, echo)],
    ...[195, 185, 165, 145].map((length) =>
      [`what is not JSON, of ${length} characters before`, Server.text(long(length), 200)] as const
    ),
    ["a field at fault", Server.json({ id: [everySecret], [everySecret]: 1 }, 200, echo)],
    ...[90, 110, 130].map((length) =>
      [`a field at fault, of ${length} characters before`, Server.json({ id: [long(length)] })] as const
    ),
    ["an error that is a success", Server.json({ error: { message: everySecret } }, 200, echo)],
    ["a redirect to a URL with it", Server.redirect(302, `http://127.0.0.1:9/${everySecret}`)],
    [
      "a redirect to an invalid URL",
      Server.redirect(302, `http://${Client.secrets.apiKey}:${Client.secrets.project}@[`)
    ],
    [
      "a redirect with credentials",
      Server.redirect(302, `http://${Client.secrets.apiKey}:${Client.secrets.project}@127.0.0.1:9/`)
    ],
    ["a reset", Server.reset],
    ["a broken body", Server.cut("reset")],
    ["a response that is not HTTP", Server.raw(`${everySecret}\r\n\r\n`)],
    ["a stall", Server.stall],
    ["a stall in the middle", Server.hush(everySecret)]
  ]
  for (const [name, reply] of scenarios) {
    it.scoped(`${name}: keeps them out of errors, logs and spans`, () =>
      Effect.gen(function*() {
        const server = yield* Server.make(reply)
        const fiber = yield* Effect.fork(everythingOf(get.pipe(Retry.none), server.origin))
        yield* server.arrived(1)
        if (name.startsWith("a stall")) yield* TestClock.adjust("10 minutes")
        const all = yield* Fiber.join(fiber)
        assert.include(server.requests[0]!.headers.authorization, mark)
        assert.include(all, "getAssistant")
        assert.notInclude(all, mark)
      }))
  }

  const others: ReadonlyArray<readonly [string, Effect.Effect<unknown, unknown, OpenAiClient.OpenAiClient>]> = [
    ["a stream", Stream.runDrain(Files.content.stream({ file_id: "file-1" }))],
    ["an upload", Files.upload({ file: FileSource.fromBytes("a", "b"), purpose: "vision" })],
    [
      "an upload that can't be tried again",
      Files.upload({ file: FileSource.fromStream("a", Stream.make(new Uint8Array(1))), purpose: "vision" })
    ],
    ["a list", Stream.runDrain(Assistants.list.items())],
    ["retries", get]
  ]
  for (const [name, effect] of others) {
    it.scopedLive(`${name}: keeps them out of errors, logs and spans`, () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.json({ error: { message: `overloaded ${everySecret}` } }, 503, { ...echo, "retry-after-ms": "1" })
        )
        const all = yield* everythingOf(effect, server.origin)
        assert.include(server.requests[0]!.headers.authorization, mark)
        assert.notInclude(all, mark)
      }))
  }

  const { event } = Conversation
  const chat = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }
  const thread = { id: "thread_1", object: "thread", created_at: 1, metadata: { [Client.secrets.apiKey]: 1 } }
  const events: ReadonlyArray<readonly [string, string]> = [
    ["an error", event({ error: { message: everySecret, type: everySecret, param: everySecret, code: everySecret } })],
    ["a named error", event({ message: everySecret, code: everySecret }, "error")],
    ["a flat error", event({ object: "error", message: everySecret, code: 400 })],
    ["an error as a text", event(everySecret, "error")],
    ["an event without JSON", event(everySecret)],
    ...[195, 185, 165, 145].map((length) =>
      [`an event without JSON, of ${length} characters before`, event(long(length))] as const
    ),
    ["an event that does not fit", event({ id: everySecret, object: everySecret, choices: everySecret })],
    ["an event's name", event(1, everySecret)],
    ...[195, 185, 165, 145].map((length) =>
      [`an event's name, of ${length} characters before`, event(1, long(length))] as const
    ),
    ["a field of a named event", event(thread, "thread.created")],
    ["a named event without JSON", event(everySecret, "thread.created")],
    ["a stream that ends early", event(Conversation.run("queued", { id: everySecret }), "thread.run.queued")]
  ]
  for (const onInvalidEvent of ["fail", "skip"] as const) {
    for (const [name, text] of events) {
      it.scopedLive(`in a stream, ${name} (${onInvalidEvent}): are not in any error, log or span`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Conversation.reply(text))
          for (
            const effect of [
              Stream.runDrain(ChatCompletions.create.stream(chat, { onInvalidEvent })),
              Stream.runDrain(
                Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" }, { onInvalidEvent })
              )
            ]
          ) {
            const all = yield* everythingOf(effect, server.origin)
            assert.include(all, "create")
            assert.notInclude(all, mark)
          }
          assert.strictEqual(server.requests.length, 2)
        }))
    }
  }

  it.scopedLive("in an invalid stream: keeps them out of errors, logs and spans", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(
        Server.text(everySecret, 200, { ...echo, "content-type": `application/json; ${everySecret}` })
      )
      const all = yield* everythingOf(
        Stream.runDrain(ChatCompletions.create.stream(chat)),
        server.origin
      )
      assert.include(all, "InvalidResponseError")
      assert.notInclude(all, mark)
    }))

  it.scopedLive("a refused connection", () =>
    Effect.gen(function*() {
      const all = yield* everythingOf(get.pipe(Retry.none), yield* Server.nowhere)
      assert.include(all, "ECONNREFUSED")
      assert.notInclude(all, mark)
    }))

  it.effect("removes a secret that begins with another one", () =>
    Effect.gen(function*() {
      const transport = Client.fake((_, request) =>
        Client.failure(401, {}, { message: request.headers["openai-project"] })
      )
      const error = yield* get.pipe(
        Effect.provide(Client.layer(
          "http://fake",
          { apiKey: Redacted.make("sk-short"), project: Redacted.make("sk-short-and-longer") },
          transport.layer
        )),
        Effect.flip
      )
      assert.strictEqual(error.message, "<redacted>")
    }))

  it.effect("keeps them out of the client's inspection", () =>
    Effect.gen(function*() {
      const client = yield* OpenAiClient.make({ ...Client.credentials }).pipe(Effect.provide(FetchHttpClient.layer))
      assert.notInclude(inspect(client, { depth: 20, showHidden: true }) + JSON.stringify(client), mark)
    }))

  for (const option of ["apiKey", "adminKey", "organization", "project"] as const) {
    for (
      const value of [
        "",
        " ",
        `${mark}\n`,
        `${mark}\r\nx: y`,
        ` ${mark}`,
        `${mark} `,
        `${mark}\0`,
        `${mark}é`,
        `${mark}\t`
      ]
    ) {
      it.effect(`refuses ${option} ${JSON.stringify(value)}`, () =>
        Effect.gen(function*() {
          const error = yield* OpenAiClient.make({ ...Client.credentials, [option]: Redacted.make(value) }).pipe(
            Effect.provide(FetchHttpClient.layer),
            Effect.flip
          )
          assert.strictEqual(error._op, "InvalidData")
          assert.include(String(error), option)
          assert.notInclude(inspect(error) + String(error) + JSON.stringify(error), mark)
        }))
    }
  }

  it.scopedLive("no trace header is sent, and nothing that was not asked for", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(404))
      yield* Effect.exit(get).pipe(Effect.withSpan("outer"), Effect.provide(Client.layer(server.origin)))
      const { headers } = server.requests[0]!
      assert.deepInclude(headers, {
        accept: "application/json",
        authorization: `Bearer ${Client.secrets.apiKey}`,
        "openai-beta": "assistants=v1",
        "openai-organization": Client.secrets.organization,
        "openai-project": Client.secrets.project
      })
      for (const name of ["traceparent", "b3", "x-b3-traceid"]) assert.notProperty(headers, name)
    }))

  it.scopedLive("files take no beta header, and what is not configured is not sent", () =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.error(404))
      yield* Effect.exit(Files.retrieve({ file_id: "file-1" })).pipe(
        Effect.provide(Client.layer(server.origin, { organization: undefined, project: undefined }))
      )
      for (const name of ["openai-beta", "openai-organization", "openai-project"]) {
        assert.notProperty(server.requests[0]!.headers, name)
      }
    }))

  it.scopedLive("the caller's own headers do not go to another origin either", () =>
    Effect.gen(function*() {
      const stranger = yield* Server.make(Server.error(404))
      const server = yield* Server.make(Server.redirect(302, `${stranger.origin}/away`))
      const transport = FetchHttpClient.layer.pipe(
        Layer.provide(Layer.succeed(FetchHttpClient.RequestInit, { headers: { "x-gateway": "secret" } }))
      )
      yield* Effect.exit(get).pipe(Effect.provide(Client.layer(server.origin, {}, transport)))
      assert.strictEqual(server.requests[0]!.headers["x-gateway"], "secret")
      assert.strictEqual(stranger.requests.length, 1)
      assert.notProperty(stranger.requests[0]!.headers, "x-gateway")
    }))
})
