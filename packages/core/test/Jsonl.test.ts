import * as Jsonl from "@effect-openai/core/Jsonl"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

const Row = Schema.Struct({ name: Schema.String, count: Schema.NumberFromString })

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** The bytes in pieces of one size. */
const inPieces = (bytes: Uint8Array, size: number) =>
  Stream.fromIterable(
    Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, index) => bytes.subarray(index * size, (index + 1) * size)
    )
  ).pipe(Stream.rechunk(2))

const collect = <A, E>(stream: Stream.Stream<A, E>) => Effect.map(Stream.runCollect(stream), Chunk.toReadonlyArray)

describe("Jsonl", () => {
  it.effect("decodes what it encodes, however the bytes are cut", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.array(FastCheck.record({ name: FastCheck.string({ unit: "binary" }), count: FastCheck.integer() })),
          FastCheck.integer({ min: 1, max: 20 }),
          (rows, size) =>
            Effect.runPromise(Effect.gen(function*() {
              const pieces = yield* collect(Stream.fromIterable(rows).pipe(Jsonl.encode(Row)))
              const bytes = bytesOf(pieces.map((piece) => new TextDecoder().decode(piece)).join(""))
              assert.deepStrictEqual(yield* collect(inPieces(bytes, size).pipe(Jsonl.decode(Row))), rows)
            }))
        ),
        { numRuns: 50 }
      )
    ))

  it.effect("reads a byte order mark, both line breaks, blank lines and a last line without a line break", () =>
    Effect.gen(function*() {
      const text = "\ufeff{\"name\":\"ä\",\"count\":\"1\"}\r\n\n  \n{\"name\":\"\ufeff\",\"count\":\"2\"}"
      for (const size of [1, 3, 100]) {
        const rows = yield* collect(inPieces(bytesOf(text), size).pipe(Jsonl.decode(Row)))
        assert.deepStrictEqual(rows, [{ name: "ä", count: 1 }, { name: "\ufeff", count: 2 }])
      }
      const lines = yield* collect(inPieces(bytesOf(text), 7).pipe(Jsonl.lines()))
      assert.deepStrictEqual(lines.map(({ line }) => line), [1, 2, 3, 4])
      assert.strictEqual(lines.at(-1)?.end, bytesOf(text).length)
      assert.deepStrictEqual(yield* collect(Stream.empty.pipe(Jsonl.decode(Row))), [])
    }))

  it.effect("fails with the line and the field, after the lines before", () =>
    Effect.gen(function*() {
      const text = "{\"name\":\"a\",\"count\":\"1\"}\n\n{\"name\":\"b\",\"count\":2}\n{"
      const seen: Array<string> = []
      const error = yield* Stream.make(bytesOf(text)).pipe(
        Jsonl.decode(Row),
        Stream.runForEach(({ name }) => Effect.sync(() => seen.push(name))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["a"])
      assert.deepInclude(error, { _tag: "JsonlError", line: 3, field: "count" })
      const results = yield* collect(Stream.make(bytesOf(text)).pipe(Jsonl.decodeEither(Row)))
      assert.deepStrictEqual(
        results.map((result) => Either.match(result, { onLeft: ({ line }) => -line, onRight: ({ count }) => count })),
        [1, -3, -4]
      )
    }))

  it.effect("refuses a line beyond the limit without reading it to its end, and bytes that are not UTF-8", () =>
    Effect.gen(function*() {
      const endless = Stream.concat(Stream.make(bytesOf("{}\n")), Stream.repeatValue(bytesOf("x".repeat(100))))
      const seen: Array<string> = []
      const error = yield* endless.pipe(
        Jsonl.lines({ maxLineBytes: 1000 }),
        Stream.runForEach(({ text }) => Effect.sync(() => seen.push(text))),
        Effect.flip
      )
      assert.deepStrictEqual(seen, ["{}"])
      assert.deepInclude(error, { line: 2, message: "The line has more than 1000 bytes" })
      const invalid = yield* Effect.flip(
        collect(Stream.make(new Uint8Array([0x7b, 0x7d, 0x0a, 0xff])).pipe(Jsonl.lines()))
      )
      assert.deepInclude(invalid, { line: 2, message: "The line is not valid UTF-8" })
      const tooLong = yield* Effect.flip(
        collect(Stream.make({ name: "long".repeat(20), count: 1 }).pipe(Jsonl.encode(Row, { maxLineBytes: 50 })))
      )
      assert.deepInclude(tooLong, { line: 1, message: "The line has more than 50 bytes" })
      const unfit = yield* Effect.flip(
        collect(Stream.make({ name: 1 as unknown as string, count: 1 }).pipe(Jsonl.encode(Row)))
      )
      assert.deepInclude(unfit, { line: 1, field: "name" })
    }))
})
