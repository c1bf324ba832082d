import type { OpenAiClient } from "@effect-openai/client"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"

// What holds for the pages of every list with cursors.

export interface Item extends Readonly<Record<string, unknown>> {
  readonly id: string
}

export interface Page {
  readonly data: ReadonlyArray<Item>
  readonly first_id?: string | null | undefined
  readonly last_id?: string | null | undefined
  readonly has_more?: boolean | undefined
}

export type Query = Readonly<Record<string, unknown>>

/** A list, and the IDs of the objects that a scenario created. */
export interface List {
  readonly ids: ReadonlyArray<string>
  /** The field that orders the objects, if there is one. */
  readonly time: string | undefined
  /** Whether pages are requested with `before`. */
  readonly hasBefore: boolean
  /** Whether the list has another order than newest first. */
  readonly hasOrder: boolean
  /** Whether pages have `first_id` and `last_id`. */
  readonly hasIds: boolean
  readonly page: (query: Query) => Effect.Effect<Page, Scenario.Failure, OpenAiClient.OpenAiClient>
  readonly walk: (query: Query) => Stream.Stream<Item, Scenario.Failure, OpenAiClient.OpenAiClient>
}

const idsOf = ({ data }: Page) => data.map(({ id }) => id)

type Order = "asc" | "desc"

const ordersOf = ({ hasOrder }: List): ReadonlyArray<Order> => hasOrder ? ["asc", "desc"] : ["desc"]

const queryOf = ({ hasOrder }: List, order: Order): Query => hasOrder ? { order } : {}

/** Fewer would not show where a page ends. */
const least = 3

/** How many pages are read behind the objects of a scenario. */
const mostBehind = 20

const hasObjects = ({ ids }: List) =>
  Scenario.that("the list has objects, each once", ids.length >= least && new Set(ids).size === ids.length, ids)

/** Checks the order of objects. The list of an operation without times has its own. */
const inOrder = ({ time }: List, items: ReadonlyArray<Item>, order: Order) => {
  if (time === undefined) return Effect.void
  const times = items.map((item) => Number(item[time]) * (order === "asc" ? 1 : -1))
  return Scenario.that(
    `objects are ordered by ${time}, ${order}`,
    times.every((value, index) => index === 0 || value >= times[index - 1]!),
    items.map((item) => item[time])
  )
}

const inTwos = (ids: ReadonlyArray<string>) =>
  Array.from({ length: Math.ceil(ids.length / 2) }, (_, index) => ids.slice(2 * index, 2 * index + 2))

/** Checks the pages of a list without other objects, in both directions. */
export const checkPages = (list: List) =>
  Effect.gen(function*() {
    const { hasBefore, hasIds, hasOrder, ids, page, walk } = list
    yield* hasObjects(list)
    const whole = yield* page({ limit: 100 })
    yield* Scenario.equal("the list holds every object once", [...idsOf(whole)].sort(), [...ids].sort())
    const desc = idsOf(whole)
    const asc = [...desc].reverse()
    yield* inOrder(list, whole.data, "desc")
    if (hasOrder) {
      const reversed = yield* page({ order: "asc", limit: 100 })
      yield* inOrder(list, reversed.data, "asc")
      yield* Scenario.equal("the ascending order is the reverse of the default order", idsOf(reversed), asc)
    }
    yield* Scenario.equal("a second request returns the same order", idsOf(yield* page({ limit: 100 })), desc)

    for (const order of ordersOf(list)) {
      const query = queryOf(list, order)
      const expected = order === "asc" ? asc : desc
      const pages: Array<ReadonlyArray<string>> = []
      let after: string | undefined
      for (let index = 0; index < ids.length; index++) {
        const one: Page = yield* page({ ...query, limit: 2, ...(after === undefined ? {} : { after }) })
        const found = idsOf(one)
        if (hasIds) {
          yield* Scenario.equal(
            "first_id and last_id are the IDs of the first and the last object of the page",
            [one.first_id, one.last_id],
            [found[0] ?? null, found.at(-1) ?? null]
          )
        }
        pages.push(found)
        if (one.has_more !== true) break
        after = found.at(-1)
      }
      yield* Scenario.equal(`pages of two hold the complete list, ${order}`, pages, inTwos(expected))
      const items = yield* Stream.runCollect(Stream.take(walk({ ...query, limit: 2 }), 2 * ids.length))
      yield* Scenario.equal(
        `all pages together return the complete list, ${order}`,
        Chunk.toReadonlyArray(items).map(({ id }) => id),
        expected
      )

      const end = yield* page({ ...query, after: expected.at(-1)! })
      yield* Scenario.equal(
        `the page after the last object is empty, ${order}`,
        [end.data, end.first_id ?? null, end.last_id ?? null, end.has_more ?? false],
        [[], null, null, false]
      )
      if (!hasBefore) continue
      const before = yield* page({ ...query, limit: 2, before: expected[3]! })
      yield* Scenario.equal(
        `a page before an object ends at that object, ${order}`,
        idsOf(before),
        expected.slice(1, 3)
      )
      const between = yield* page({ ...query, after: expected[0]!, before: expected[3]! })
      yield* Scenario.equal(
        `a page with both cursors holds the objects between them, ${order}`,
        idsOf(between),
        expected.slice(1, 3)
      )
    }
  })

/** Checks the pages of a list that may hold other objects. */
export const checkSharedPages = (list: List) =>
  Effect.gen(function*() {
    const { hasBefore, hasOrder, ids, page, walk } = list
    yield* hasObjects(list)
    const found = (order: Order, limit: number) =>
      Effect.gen(function*() {
        const left = new Set(ids)
        const items = yield* walk({ ...queryOf(list, order), limit }).pipe(
          // A list may hold many other objects.
          Stream.take(2000),
          Stream.takeUntil(({ id }) => left.delete(id) && left.size === 0),
          Stream.runCollect
        )
        const all = Chunk.toReadonlyArray(items)
        yield* Scenario.equal("the pages return no object twice", new Set(all.map(({ id }) => id)).size, all.length)
        yield* inOrder(list, all, order)
        return all.map(({ id }) => id).filter((id) => ids.includes(id))
      })
    const desc = yield* found("desc", 2)
    yield* Scenario.equal("pages of two return every object", [...desc].sort(), [...ids].sort())
    yield* Scenario.equal("larger pages return the same order", yield* found("desc", 100), desc)
    if (hasOrder) {
      const asc = yield* found("asc", 2)
      yield* Scenario.equal("the ascending order is the reverse of the descending order", asc, [...desc].reverse())
    }
    const one = yield* page({ limit: 1, ...queryOf(list, "desc") })
    yield* Scenario.equal("a page of one holds one object, and has_more is true", [one.data.length, one.has_more], [
      1,
      true
    ])
    if (list.hasIds) {
      yield* Scenario.equal("first_id and last_id are its ID", [one.first_id, one.last_id], [
        one.data[0]!.id,
        one.data[0]!.id
      ])
    }
    const last = hasOrder ? desc[0] : desc.at(-1)
    const after = (id: string) => page({ limit: 100, ...queryOf(list, "asc"), after: id })
    const end = yield* after(last!)
    yield* Scenario.that(
      "the page after the last created object holds none of them, and has_more is false if it is empty",
      end.data.every(({ id }) => !ids.includes(id)) && (end.data.length > 0 || end.has_more === false),
      [idsOf(end), end.has_more]
    )
    let behind = end
    for (let index = 0; index < mostBehind && behind.has_more === true; index++) {
      behind = yield* after(idsOf(behind).at(-1)!)
      yield* Scenario.that("a page follows one whose has_more is true", behind.data.length > 0, behind)
    }
    if (hasBefore) {
      const before = idsOf(yield* page({ limit: 100, ...queryOf(list, "desc"), before: desc[3]! }))
      yield* Scenario.equal(
        "the page before an object holds the newer ones",
        before.filter((id) => ids.includes(id)),
        desc.slice(0, 3)
      )
    }
  })
