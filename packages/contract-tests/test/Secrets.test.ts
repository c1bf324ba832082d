import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as Secrets from "../src/internal/secrets.js"

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const word = (minLength: number) => fc.string({ unit: fc.constantFrom(...letters), minLength, maxLength: 40 })

/** The caller's own key, which may look like anything. */
const own = fc.oneof(
  word(8).map((text) => `sk-${text}`),
  word(8),
  fc.string({ unit: fc.constantFrom(...letters, ..."-._~+/=:$^*()[]{}|?\\"), minLength: 8, maxLength: 40 })
)

/** Text that looks like a key, although it was not given as a secret. */
const foreign = fc.oneof(
  word(12).map((text) => `sk-${text}`),
  word(12).map((text) => `sk-proj-${text}`),
  word(20).map((text) => `Bearer ${text}`),
  fc.tuple(word(12), word(12), word(12)).map(([one, two, three]) => `eyJ${one}.${two}.${three}`)
)

const filler = fc.constantFrom("", " ", "(", "é", "\u{1f600}", "\n", "\"", "key: ", "https://host/?key=")

/** JSON with a secret somewhere in it. */
const around = (secret: string) =>
  fc.tuple(filler, filler).chain(([before, after]) => {
    const text = `${before}${secret}${after}`
    return fc.constantFrom<unknown>(
      text,
      [1, [text]],
      { a: { b: [null, { c: text }] } },
      { [text]: true },
      { arguments: JSON.stringify({ text }) }
    )
  })

const placeholder = "$OPENAI_API_KEY"

/** What a reader of the text would find the secret by. */
const plain = (value: unknown): string => JSON.stringify(value).replace(/\\+(["\\])/g, "$1")

describe("Secrets", () => {
  it.prop("scrubbed values do not contain a known key", { secret: own }, ({ secret }) => {
    const secrets = Secrets.make([[secret, placeholder]])
    fc.assert(
      fc.property(around(secret), (value) => {
        const scrubbed = secrets.json(value)
        // A key with a quote or a backslash in it may be written otherwise; then it is found, and nothing is written.
        return secrets.find(scrubbed) !== undefined || !plain(scrubbed).includes(secret)
      }),
      { seed: 7, numRuns: 10 }
    )
  }, { fastCheck: { seed: 7 } })

  it.prop("scrubbed values do not contain what looks like a key", { secret: foreign }, ({ secret }) => {
    const secrets = Secrets.make([])
    fc.assert(
      fc.property(around(secret), (value) => {
        const scrubbed = secrets.json(value)
        return secrets.find(value) !== undefined && secrets.find(scrubbed) === undefined &&
          !plain(scrubbed).includes(secret.replace(/^Bearer /, ""))
      }),
      { seed: 7, numRuns: 10 }
    )
  }, { fastCheck: { seed: 7 } })

  it.prop(
    "bytes and text lose the same secrets, and boundaries stay between the same bytes",
    { secret: foreign, before: fc.string(), after: fc.string(), at: fc.nat() },
    ({ after, at, before, secret }) => {
      const secrets = Secrets.make([[secret, placeholder]])
      const text = `${before} ${secret} ${after}`
      const { bytes, moved } = secrets.bytes(new TextEncoder().encode(text))
      assert.strictEqual(String(bytes), secrets.text(text))
      const length = Buffer.byteLength(text)
      assert.strictEqual(moved(0), 0)
      assert.strictEqual(moved(length), bytes.length)
      const offset = at % (length + 1)
      assert.isAtLeast(moved(Math.min(offset + 1, length)), moved(offset))
    },
    { fastCheck: { seed: 7 } }
  )

  describe("finds a key", () => {
    const secrets = Secrets.make([["my/own/key", placeholder]])
    const finds = (title: string, value: unknown, path: string) =>
      it(title, () => assert.strictEqual(secrets.find(value), path))

    finds("that JSON escapes", { text: "{\"a\":\"\\u0073k-0123456789\"}" }, "text")
    finds("whose slashes are escaped", ["my\\/own\\/key"], "0")
    finds("that a URL escapes", { url: "https://host/?key=my%2Fown%2Fkey" }, "url")
    finds("in Base64", { body: { base64: btoa("sk-0123456789") } }, "body.base64")
    finds("in the pieces of several events", { events: [{ text: "is sk-" }, { text: "0123456789" }] }, "events.1.text")
    finds("in the name of a field", { a: { "sk-0123456789": 1 } }, "a")
    finds("that is masked", ["sk-ab***************wxyz"], "0")
  })

  describe("keeps", () => {
    const secrets = Secrets.make([])
    it.each([
      "Bearer $OPENAI_API_KEY",
      "the risk-management-department asks",
      "asst_abc123 and thread_abc123",
      "sk-learn",
      "**bold** and ***bolder***",
      "Bearer of bad news"
    ])("%s", (text) => {
      assert.strictEqual(secrets.text(text), text)
      assert.isUndefined(secrets.find([text]))
    })
  })
})
