import type { OpenAiClient } from "@effect-openai/client"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Scenario from "../../Scenario.js"

// Scenarios of the lists of buckets: usage and costs.

interface Bucket {
  readonly start_time: number
  readonly end_time: number
}

interface Page {
  readonly data: ReadonlyArray<Bucket>
  readonly has_more: boolean
  readonly next_page?: string | null | undefined
}

type Query = Readonly<Record<string, unknown>>

const day = 86_400

const timesOf = (buckets: ReadonlyArray<Bucket>) => buckets.map(({ end_time, start_time }) => [start_time, end_time])

/** Checks the pages of five entire days. */
export const checkBuckets = (operation: (request: object) => Effect.Effect<unknown, Scenario.Failure, any>) =>
  Effect.gen(function*() {
    // The client checks the response.
    const page = operation as (query: Query) => Effect.Effect<Page, Scenario.Failure, OpenAiClient.OpenAiClient>
    const items = Predicate.hasProperty(operation, "items") ? operation.items : undefined
    const walk = (yield* Scenario.present("the client has the pages of buckets", items)) as (
      query: Query
    ) => Stream.Stream<Bucket, Scenario.Failure, OpenAiClient.OpenAiClient>
    const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const end_time = now - now % day
    const range = { start_time: end_time - 5 * day, end_time }
    const days = [5, 4, 3, 2, 1].map((days) => [end_time - days * day, end_time - (days - 1) * day])
    const whole = yield* page(range)
    yield* Scenario.equal("a page holds every day once, the earliest first", timesOf(whole.data), days)
    yield* Scenario.equal(
      "the last page has no next one",
      [whole.has_more, whole.next_page ?? null],
      [false, null]
    )
    const first = yield* page({ ...range, limit: 2 })
    yield* Scenario.equal("a page of two holds the first two days", timesOf(first.data), days.slice(0, 2))
    yield* Scenario.that(
      "it names the next page",
      first.has_more && typeof first.next_page === "string",
      [first.has_more, first.next_page]
    )
    const second = yield* page({ ...range, limit: 2, page: first.next_page })
    yield* Scenario.equal("the next page holds the two days after them", timesOf(second.data), days.slice(2, 4))
    const all = yield* Stream.runCollect(Stream.take(walk({ ...range, limit: 2 }), 2 * days.length))
    yield* Scenario.equal("all pages together hold every day once", timesOf(Chunk.toReadonlyArray(all)), days)
  })
