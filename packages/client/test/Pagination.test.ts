import { AssistantFiles, Assistants, Files, type OpenAiClient, Retry } from "@effect-openai/client"
import type { OpenAiError } from "@effect-openai/core"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Stream } from "effect"
import * as Client from "./utils/client.js"
import * as Models from "./utils/models.js"
import * as Server from "./utils/server.js"

const queriesOf = (server: Server.TestServer) =>
  server.requests.map((request) => Object.fromEntries(new URL(request.url, server.origin).searchParams))

/** Runs a walk over the pages that a server answers one after the other, and tells what it asked for. */
const walk = <A, E>(
  stream: Stream.Stream<A, E, OpenAiClient.OpenAiClient>,
  ...pages: readonly [object, ...ReadonlyArray<object>]
) =>
  Effect.scoped(Effect.gen(function*() {
    const [first, ...rest] = pages
    const server = yield* Server.make(Server.json(first), ...rest.map((page) => Server.json(page)))
    const seen: Array<A> = []
    const exit = yield* Stream.runForEach(stream, (a) => Effect.sync(() => seen.push(a))).pipe(
      Effect.provide(Client.layer(server.origin)),
      Effect.either
    )
    return { seen, exit, queries: queriesOf(server) }
  }))

const ids = (items: ReadonlyArray<{ readonly id: string }>) => items.map((item) => item.id)

const paginationError = (error: OpenAiError.OpenAiError | OpenAiError.PaginationError) => {
  assert(error._tag === "PaginationError")
  return error
}

describe("Pagination", () => {
  describe("10: what a page may leave out", () => {
    for (
      const [name, fields] of [
        ["null", { first_id: null, last_id: null }],
        ["absent", { first_id: undefined, last_id: undefined, has_more: undefined }]
      ] as const
    ) {
      it.effect(`an empty list whose ids are ${name}`, () =>
        Effect.gen(function*() {
          const { exit, queries, seen } = yield* walk(Assistants.list.items(), Models.page([], fields))
          assert.strictEqual(exit._tag, "Right")
          assert.deepStrictEqual(seen, [])
          assert.deepStrictEqual(queries, [{}])
        }))
    }

    it.effect("files have neither cursor nor more", () =>
      Effect.gen(function*() {
        const { exit, queries, seen } = yield* walk(Files.list.items({ purpose: "assistants" }), {
          object: "list",
          data: [Models.file("file-1"), Models.file("file-2")]
        })
        assert.strictEqual(exit._tag, "Right")
        assert.deepStrictEqual(ids(seen), ["file-1", "file-2"])
        assert.deepStrictEqual(queries, [{ purpose: "assistants" }])
      }))
  })

  describe("11: cursors", () => {
    it.effect("has_more and last_id drive the pages", () =>
      Effect.gen(function*() {
        const { queries, seen } = yield* walk(
          Assistants.list.items({ limit: 2, order: "asc" }),
          Models.page(["a", "b"], { has_more: true, last_id: "cursor-1" }),
          Models.page(["c", "d"], { has_more: true }),
          Models.page(["e"])
        )
        assert.deepStrictEqual(ids(seen), ["a", "b", "c", "d", "e"])
        assert.deepStrictEqual(queries, [
          { limit: "2", order: "asc" },
          { limit: "2", order: "asc", after: "cursor-1" },
          { limit: "2", order: "asc", after: "d" }
        ])
      }))

    it.effect("where last_id is missing, the last item's id", () =>
      Effect.gen(function*() {
        const { queries } = yield* walk(
          Assistants.list.pages(),
          Models.page(["a", "b"], { has_more: true, last_id: undefined }),
          Models.page(["c"], { has_more: true, last_id: null }),
          Models.page([])
        )
        assert.deepStrictEqual(queries, [{}, { after: "b" }, { after: "c" }])
      }))

    it.effect("an empty page with more goes on by last_id", () =>
      Effect.gen(function*() {
        const { queries, seen } = yield* walk(
          Assistants.list.items(),
          Models.page([], { has_more: true, last_id: "a" }),
          Models.page(["b"])
        )
        assert.deepStrictEqual(ids(seen), ["b"])
        assert.deepStrictEqual(queries, [{}, { after: "a" }])
      }))

    it.effect("an empty page with more and no cursor fails after what came before", () =>
      Effect.gen(function*() {
        const { exit, queries, seen } = yield* walk(
          Assistants.list.items(),
          Models.page(["a"], { has_more: true }),
          Models.page([], { has_more: true })
        )
        assert.deepStrictEqual(ids(seen), ["a"])
        assert.strictEqual(queries.length, 2)
        const error = paginationError(yield* Effect.flip(exit))
        assert.deepInclude(error, { operation: "listAssistants", cursor: "a" })
      }))

    it.effect("a cursor seen before fails, and no page comes twice", () =>
      Effect.gen(function*() {
        const { exit, queries, seen } = yield* walk(
          Assistants.list.items({ after: "z" }),
          Models.page(["a"], { has_more: true }),
          Models.page(["b"], { has_more: true }),
          Models.page(["c"], { has_more: true, last_id: "a" })
        )
        assert.deepStrictEqual(ids(seen), ["a", "b", "c"])
        assert.strictEqual(queries.length, 3)
        assert.deepInclude(paginationError(yield* Effect.flip(exit)), { cursor: "b" })
      }))

    it.effect("the cursor that the walk began with counts as seen", () =>
      Effect.gen(function*() {
        const { exit, queries } = yield* walk(
          Assistants.list.items({ after: "a" }),
          Models.page(["a"], { has_more: true })
        )
        assert.strictEqual(queries.length, 1)
        paginationError(yield* Effect.flip(exit))
      }))

    it.effect("before walks backwards, and never meets an after", () =>
      Effect.gen(function*() {
        const { queries, seen } = yield* walk(
          Assistants.list.items({ before: "g", limit: 2 }),
          Models.page(["e", "f"], { has_more: true }),
          Models.page(["c", "d"], { has_more: true, first_id: undefined }),
          Models.page(["b"])
        )
        assert.deepStrictEqual(ids(seen), ["f", "e", "d", "c", "b"])
        assert.deepStrictEqual(queries, [
          { limit: "2", before: "g" },
          { limit: "2", before: "e" },
          { limit: "2", before: "c" }
        ])
      }))

    it.effect("the pages of a walk backwards are as the server answers them", () =>
      Effect.gen(function*() {
        const { seen } = yield* walk(Assistants.list.pages({ before: "g" }), Models.page(["e", "f"]))
        assert.deepStrictEqual(seen.map((page) => ids(page.data)), [["e", "f"]])
      }))

    it.effect("both cursors are refused, and nothing is sent", () =>
      Effect.gen(function*() {
        const { exit, queries } = yield* walk(Assistants.list.items({ after: "a", before: "b" }), Models.page([]))
        const error = yield* Effect.flip(exit)
        assert.deepInclude<object>(error, { _tag: "InvalidRequestError", operation: "listAssistants", field: "before" })
        assert.strictEqual(queries.length, 0)
      }))

    it.effect("a path parameter stays through the pages", () =>
      Effect.scoped(Effect.gen(function*() {
        const file = (id: string) => ({ id, object: "assistant.file", created_at: 1, assistant_id: "asst_1" })
        const server = yield* Server.make(
          Server.json({ object: "list", data: [file("a")], first_id: "a", last_id: "a", has_more: true }),
          Server.json({ object: "list", data: [file("b")], first_id: "b", last_id: "b", has_more: false })
        )
        const items = yield* Stream.runCollect(AssistantFiles.list.items({ assistant_id: "asst_1" })).pipe(
          Effect.provide(Client.layer(server.origin))
        )
        assert.strictEqual(Chunk.size(items), 2)
        assert.deepStrictEqual(server.requests.map(({ url }) => url), [
          "/v1/assistants/asst_1/files",
          "/v1/assistants/asst_1/files?after=a"
        ])
      })))

    it.effect("a walk can be run again from its start", () =>
      Effect.scoped(Effect.gen(function*() {
        const first = Server.json(Models.page(["a"], { has_more: true }))
        const second = Server.json(Models.page(["b"]))
        const server = yield* Server.make(first, second, first, second)
        const items = Stream.runCollect(Assistants.list.items()).pipe(Effect.provide(Client.layer(server.origin)))
        assert.deepStrictEqual(ids([...(yield* items)]), ["a", "b"])
        assert.deepStrictEqual(ids([...(yield* items)]), ["a", "b"])
      })))
  })

  describe("12: long walks", () => {
    /** Page n holds the one item n, up to the last. */
    const endless = (last = Infinity) =>
      Client.fake((_, request) => {
        const after = Number(new URL(request.url).searchParams.get("after") ?? 0)
        return Client.success(Models.page([String(after + 1)], { has_more: after + 1 < last }))
      })

    it.effect("a page is fetched when it is wanted, and not before", () =>
      Effect.gen(function*() {
        const transport = endless()
        const fetched: Array<number> = []
        yield* Assistants.list.items().pipe(
          Stream.tap(() => Effect.sync(() => fetched.push(transport.requests.length))),
          Stream.take(5),
          Stream.runDrain,
          Effect.provide(Client.layer("http://fake", {}, transport.layer))
        )
        assert.deepStrictEqual(fetched, [1, 2, 3, 4, 5])
        assert.strictEqual(transport.requests.length, 5)
      }))

    it.effect("2,000 pages come through, and none is kept", () =>
      Effect.gen(function*() {
        const transport = endless(2000)
        const pages: Array<WeakRef<object>> = []
        const count = yield* Assistants.list.pages().pipe(
          Stream.runFold(0, (count, page) => {
            pages.push(new WeakRef(page))
            return count + 1
          }),
          Effect.provide(Client.layer("http://fake", {}, transport.layer))
        )
        assert.strictEqual(count, 2000)
        assert.strictEqual(transport.requests.length, 2000)
        yield* collectGarbage
        assert.isBelow(pages.filter((page) => page.deref() !== undefined).length, 10)
      }), 20_000)

    it.scoped("a failing page says its cursor, and the walk can be taken up there", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.json(Models.page(["a"], { has_more: true })),
          Server.json(Models.page(["b"], { has_more: true })),
          Server.error(500),
          Server.json(Models.page(["c"]))
        )
        const seen: Array<string> = []
        const collect = (query: { readonly after?: string }) =>
          Stream.runForEach(Assistants.list.items(query), (item) => Effect.sync(() => seen.push(item.id))).pipe(
            Retry.none,
            Effect.provide(Client.layer(server.origin))
          )
        const error = yield* Effect.flip(collect({}))
        assert.deepInclude<object>(error, { _tag: "InternalServerError", cursor: "b" })
        yield* collect({ after: error.cursor! })
        assert.deepStrictEqual(seen, ["a", "b", "c"])
      }))

    for (
      const [name, reply, tag] of [
        ["that does not decode", Server.json({ object: "list", data: [{}] }), "InvalidResponseError"],
        ["that breaks off", Server.cut("end"), "TransportError"],
        ["that is no envelope", Server.text("no", 404), "UnexpectedStatusError"]
      ] as const
    ) {
      it.scoped(`a page ${name} says its cursor`, () =>
        Effect.gen(function*() {
          const server = yield* Server.make(Server.json(Models.page(["a"], { has_more: true })), reply)
          const error = yield* Stream.runDrain(Assistants.list.pages()).pipe(
            Retry.none,
            Effect.provide(Client.layer(server.origin)),
            Effect.flip
          )
          assert.deepInclude<object>(error, { _tag: tag, cursor: "a" })
        }))
    }

    it.scoped("the next page is fetched while the last is consumed, where the caller asks", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(
          Server.json(Models.page(["a"], { has_more: true })),
          Server.json(Models.page(["b"], { has_more: true })),
          Server.error(404)
        )
        const seen: Array<string> = []
        const error = yield* Assistants.list.items({}, { prefetch: true }).pipe(
          Stream.runForEach((item) => {
            seen.push(item.id)
            // It would never come if it waited for this item to be done with.
            return server.arrived(seen.length + 1)
          }),
          Effect.provide(Client.layer(server.origin)),
          Effect.flip
        )
        assert.deepStrictEqual(seen, ["a", "b"])
        assert.deepInclude<object>(error, { _tag: "NotFoundError", cursor: "b" })
      }))

    it.effect("one page is prefetched, and no more", () =>
      Effect.gen(function*() {
        const transport = endless()
        const fetched: Array<number> = []
        yield* Assistants.list.pages({}, { prefetch: true }).pipe(
          Stream.tap(() =>
            // Long enough for any page that is on its way.
            Effect.zipRight(
              Effect.promise(() => new Promise((resolve) => setImmediate(resolve))).pipe(Effect.repeatN(20)),
              Effect.sync(() => fetched.push(transport.requests.length))
            )
          ),
          Stream.take(3),
          Stream.runDrain,
          Effect.provide(Client.layer("http://fake", {}, transport.layer))
        )
        assert.deepStrictEqual(fetched, [2, 3, 4])
      }))

    it.scoped("a prefetched page that nobody wants is given up", () =>
      Effect.gen(function*() {
        const server = yield* Server.make(Server.json(Models.page(["a"], { has_more: true })), Server.stall)
        yield* Effect.gen(function*() {
          const first = yield* Deferred.make<void>()
          const fiber = yield* Assistants.list.pages({}, { prefetch: true }).pipe(
            Stream.runForEach(() => Deferred.succeed(first, undefined)),
            Effect.fork
          )
          yield* Deferred.await(first)
          yield* server.arrived(2)
          yield* Fiber.interrupt(fiber)
          yield* server.gone(1)
        }).pipe(Effect.provide(Client.layer(server.origin)))
      }))
  })
})

/** Runs the collector, where a test may. */
const collectGarbage = Effect.promise(async () => {
  const { setFlagsFromString } = await import("node:v8")
  const { runInNewContext } = await import("node:vm")
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  for (let i = 0; i < 3; i++) {
    // What a promise or a WeakRef holds is free after the next turn.
    await new Promise((resolve) => setImmediate(resolve))
    gc()
  }
})
