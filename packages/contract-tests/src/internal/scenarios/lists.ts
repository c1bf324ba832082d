import { Assistants, Messages } from "@effect-openai/client"
import * as Contract from "@effect-openai/core/Contract"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Call from "../../Call.js"
import * as Scenario from "../../Scenario.js"
import * as samples from "../samples/index.js"
import { checkBuckets } from "./buckets.js"
import * as given from "./given.js"
import { checkPages, checkSharedPages, type List, type Query } from "./pages.js"

/** The list of an operation at a path. */
const listOf = (
  endpoint: Endpoint.Any,
  path: object,
  ids: ReadonlyArray<string>,
  time: string | undefined
) =>
  Effect.gen(function*() {
    const operation = yield* Scenario.present(`the client has ${endpoint.name}`, Call.operationOf(endpoint))
    const items = Predicate.hasProperty(operation, "items") ? operation.items : undefined
    const walk = yield* Scenario.present(`the client has the pages of ${endpoint.name}`, items)
    return {
      ids,
      time,
      hasIds: endpoint.pagination?._tag === "Cursor" && endpoint.pagination.hasLastId,
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
      const list = yield* listOf(endpoint, path, ids, items.time === undefined ? "created_at" : items.time ?? undefined)
      yield* items.shared === true ? checkSharedPages(list) : checkPages(list)
    })
  })]
}

/** Buckets of time follow each other by `next_page`. */
const buckets = (endpoint: Endpoint.Any): ReadonlyArray<Scenario.Scenario> =>
  endpoint.pagination?._tag !== "Page" ? [] : [Scenario.make({
    id: `lists/${endpoint.name}`,
    title: `${endpoint.name} returns buckets without gaps, in pages of any size`,
    group: "state",
    operations: [endpoint.name],
    run: Effect.flatMap(Scenario.present(`the client has ${endpoint.name}`, Call.operationOf(endpoint)), checkBuckets)
  })]

const requires = ["stateful"] as const

export const lists: ReadonlyArray<Scenario.Scenario> = [
  ...Contract.endpoints.flatMap(pages),
  ...Contract.endpoints.flatMap(buckets),
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
