import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import { createParser } from "eventsource-parser"
import { EventParser } from "../src/internal/response/eventParser.js"

/** What a parser reports: an event, or a line. */
type Reported = { readonly data: string; readonly name: string | undefined } | string

const tooLong = "too long"

const read = (chunks: ReadonlyArray<string>, maxLength = Infinity): ReadonlyArray<Reported> => {
  const reported: Array<Reported> = []
  const parser = new EventParser(maxLength, {
    onEvent: (data, name) => reported.push({ data, name }),
    onLine: (line) => reported.push(line),
    onTooLong: () => reported.push(tooLong)
  })
  for (const chunk of chunks) parser.push(chunk)
  return reported
}

const readByLibrary = (chunks: ReadonlyArray<string>): ReadonlyArray<Reported> => {
  const reported: Array<Reported> = []
  const parser = createParser({
    onEvent: ({ data, event }) => reported.push({ data, name: event }),
    onError: ({ line, type }) => {
      if (type === "unknown-field") reported.push(line!)
    }
  })
  for (const chunk of chunks) parser.feed(chunk)
  return reported
}

const cut = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<string> => {
  const places = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((one, other) => one - other), text.length]
  return places.slice(1).map((place, index) => text.slice(places[index], place))
}

// Fields that are specified, almost specified, or not at all.
const line = fc.tuple(
  fc.constantFrom(
    "data",
    "event",
    "id",
    "retry",
    "",
    " data",
    "Data",
    "dat",
    "datax",
    "events",
    "ids",
    "{\"error\"",
    "x"
  ),
  fc.constantFrom(":", ": ", ":  ", "", " "),
  fc.oneof(fc.constantFrom("", " ", "a", "[DONE]", "data: x", "7", "\0"), fc.string({ unit: "binary", maxLength: 5 }))
).map((parts) => parts.join("").replace(/[\r\n]/g, ""))
const text = fc.array(fc.oneof(line, fc.constant("")), { maxLength: 20 }).map((lines) => lines.join("\n"))

describe("EventParser", () => {
  it.prop(
    "reports the events and lines of any text, split anywhere, that eventsource-parser reports",
    { text, cuts: fc.array(fc.nat(), { maxLength: 10 }) },
    ({ cuts, text }) => {
      const chunks = cut(text, cuts)
      // The library removes the bytes of a byte order mark, as characters.
      fc.pre(!text.startsWith("\u00EF\u00BB\u00BF"))
      assert.deepStrictEqual(read(chunks), readByLibrary(chunks))
    },
    { fastCheck: { numRuns: 2000 } }
  )

  it("reports the end of an event that is longer than the maximum, in a line or in several", () => {
    assert.deepStrictEqual(read(["data: 12345"], 10), [tooLong])
    assert.deepStrictEqual(read(["data: 1", "2345"], 10), [tooLong])
    assert.deepStrictEqual(read(["data: 12345\n", "data: 67890\n"], 10), [tooLong])
    assert.deepStrictEqual(read(["data: 12345\n", "\n", "data: 6789"], 10), [{ data: "12345", name: undefined }])
  })
})
