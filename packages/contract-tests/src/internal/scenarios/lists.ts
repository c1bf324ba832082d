import { Assistants, Messages, type OpenAiClient } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Call from "../../Call.js"
import * as Scenario from "../../Scenario.js"
import * as samples from "../samples/index.js"
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

type Query = Readonly<Record<string, unknown>>

/** A list, and the IDs of the objects that a scenario created. */
interface List {
  readonly ids: ReadonlyArray<string>
  /** Whether pages are requested with `before`. */
  readonly hasBefore: boolean
  /** Whether the list has another order than newest first. */
  readonly hasOrder: boolean
  readonly page: (query: Query) => Effect.Effect<Page, Scenario.Failure, OpenAiClient.OpenAiClient>
  readonly walk: (query: Query) => Stream.Stream<Item, Scenario.Failure, OpenAiClient.OpenAiClient>
}

const idsOf = ({ data }: Page) => data.map(({ id }) => id)

const orders = ["asc", "desc"] as const

/** Checks the pages of a list without other objects, in both directions. */
const checkPages = ({ hasBefore, ids, page, walk }: List) =>
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
    yield* Scenario.equal(
      "a second request returns the same order",
      idsOf(yield* page({ order: "asc", limit: 100 })),
      asc
    )
    yield* Scenario.equal("the newest object is first by default", idsOf(yield* page({})), desc)

    for (const order of orders) {
      const expected = order === "asc" ? asc : desc
      const pages: Array<ReadonlyArray<string>> = []
      let after: string | undefined
      for (let index = 0; index < ids.length; index++) {
        const one: Page = yield* page({ order, limit: 2, ...(after === undefined ? {} : { after }) })
        const found = idsOf(one)
        yield* Scenario.equal(
          "first_id and last_id are the IDs of the first and the last object of the page",
          [one.first_id, one.last_id],
          [found[0] ?? null, found.at(-1) ?? null]
        )
        pages.push(found)
        if (one.has_more !== true) break
        after = found.at(-1)
      }
      yield* Scenario.equal(`pages of two hold the complete list, ${order}`, pages, [
        expected.slice(0, 2),
        expected.slice(2, 4),
        expected.slice(4)
      ])
      const items = yield* Stream.runCollect(Stream.take(walk({ order, limit: 2 }), 2 * ids.length))
      yield* Scenario.equal(
        `all pages together return the complete list, ${order}`,
        Chunk.toReadonlyArray(items).map(({ id }) => id),
        expected
      )

      const end = yield* page({ order, after: expected.at(-1)! })
      yield* Scenario.equal(
        `the page after the last object is empty, ${order}`,
        [end.data, end.first_id ?? null, end.last_id ?? null, end.has_more ?? false],
        [[], null, null, false]
      )
      if (!hasBefore) continue
      const before = yield* page({ order, limit: 2, before: expected[3]! })
      yield* Scenario.equal(
        `a page before an object ends at that object, ${order}`,
        idsOf(before),
        expected.slice(1, 3)
      )
      const between = yield* page({ order, after: expected[0]!, before: expected[3]! })
      yield* Scenario.equal(
        `a page with both cursors holds the objects between them, ${order}`,
        idsOf(between),
        expected.slice(1, 3)
      )
    }
  })

/** Checks the pages of a list that may hold other objects. */
const checkSharedPages = ({ hasBefore, hasOrder, ids, page, walk }: List) =>
  Effect.gen(function*() {
    const ordered = (order: typeof orders[number]) => hasOrder ? { order } : {}
    const found = (order: typeof orders[number]) =>
      Effect.gen(function*() {
        const left = new Set(ids)
        const items = yield* walk({ ...ordered(order), limit: 2 }).pipe(
          // A list may hold many other objects.
          Stream.take(2000),
          Stream.takeUntil(({ id }) => left.delete(id) && left.size === 0),
          Stream.runCollect
        )
        const all = Chunk.toReadonlyArray(items)
        yield* Scenario.equal("the pages return no object twice", new Set(all.map(({ id }) => id)).size, all.length)
        const times = all.map(({ created_at }) => order === "asc" ? created_at : -created_at)
        yield* Scenario.that(
          `the pages are ordered by created_at, ${order}`,
          times.every((time, index) => index === 0 || time >= times[index - 1]!),
          all.map(({ created_at }) => created_at)
        )
        return all.map(({ id }) => id).filter((id) => ids.includes(id))
      })
    const desc = yield* found("desc")
    yield* Scenario.equal("pages of two return every object", [...desc].sort(), [...ids].sort())
    if (hasOrder) {
      const asc = yield* found("asc")
      yield* Scenario.equal("the ascending order is the reverse of the descending order", asc, [...desc].reverse())
    }
    const one = yield* page({ limit: 1, ...ordered("desc") })
    yield* Scenario.equal("a page of one holds one object, and has_more is true", [one.data.length, one.has_more], [
      1,
      true
    ])
    const last = hasOrder ? desc[0] : desc.at(-1)
    const end = yield* page({ limit: 100, ...ordered("asc"), after: last! })
    yield* Scenario.that(
      "the page after the last created object holds none of them, and has_more is false if it is empty",
      end.data.every(({ id }) => !ids.includes(id)) && (end.data.length > 0 || end.has_more === false),
      [idsOf(end), end.has_more]
    )
    if (hasBefore) {
      const before = idsOf(yield* page({ limit: 100, order: "desc", before: desc[3]! }))
      yield* Scenario.equal(
        "the page before an object holds the newer ones",
        before.filter((id) => ids.includes(id)),
        desc.slice(0, 3)
      )
    }
  })

/** The list of an operation at a path. */
const listOf = (endpoint: Endpoint.Any, path: object, ids: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const operation = yield* Scenario.present(`the client has ${endpoint.name}`, Call.operationOf(endpoint))
    const items = Predicate.hasProperty(operation, "items") ? operation.items : undefined
    const walk = yield* Scenario.present(`the client has the pages of ${endpoint.name}`, items)
    return {
      ids,
      hasBefore: "before" in endpoint.query.fields,
      hasOrder: "order" in endpoint.query.fields,
      // The client checks the response.
      page: (query: Query) => operation({ ...path, ...query }) as ReturnType<List["page"]>,
      walk: (query: Query) => (walk as List["walk"])({ ...path, ...query })
    }
  })

const pages = (endpoint: Endpoint.Any): ReadonlyArray<Scenario.Scenario> => {
  const { items } = samples.of(endpoint)
  if (items === undefined) return []
  return [Scenario.make({
    id: `lists/${endpoint.name}`,
    title: `${endpoint.name} returns every object once, in pages of any size`,
    group: "state",
    operations: [endpoint.name],
    requires: [...new Set(["stateful" as const, ...samples.requires(endpoint), ...items.requires ?? []])],
    // Pages skip what others delete meanwhile.
    sequential: items.shared === true,
    run: Effect.gen(function*() {
      const outer = yield* samples.objects(endpoint)
      const ids = yield* items.create(outer)
      const path = items.path === undefined ? outer : yield* items.path(outer, ids)
      const list = yield* listOf(endpoint, path, ids)
      yield* items.shared === true ? checkSharedPages(list) : checkPages(list)
    })
  })]
}

const requires = ["stateful"] as const

export const lists: ReadonlyArray<Scenario.Scenario> = [
  ...Contract.endpoints.flatMap(pages),
  Scenario.make({
    id: "lists/assistantsChange",
    title: "the pages of assistants skip and repeat nothing if assistants are created and deleted meanwhile",
    group: "state",
    operations: ["listAssistants"],
    requires,
    sequential: true,
    run: Effect.gen(function*() {
      const ids = yield* given.sequentially((name) => given.assistant({ name }))
      const { data } = yield* Assistants.list({ limit: 100 })
      // Objects of the same second have no defined order, so the order of the list is used.
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
    id: "lists/default",
    title: "a page holds 20 objects by default, and at most 100",
    group: "state",
    operations: ["listMessages"],
    requires,
    run: Effect.gen(function*() {
      const { id: thread_id } = yield* given.thread()
      for (let index = 0; index < 21; index++) yield* given.message(thread_id, { content: `${index}` })
      const page = yield* Messages.list({ thread_id })
      yield* Scenario.equal(
        "the first page holds 20 objects, and has_more is true",
        [page.data.length, page.has_more],
        [20, true]
      )
      const all = yield* Messages.list({ thread_id, limit: 100 })
      yield* Scenario.equal("a page of up to 100 objects holds all of them", [all.data.length, all.has_more], [
        21,
        false
      ])
      const exact = yield* Messages.list({ thread_id, limit: 21 })
      yield* Scenario.equal("a full last page has no more", [exact.data.length, exact.has_more], [21, false])
      const one = yield* Messages.list({ thread_id, limit: 1 })
      yield* Scenario.equal("a page of one holds one", [one.data.length, one.has_more], [1, true])
    })
  }),
  Scenario.make({
    id: "lists/runFilter",
    title: "messages are filtered by their run",
    group: "state",
    operations: ["listMessages"],
    requires: ["stateful", "runs"],
    run: Effect.gen(function*() {
      const { run_id, thread_id } = yield* given.run("Say hello.")
      yield* given.settled({ thread_id, run_id })
      const { data } = yield* Messages.list({ thread_id, run_id })
      yield* Scenario.that(
        "every listed message belongs to the run",
        data.length > 0 && data.every((message) => message.run_id === run_id),
        data.map((message) => message.run_id)
      )
      const all = yield* Messages.list({ thread_id })
      yield* Scenario.that("the thread has others too", all.data.length > data.length, all.data.length)
    })
  })
]
