import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { Decoder } from "../src/internal/response/utf8.js"

/** The text of each chunk, and of the end. */
const read = (pieces: ReadonlyArray<Uint8Array>): string => {
  const decoder = new Decoder()
  return pieces.map((piece) => decoder.decode(piece)).join("") + decoder.finish()
}

const readByPlatform = (pieces: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder()
  return pieces.map((piece) => decoder.decode(piece, { stream: true })).join("") + decoder.decode()
}

const cut = (bytes: Uint8Array, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  return places.slice(1).map((place, index) => bytes.subarray(places[index], place))
}

// The limits of lead and continuation bytes, so that most sequences are almost valid.
const byte = fc.oneof(
  fc.constantFrom(
    ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbb, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
    ...[0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xf8, 0xfc, 0xfe, 0xff]
  ),
  fc.integer({ min: 0, max: 255 })
)
const character = fc.string({ unit: "binary", minLength: 1, maxLength: 1 }).map((text) => [...Buffer.from(text)])
const bytes = fc.tuple(
  fc.boolean(),
  fc.array(fc.oneof(character, byte.map((byte) => [byte])), { maxLength: 12 })
).map(([bom, sequences]) => Uint8Array.from([...(bom ? [0xef, 0xbb, 0xbf] : []), ...sequences.flat()]))

describe("Utf8", () => {
  it.prop(
    "decodes any bytes, split anywhere, like the platform",
    { bytes, cuts: fc.array(fc.nat(), { maxLength: 8 }) },
    ({ bytes, cuts }) => {
      const pieces = cut(bytes, cuts)
      assert.strictEqual(read(pieces), readByPlatform(pieces))
      assert.strictEqual(read(pieces), readByPlatform([bytes]))
    },
    { fastCheck: { seed: 7, numRuns: 5000 } }
  )

  it.prop(
    "buffers at most one incomplete character",
    { bytes, cuts: fc.array(fc.nat(), { maxLength: 8 }) },
    ({ bytes, cuts }) => {
      const decoder = new Decoder()
      let given = 0
      let taken = ""
      for (const piece of cut(bytes, cuts)) {
        given += piece.length
        taken += decoder.decode(piece)
        const all = readByPlatform([bytes.subarray(0, given)])
        assert.isTrue(all.startsWith(taken))
        assert.isAtMost(all.length - taken.length, 3)
      }
    },
    { fastCheck: { seed: 7, numRuns: 1000 } }
  )

  it("removes one byte order mark at the beginning", () => {
    const mark = [0xef, 0xbb, 0xbf]
    const marked = Uint8Array.from([...mark, ...mark, 0x61, ...mark])
    for (let at = 0; at <= marked.length; at++) {
      assert.strictEqual(read([marked.subarray(0, at), new Uint8Array(), marked.subarray(at)]), "\uFEFFa\uFEFF")
    }
  })

  it("emits a character with its last byte, and copies what it keeps", () => {
    const decoder = new Decoder()
    const texts = [..."aä€🙂"].flatMap((character) =>
      [...new TextEncoder().encode(character)].map((byte) => {
        const piece = Uint8Array.of(byte)
        const text = decoder.decode(piece)
        piece.fill(0)
        return text
      })
    )
    assert.deepStrictEqual(texts, ["a", "", "ä", "", "", "€", "", "", "", "🙂"])
    assert.strictEqual(decoder.finish(), "")
  })
})
