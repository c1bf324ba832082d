import { AssistantFiles, Assistants, Files, type OpenAiClient, Retry } from "@effect-openai/client"
import { assert } from "@effect/vitest"
import { Chunk, Deferred, Effect, Fiber, Stream } from "effect"
import * as Behaviour from "../utils/behaviour.js"
import * as Client from "../utils/client.js"
import { collectGarbage } from "../utils/gc.js"
import * as Models from "../utils/models.js"
import * as Server from "../utils/server.js"
import { failsWith } from "./calls.js"

export const section = Behaviour.section("Lists", "lists.ts")
const { behaviour } = section

const queriesOf = (server: Server.TestServer) =>
  server.requests.map((request) => Object.fromEntries(new URL(request.url, server.origin).searchParams))

/** Runs a pagination over the pages of a server, and returns the requests. */
const walk = <A, E>(
  on: Behaviour.Subject,
  stream: Stream.Stream<A, E, OpenAiClient.OpenAiClient>,
  ...pages: readonly [object, ...ReadonlyArray<object>]
) =>
  Effect.gen(function*() {
    const [first, ...rest] = pages
    const server = yield* Server.make(Server.json(first), ...rest.map((page) => Server.json(page)))
    const seen: Array<A> = []
    const exit = yield* Stream.runForEach(stream, (a) => Effect.sync(() => seen.push(a))).pipe(
      on.against(server),
      Effect.either
    )
    return { seen, exit, queries: queriesOf(server) }
  })

const ids = (items: ReadonlyArray<{ readonly id: string }>) => items.map((item) => item.id)

const paginationError = failsWith("PaginationError")

for (
  const [name, fields] of [
    ["null", { first_id: null, last_id: null }],
    ["absent", { first_id: undefined, last_id: undefined, has_more: undefined }]
  ] as const
) {
  behaviour(10, `an empty list whose ids are ${name}`, (on) =>
    Effect.gen(function*() {
      const { exit, queries, seen } = yield* walk(on, Assistants.list.items(), Models.page([], fields))
      assert.strictEqual(exit._tag, "Right")
      assert.deepStrictEqual(seen, [])
      assert.deepStrictEqual(queries, [{}])
    }))
}

behaviour(10, "a list of files without cursors", (on) =>
  Effect.gen(function*() {
    const { exit, queries, seen } = yield* walk(on, Files.list.items({ purpose: "assistants" }), {
      object: "list",
      data: [Models.file("file-1"), Models.file("file-2")]
    })
    assert.strictEqual(exit._tag, "Right")
    assert.deepStrictEqual(ids(seen), ["file-1", "file-2"])
    assert.deepStrictEqual(queries, [{ purpose: "assistants" }])
  }))

behaviour(11, "has_more and last_id drive the pages", (on) =>
  Effect.gen(function*() {
    const { queries, seen } = yield* walk(
      on,
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

behaviour(11, "the ID of the last item replaces a missing last_id", (on) =>
  Effect.gen(function*() {
    const { queries } = yield* walk(
      on,
      Assistants.list.pages(),
      Models.page(["a", "b"], { has_more: true, last_id: undefined }),
      Models.page(["c"], { has_more: true, last_id: null }),
      Models.page([])
    )
    assert.deepStrictEqual(queries, [{}, { after: "b" }, { after: "c" }])
  }))

behaviour(11, "an empty page with has_more continues by last_id", (on) =>
  Effect.gen(function*() {
    const { queries, seen } = yield* walk(
      on,
      Assistants.list.items(),
      Models.page([], { has_more: true, last_id: "a" }),
      Models.page(["b"])
    )
    assert.deepStrictEqual(ids(seen), ["b"])
    assert.deepStrictEqual(queries, [{}, { after: "a" }])
  }))

behaviour(11, "an empty page with has_more and no cursor fails after the pages before", (on) =>
  Effect.gen(function*() {
    const { exit, queries, seen } = yield* walk(
      on,
      Assistants.list.items(),
      Models.page(["a"], { has_more: true }),
      Models.page([], { has_more: true })
    )
    assert.deepStrictEqual(ids(seen), ["a"])
    assert.strictEqual(queries.length, 2)
    const error = yield* paginationError(exit)
    assert.deepInclude(error, { operation: "listAssistants", cursor: "a" })
  }))

behaviour(11, "a repeated cursor fails, and no page is requested twice", (on) =>
  Effect.gen(function*() {
    const { exit, queries, seen } = yield* walk(
      on,
      Assistants.list.items({ after: "z" }),
      Models.page(["a"], { has_more: true }),
      Models.page(["b"], { has_more: true }),
      Models.page(["c"], { has_more: true, last_id: "a" })
    )
    assert.deepStrictEqual(ids(seen), ["a", "b", "c"])
    assert.strictEqual(queries.length, 3)
    assert.deepInclude(yield* paginationError(exit), { cursor: "b" })
  }))

behaviour(11, "the cursor of the request counts as used", (on) =>
  Effect.gen(function*() {
    const { exit, queries } = yield* walk(
      on,
      Assistants.list.items({ after: "a" }),
      Models.page(["a"], { has_more: true })
    )
    assert.strictEqual(queries.length, 1)
    yield* paginationError(exit)
  }))

behaviour(11, "before paginates backwards, without after", (on) =>
  Effect.gen(function*() {
    const { queries, seen } = yield* walk(
      on,
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

behaviour(11, "pages are unchanged when the pagination goes backwards", (on) =>
  Effect.gen(function*() {
    const { seen } = yield* walk(on, Assistants.list.pages({ before: "g" }), Models.page(["e", "f"]))
    assert.deepStrictEqual(seen.map((page) => ids(page.data)), [["e", "f"]])
  }))

behaviour(11, "after and before together are refused", (on) =>
  Effect.gen(function*() {
    const { exit, queries } = yield* walk(on, Assistants.list.items({ after: "a", before: "b" }), Models.page([]))
    const error = yield* Effect.flip(exit)
    assert.deepInclude<object>(error, { _tag: "InvalidRequestError", operation: "listAssistants", field: "before" })
    assert.strictEqual(queries.length, 0)
  }))

behaviour(11, "all pages have the path parameters of the request", (on) =>
  Effect.gen(function*() {
    const file = (id: string) => ({ id, object: "assistant.file", created_at: 1, assistant_id: "asst_1" })
    const server = yield* Server.make(
      Server.json({ object: "list", data: [file("a")], first_id: "a", last_id: "a", has_more: true }),
      Server.json({ object: "list", data: [file("b")], first_id: "b", last_id: "b", has_more: false })
    )
    const items = yield* Stream.runCollect(AssistantFiles.list.items({ assistant_id: "asst_1" })).pipe(
      on.against(server)
    )
    assert.strictEqual(Chunk.size(items), 2)
    assert.deepStrictEqual(server.requests.map(({ url }) => url), [
      "/v1/assistants/asst_1/files",
      "/v1/assistants/asst_1/files?after=a"
    ])
  }))

behaviour(11, "each run of a pagination starts from the first page", (on) =>
  Effect.gen(function*() {
    const first = Server.json(Models.page(["a"], { has_more: true }))
    const second = Server.json(Models.page(["b"]))
    const server = yield* Server.make(first, second, first, second)
    const items = Stream.runCollect(Assistants.list.items()).pipe(on.against(server))
    assert.deepStrictEqual(ids([...(yield* items)]), ["a", "b"])
    assert.deepStrictEqual(ids([...(yield* items)]), ["a", "b"])
  }))

/** A server whose page n has the item n, up to the last. */
const long = (last = Infinity) =>
  Server.serve(({ url }) => {
    const next = Number(new URL(url, "http://localhost").searchParams.get("after") ?? 0) + 1
    return Server.json(Models.page([String(next)], { has_more: next < last }))
  })

behaviour(12, "a page is requested when it is consumed", (on) =>
  Effect.gen(function*() {
    const server = yield* long()
    const fetched: Array<number> = []
    yield* Assistants.list.items().pipe(
      Stream.tap(() => Effect.sync(() => fetched.push(server.requests.length))),
      Stream.take(5),
      Stream.runDrain,
      on.against(server)
    )
    assert.deepStrictEqual(fetched, [1, 2, 3, 4, 5])
    assert.strictEqual(server.requests.length, 5)
  }))

behaviour(12, "200 pages are emitted, and none is retained", (on) =>
  Effect.gen(function*() {
    const server = yield* long(200)
    const pages: Array<WeakRef<object>> = []
    const count = yield* Assistants.list.pages().pipe(
      Stream.runFold(0, (count, page) => {
        pages.push(new WeakRef(page))
        return count + 1
      }),
      on.against(server)
    )
    assert.strictEqual(count, 200)
    assert.strictEqual(server.requests.length, 200)
    yield* collectGarbage
    assert.isBelow(pages.filter((page) => page.deref() !== undefined).length, 10)
  }))

behaviour(12, "a failed page has its cursor, and the pagination can be resumed there", (on) =>
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
        on.against(server)
      )
    const error = yield* Effect.flip(collect({}))
    assert.deepInclude<object>(error, { _tag: "InternalServerError", cursor: "b" })
    yield* collect({ after: error.cursor! })
    assert.deepStrictEqual(seen, ["a", "b", "c"])
  }))

for (
  const [name, reply, tag] of [
    ["that does not decode", Server.json({ object: "list", data: [{}] }), "InvalidResponseError"],
    ["that ends early", Server.cut("end"), "TransportError"],
    ["with an error that is text", Server.text("no", 404), "NotFoundError"]
  ] as const
) {
  behaviour(12, `a page ${name} has its cursor`, (on) =>
    Effect.gen(function*() {
      const server = yield* Server.make(Server.json(Models.page(["a"], { has_more: true })), reply)
      const error = yield* Stream.runDrain(Assistants.list.pages()).pipe(
        Retry.none,
        on.against(server),
        Effect.flip
      )
      assert.deepInclude<object>(error, { _tag: tag, cursor: "a" })
    }))
}

behaviour(
  12,
  "prefetch requests the next page while a page is consumed",
  (on) =>
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
          // The request would never be sent if it waited for this item to be consumed.
          return server.arrived(seen.length + 1)
        }),
        on.against(server),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["a", "b"])
      assert.deepInclude<object>(error, { _tag: "NotFoundError", cursor: "b" })
    })
)

behaviour(12, "prefetch requests one page", (on) =>
  Effect.gen(function*() {
    const server = yield* long()
    const fetched: Array<number> = []
    yield* Assistants.list.pages({}, { prefetch: true }).pipe(
      Stream.tap(() =>
        server.arrived(fetched.length + 2).pipe(
          // Long enough for another request to be received.
          Effect.zipRight(Effect.repeatN(Client.turn, 20)),
          Effect.zipRight(Effect.sync(() => fetched.push(server.requests.length)))
        )
      ),
      Stream.take(3),
      Stream.runDrain,
      on.against(server)
    )
    assert.deepStrictEqual(fetched, [2, 3, 4])
  }))

behaviour(12, "prefetch aborts a page that is not consumed", (on) =>
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
    }).pipe(on.against(server))
  }))
