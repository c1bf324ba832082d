import {
  AssistantFiles,
  Assistants,
  Files,
  MessageFiles,
  Messages,
  type OpenAiClient,
  Runs
} from "@effect-openai/client"
import type { OpenAiError, PaginationError } from "@effect-openai/core/OpenAiError"
import type { ListQuery } from "@effect-openai/core/Pagination"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

interface Item {
  readonly id: string
  readonly created_at: number
}

interface Page {
  readonly data: ReadonlyArray<Item>
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
  readonly has_more?: boolean | undefined
}

/** A list whose objects are all a scenario's own. */
interface Own {
  readonly ids: ReadonlyArray<string>
  readonly page: (query: ListQuery) => Effect.Effect<Page, OpenAiError, OpenAiClient.OpenAiClient>
  readonly walk: (
    query: ListQuery
  ) => Stream.Stream<Item, OpenAiError | PaginationError, OpenAiClient.OpenAiClient>
}

const idsOf = ({ data }: Page) => data.map(({ id }) => id)

const count = 5

/** Holds a list to everything that is documented of cursors. */
const paged = ({ ids, page, walk }: Own) =>
  Effect.gen(function*() {
    const whole = yield* page({ order: "asc", limit: 100 })
    yield* Scenario.equal("the list holds every object once", [...idsOf(whole)].sort(), [...ids].sort())
    const asc = idsOf(whole)
    const desc = [...asc].reverse()
    yield* Scenario.that(
      "objects are ordered by created_at",
      whole.data.every(({ created_at }, index) => index === 0 || created_at >= whole.data[index - 1]!.created_at),
      whole.data.map(({ created_at }) => created_at)
    )
    yield* Scenario.equal("the list looks the same each time", idsOf(yield* page({ order: "asc", limit: 100 })), asc)
    yield* Scenario.equal("the newest is first unless told", idsOf(yield* page({})), desc)

    for (const [order, expected] of [["asc", asc], ["desc", desc]] as const) {
      const pages: Array<ReadonlyArray<string>> = []
      let after: string | undefined
      for (let index = 0; index < count; index++) {
        const one: Page = yield* page({ order, limit: 2, ...(after === undefined ? {} : { after }) })
        const found = idsOf(one)
        yield* Scenario.equal(
          "a page says where it begins and ends",
          [one.first_id, one.last_id],
          [found[0] ?? null, found.at(-1) ?? null]
        )
        pages.push(found)
        if (one.has_more !== true) break
        after = found.at(-1)
      }
      yield* Scenario.equal(`pages of two, ${order}, hold the whole list`, pages, [
        expected.slice(0, 2),
        expected.slice(2, 4),
        expected.slice(4)
      ])
      const items = yield* Stream.runCollect(Stream.take(walk({ order, limit: 2 }), 2 * count))
      yield* Scenario.equal(`so does the walk, ${order}`, Chunk.toReadonlyArray(items).map(({ id }) => id), expected)

      const before = yield* page({ order, limit: 2, before: expected[3]! })
      yield* Scenario.equal(
        `the page before an object, ${order}, ends where that begins`,
        idsOf(before),
        expected.slice(1, 3)
      )
      const between = yield* page({ order, after: expected[0]!, before: expected[3]! })
      yield* Scenario.equal(`both cursors enclose, ${order}`, idsOf(between), expected.slice(1, 3))
      const end = yield* page({ order, after: expected.at(-1)! })
      yield* Scenario.equal(
        `behind the last, ${order}, there is nothing`,
        [end.data, end.first_id ?? null, end.last_id ?? null, end.has_more ?? false],
        [[], null, null, false]
      )
    }
  })

const numbers = Array.from({ length: count }, (_, index) => String(index))

/** Five objects, the first two of which are at least a second older than the others. */
const sequentially = <A, E, R>(f: (name: string) => Effect.Effect<A, E, R>) =>
  Effect.forEach(numbers, (name, index) => index === 2 ? Effect.zipRight(given.later, f(name)) : f(name))

/** Holds a list that others have objects in to what is documented of cursors: all of ours must come. */
const shared = <E, E1, R, R1>(
  { ids, page, walk }: {
    readonly ids: ReadonlyArray<string>
    readonly page: (query: Pick<ListQuery, "after" | "limit" | "order">) => Effect.Effect<Page, E, R>
    readonly walk: (query: Pick<ListQuery, "limit" | "order">) => Stream.Stream<Item, E1, R1>
  }
) =>
  Effect.gen(function*() {
    const found = (order: "asc" | "desc") =>
      Effect.gen(function*() {
        const left = new Set(ids)
        const items = yield* walk({ order, limit: 2 }).pipe(
          // A walk to our first object, which may be the last of many, goes on for so long and no longer.
          Stream.take(2000),
          Stream.takeUntil(({ id }) => left.delete(id) && left.size === 0),
          Stream.runCollect
        )
        const all = Chunk.toReadonlyArray(items)
        yield* Scenario.equal("a walk meets no object twice", new Set(all.map(({ id }) => id)).size, all.length)
        const times = all.map(({ created_at }) => order === "asc" ? created_at : -created_at)
        yield* Scenario.that(
          `a walk is ordered by created_at, ${order}`,
          times.every((time, index) => index === 0 || time >= times[index - 1]!),
          all.map(({ created_at }) => created_at)
        )
        return all.map(({ id }) => id).filter((id) => ids.includes(id))
      })
    const desc = yield* found("desc")
    yield* Scenario.equal("a walk in pages of two meets every object", [...desc].sort(), [...ids].sort())
    const asc = yield* found("asc")
    yield* Scenario.equal("in ascending order it meets them the other way round", asc, [...desc].reverse())
    const one = yield* page({ limit: 1, order: "desc" })
    yield* Scenario.equal("a page of one holds one, and more follow", [one.data.length, one.has_more], [1, true])
    const end = yield* page({ limit: 100, order: "asc", after: asc.at(-1)! })
    yield* Scenario.that(
      "a page behind our last object has none of ours, and where it is empty none follows",
      end.data.every(({ id }) => !ids.includes(id)) && (end.data.length > 0 || end.has_more === false),
      [idsOf(end), end.has_more]
    )
  })

const requires = ["stateful"] as const

export const lists: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "lists/assistants",
    title: "assistants are walked in pages, whoever else has some",
    group: "state",
    operations: ["listAssistants"],
    requires,
    run: Effect.gen(function*() {
      const created = yield* sequentially((name) => given.assistant({ name }))
      yield* shared({
        ids: created.map(({ id }) => id),
        page: (query) => Assistants.list(query),
        walk: (query) => Assistants.list.items(query)
      })
    })
  }),
  Scenario.make({
    id: "lists/assistantsChange",
    title: "a walk over assistants skips and repeats nothing when some come and go in between",
    group: "state",
    operations: ["listAssistants"],
    requires,
    run: Effect.gen(function*() {
      const created = yield* sequentially((name) => given.assistant({ name }))
      const ids = created.map(({ id }) => id)
      const { data } = yield* Assistants.list({ limit: 100 })
      // As the list has them, for those of one second have no order of their own.
      const order = data.map(({ id }) => id).filter((id) => ids.includes(id))
      const [one, two, three, four, five] = order as [string, string, string, string, string]
      yield* given.assistant({ name: "new" })
      yield* Assistants.delete({ assistant_id: three })
      const next = yield* Assistants.list({ limit: 100, after: two })
      yield* Scenario.equal(
        "the page behind the second begins with the fourth",
        next.data.map(({ id }) => id).filter((id) => ids.includes(id)),
        [four, five]
      )
      const previous = yield* Assistants.list({ limit: 100, before: four })
      yield* Scenario.equal(
        "the page before the fourth ends with the second",
        previous.data.map(({ id }) => id).filter((id) => ids.includes(id)),
        [one, two]
      )
      const whole = yield* Assistants.list({ limit: 100 })
      yield* Scenario.equal(
        "the list has all but the deleted one",
        whole.data.map(({ id }) => id).filter((id) => ids.includes(id)),
        [one, two, four, five]
      )
    })
  }),
  Scenario.make({
    id: "lists/files",
    title: "files are walked in pages, whoever else has some",
    group: "state",
    operations: ["listFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const created = yield* sequentially((name) => given.file(name))
      yield* shared({
        ids: created.map(({ id }) => id),
        page: (query) => Files.list(query),
        walk: (query) => Files.list.items(query)
      })
    })
  }),
  Scenario.make({
    id: "lists/messages",
    title: "messages are paged forwards and backwards",
    group: "state",
    operations: ["listMessages"],
    requires,
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      const created = yield* sequentially((content) => given.message(thread_id, { content }))
      yield* paged({
        ids: created.map(({ id }) => id),
        page: (query) => Messages.list({ thread_id, ...query }),
        walk: (query) => Messages.list.items({ thread_id, ...query })
      })
    })
  }),
  Scenario.make({
    id: "lists/assistantFiles",
    title: "assistant files are paged forwards and backwards",
    group: "state",
    operations: ["listAssistantFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const { id: assistant_id } = yield* given.assistant({ tools: [{ type: "retrieval" }] })
      const attached = yield* sequentially((name) =>
        Effect.flatMap(given.file(name), ({ id }) => AssistantFiles.create({ assistant_id, file_id: id }))
      )
      const ids = attached.map(({ id }) => id)
      yield* paged({
        ids,
        page: (query) => AssistantFiles.list({ assistant_id, ...query }),
        walk: (query) => AssistantFiles.list.items({ assistant_id, ...query })
      })
    })
  }),
  Scenario.make({
    id: "lists/messageFiles",
    title: "message files are paged forwards and backwards",
    group: "state",
    operations: ["listMessageFiles"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const created = yield* sequentially((name) => given.file(name))
      const ids = created.map(({ id }) => id)
      const { id: thread_id } = yield* given.thread()
      const { id: message_id } = yield* given.message(thread_id, { file_ids: ids })
      yield* paged({
        ids,
        page: (query) => MessageFiles.list({ thread_id, message_id, ...query }),
        walk: (query) => MessageFiles.list.items({ thread_id, message_id, ...query })
      })
    })
  }),
  Scenario.make({
    id: "lists/runs",
    title: "runs are paged forwards and backwards",
    group: "state",
    operations: ["listRuns"],
    requires: ["stateful", "runs"],
    run: Effect.gen(function*() {
      const { assistant_id, run_id, thread_id } = yield* given.run("Say hello.")
      yield* given.settled({ thread_id, run_id })
      yield* given.later
      const others = yield* Effect.forEach(numbers.slice(1), () =>
        Effect.gen(function*() {
          const { id } = yield* Runs.create({ thread_id, assistant_id })
          yield* given.settled({ thread_id, run_id: id })
          return id
        }))
      yield* paged({
        ids: [run_id, ...others],
        page: (query) => Runs.list({ thread_id, ...query }),
        walk: (query) => Runs.list.items({ thread_id, ...query })
      })
    })
  }),
  Scenario.make({
    id: "lists/default",
    title: "a page holds 20 objects unless told, and 100 at the most",
    group: "state",
    operations: ["listMessages"],
    requires,
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      for (let index = 0; index < 21; index++) yield* given.message(thread_id, { content: `${index}` })
      const page = yield* Messages.list({ thread_id })
      yield* Scenario.equal("the first page holds 20, and more follow", [page.data.length, page.has_more], [20, true])
      const all = yield* Messages.list({ thread_id, limit: 100 })
      yield* Scenario.equal("a page of up to 100 holds all", [all.data.length, all.has_more], [21, false])
      const exact = yield* Messages.list({ thread_id, limit: 21 })
      yield* Scenario.equal("a page that is just full is the last", [exact.data.length, exact.has_more], [21, false])
      const one = yield* Messages.list({ thread_id, limit: 1 })
      yield* Scenario.equal("a page of one holds one", [one.data.length, one.has_more], [1, true])
    })
  }),
  Scenario.make({
    id: "lists/runFilter",
    title: "messages are listed by their run",
    group: "state",
    operations: ["listMessages"],
    requires: ["stateful", "runs"],
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.")
      yield* given.settled({ thread_id, run_id })
      const { data } = yield* Messages.list({ thread_id, run_id })
      yield* Scenario.that(
        "all of them are the run's",
        data.length > 0 && data.every((message) => message.run_id === run_id),
        data.map((message) => message.run_id)
      )
      const all = yield* Messages.list({ thread_id })
      yield* Scenario.that("the thread has others too", all.data.length > data.length, all.data.length)
    })
  })
]
