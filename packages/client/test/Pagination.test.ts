import { Assistants, type OpenAiClient } from "@effect-openai/client"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Effect, Stream } from "effect"
import { getHeapSpaceStatistics } from "node:v8"
import { itemsOf, type Page, walk } from "../src/internal/response/pagination.js"
import * as Client from "./utils/client.js"
import { collector } from "./utils/gc.js"

type Items = Stream.Stream<unknown, unknown, OpenAiClient.OpenAiClient>

/** Parsed, it takes some 90 KB. */
const text = JSON.stringify(
  Array.from(
    { length: 100 },
    (_, id) => ({ id: `asst_${id}`, tools: Array.from({ length: 20 }, (_, tool) => ({ tool })) })
  )
)

/** A list whose pages are new objects. */
const list = (pages: number): Items => {
  let count = 0
  const one = Effect.sync((): Page & { readonly data: ReadonlyArray<unknown> } => ({
    data: JSON.parse(text),
    last_id: `asst_${++count}`,
    has_more: count < pages
  }))
  return walk(Assistants.list.endpoint, () => one, itemsOf)()
}

type Consume = (items: Items, onItem: (item: unknown) => void) => Effect.Effect<unknown, unknown, any>

const ways: Record<string, Consume> = {
  runForEach: (items, onItem) => Stream.runForEach(items, (item) => Effect.sync(() => onItem(item))),
  runForEachChunk: (items, onItem) =>
    Stream.runForEachChunk(items, (chunk) => Effect.sync(() => Chunk.forEach(chunk, onItem))),
  runFold: (items, onItem) =>
    Stream.runFold(items, 0, (count, item) => {
      onItem(item)
      return count + 1
    }),
  runFoldEffect: (items, onItem) =>
    Stream.runFoldEffect(items, 0, (count, item) => Effect.as(Effect.sync(() => onItem(item)), count + 1)),
  "map and runDrain": (items, onItem) => Stream.runDrain(Stream.map(items, onItem)),
  "mapEffect and runDrain": (items, onItem) =>
    Stream.runDrain(Stream.mapEffect(items, (item) => Effect.sync(() => onItem(item)))),
  toPull: (items, onItem) =>
    Effect.scoped(
      Effect.flatMap(Stream.toPull(items), (pull) =>
        Effect.ignore(Effect.forever(Effect.map(pull, Chunk.forEach(onItem)))))
    )
}

const oldSpace = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === "old_space")!.space_used_size

describe("12: consumed pages", () => {
  for (const [way, consume] of Object.entries(ways)) {
    it.effect(`are freed by scavenges, consumed by ${way}`, () =>
      Effect.gen(function*() {
        const collect = yield* collector
        const window = 40
        const windows = 10
        /** The growth of the heap per page, over a window of pages. */
        const growths: Array<number> = []
        let before = 0
        let pages = 0
        yield* consume(list(window * windows), (item) => {
          if ((item as { readonly id: string }).id !== "asst_0") return
          if (pages % window === 0) {
            if (pages > 0) growths.push((oldSpace() - before) / window)
            collect()
            before = oldSpace()
          } else if (pages % 2 === 0) {
            // Twice, so that a retained page moves to the old space.
            collect({ type: "minor" })
          }
          pages++
        })
        assert.strictEqual(pages, window * windows)
        // V8 decides when it optimizes.
        assert.isBelow(Math.min(...growths), 15_000)
      }).pipe(Effect.provide(Client.layer("http://localhost"))))
  }
})
