import { Assistants, ChatCompletions, FetchHttpClient, Files, type OpenAiClient } from "@effect-openai/client"
import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
import { FileSource, OpenAiError } from "@effect-openai/core"
import { FetchHttpClient as Platform } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck as fc, Logger, LogLevel, Stream, Supervisor } from "effect"
import * as Client from "./utils/client.js"
import * as Conversation from "./utils/conversation.js"
import { collectGarbage } from "./utils/gc.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"
import { isSoak } from "./utils/soak.js"

const { chunk, done, event } = Conversation

const assistant = Models.assistant()
const ok = Server.json(assistant)
const hello = event(chunk({ content: "Hello" }))

/** The reply that each request selects. */
const right: Server.Reply = ({ body, method, url }) => {
  if (url.includes("/content")) return Server.text("x".repeat(20_000))
  if (url.includes("/files")) return Server.json(Models.file())
  if (url.includes("/chat")) {
    return body().includes("\"stream\":true")
      ? Conversation.reply(hello, hello, done)
      : Server.json(Conversation.completion({ content: "Hello" }))
  }
  return method === "GET" && url.includes("?") ? Server.json(Models.page(["asst_1", "asst_2"])) : ok
}

/** The faults. */
const quick: ReadonlyArray<Server.Reply> = [
  Server.json(Models.page(["asst_1"], { has_more: true })),
  Server.trickle(JSON.stringify(assistant)),
  Server.gzip(assistant),
  Server.gzip(assistant, 30),
  Server.reset,
  Server.cut("reset"),
  Server.cut("end"),
  Server.resetAfter(assistant),
  Server.overlong(assistant, 20),
  Server.raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nno length\r\n"),
  Server.raw("not HTTP at all\r\n\r\n"),
  Server.error(429, { "retry-after-ms": "0" }),
  Server.error(500),
  Server.error(503, {}, { message: "x".repeat(10_000) }),
  Server.text("<h1>Bad gateway</h1>", 502, { "content-type": "text/html" }),
  Server.text("x".repeat(200_000), 500),
  Server.redirect(307, "/v1/assistants/asst_2"),
  Server.redirect(302, "http://127.0.0.1:9/"),
  Conversation.reply(hello, event({ error: { message: "late", type: "server_error" } })),
  Conversation.reply(hello, event("no JSON")),
  Conversation.reply(hello),
  Conversation.broken(hello, "reset"),
  Server.endless(200, "x".repeat(50_000))
]

/** The replies of the server, in random order, as often as they are listed. Those that time out are rare. */
const replies: ReadonlyArray<Server.Reply> = [
  ...Array.from({ length: 6 * quick.length }, () => right),
  ...[...quick, ...quick, ...quick],
  Server.hush("{"),
  Server.stall
]

const request = { model: "gpt-4o", messages: [{ role: "user" as const, content: "Hi" }] }

/** The calls of the program, in turn. */
const calls: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, OpenAiClient.OpenAiClient>> = [
  Assistants.retrieve({ assistant_id: "asst_1" }),
  Assistants.create({ model: "gpt-4o" }),
  Stream.runDrain(Assistants.list.items({ limit: 2 })),
  Stream.runDrain(ChatCompletions.create.stream(request)),
  Stream.runDrain(Stream.take(ChatCompletions.create.stream(request, { onInvalidEvent: "skip" }), 1)),
  ChatCompletions.create(request),
  Files.content({ file_id: "file-1" }),
  // A stream may be endless.
  Stream.runDrain(Stream.take(Files.content.stream({ file_id: "file-1" }), 10)),
  Files.upload({ file: FileSource.fromBytes("notes.txt", "Meet at noon."), purpose: "assistants" }),
  Effect.disconnect(Assistants.retrieve({ assistant_id: "asst_1" })).pipe(Effect.timeout("1 millis"))
]

const catalogue: ReadonlySet<string> = new Set([
  ...Object.keys(OpenAiError).filter((name) => name.endsWith("Error")),
  "TimeoutException"
])

/** The resources that keep the process alive, by kind. */
const resources = () => {
  const counts: Record<string, number> = {}
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

const heap = Effect.map(collectGarbage, () => process.memoryUsage().heapUsed)

const MB = 1024 * 1024

describe("Soak", () => {
  for (
    const [name, transport, count] of [
      ["Fetch", Platform.layer, isSoak ? 20_000 : 300],
      ["FetchHttpClient", FetchHttpClient.layer, isSoak ? 20_000 : 300],
      ["UndiciHttpClient", UndiciHttpClient.layer, isSoak ? 100_000 : 1000]
    ] as const
  ) {
    it.scopedLive(
      `${name}: mixed faults leave no socket, no fiber, no timer and no memory behind`,
      () =>
        Effect.gen(function*() {
          // The same order in each run.
          const order = fc.sample(fc.nat(replies.length - 1), { seed: 6, numRuns: 10_007 })
          const server = yield* Server.serve((_, index) => replies[order[index % order.length]!]!, { keep: false })
          const before = resources()
          const outcomes: Record<string, number> = {}
          const supervisor = yield* Supervisor.track
          let most = 0

          const rounds = (from: number, to: number) =>
            Effect.forEach(
              Array.from({ length: to - from }, (_, index) => from + index),
              (index) =>
                Effect.map(Effect.either(calls[index % calls.length]!), (result) => {
                  const outcome = result._tag === "Right" ? "success" : result.left._tag
                  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
                  most = Math.max(most, server.open())
                }),
              { concurrency: 32, discard: true }
            )

          const [warm, end] = yield* Effect.gen(function*() {
            yield* rounds(0, count / 5)
            const warm = yield* heap
            yield* rounds(count / 5, count)
            return [warm, yield* heap] as const
          }).pipe(
            Client.atOnce,
            // Skipped events are logged.
            Logger.withMinimumLogLevel(LogLevel.Error),
            Effect.supervised(supervisor),
            Effect.provide(
              Client.layer(
                server.origin,
                { timeout: "2 seconds", idleTimeout: "2 seconds", maxBodyBytes: 100_000 },
                transport
              )
            )
          )

          const { success, ...failures } = outcomes
          assert.strictEqual(Object.values(outcomes).reduce((sum, count) => sum + count, 0), count)
          assert.isAbove(success!, count / 4)
          for (const failure of Object.keys(failures)) assert(catalogue.has(failure), failure)
          // Which call meets which reply depends on the order in which requests arrive, so few rounds have fewer kinds.
          assert.isAtLeast(Object.keys(failures).length, isSoak ? 6 : 4)
          // Aborted connections are closed, and at most as many are kept as were used concurrently.
          assert.isAtMost(most, 32 * 4)
          yield* Client.eventually(() => server.open() <= 32 * 2)
          assert.deepStrictEqual(yield* supervisor.value, [])
          yield* Client.eventually(() => (resources()["Timeout"] ?? 0) <= (before["Timeout"] ?? 0))
          assert.isBelow(end - warm, 16 * MB)
          if (isSoak) {
            const grown = ((end - warm) / MB).toFixed(1)
            yield* Effect.log(`${name}, ${count} calls: at most ${most} connections, ${server.open()} in the end`)
            yield* Effect.log(`heap ${(warm / MB).toFixed(1)} MB after a fifth, ${grown} MB more in the end`, outcomes)
          }
        }),
      isSoak ? 1_800_000 : 60_000
    )
  }
})
