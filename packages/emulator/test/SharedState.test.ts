import { Emulator } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Logger, LogLevel, type Redacted, type Scope } from "effect"
import { withTimes } from "../src/internal/clocks.js"
import { missing, query, reason, schema, urlOf } from "./postgres.js"
import { inProcess, overHttp, send, sendJson, type Services, type Target } from "./utils.js"

// What the processes that use a database share besides documents: two emulators with a store each are two processes.

const many = (count: number) => Array.from({ length: count }, (_, index) => index)

const test = (name: string, run: Effect.Effect<void, unknown, Scope.Scope>) => it.scopedLive(name, () => run, 60_000)

/** An emulator with its own store on a database. */
const node = (
  url: Redacted.Redacted,
  options: Emulator.Options = {},
  target: Target = inProcess,
  store: Partial<PgStore.Options> = {}
) =>
  Effect.map(
    Layer.build(target.layer({ ...options, store: PgStore.layer({ url, ...store }) })),
    (context) => <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.provide(effect, context)
  )

/** Two of them. */
const two = (options?: Emulator.Options, target?: Target, store?: Partial<PgStore.Options>) =>
  Effect.gen(function*() {
    const { name, server, url } = yield* schema
    return {
      one: yield* node(url, options, target, store),
      other: yield* node(url, options, target, store),
      sql: (text: string) => query(urlOf(server, name), text)
    }
  })

/** What fails here is logged on purpose. */
const silent = Logger.withMinimumLogLevel(LogLevel.None)

const fixed = Emulator.clockAt("2024-04-15T00:00:00Z")

const embed = (input: string, model = "text-embedding-3-small") => sendJson("POST", "/embeddings", { model, input })

describe.skipIf(missing !== undefined)(`Two nodes on one database${reason}`, () => {
  describe("rate limits", () => {
    for (const target of [inProcess, overHttp]) {
      test(
        `60 requests a minute are 60 on both together, ${target.name}`,
        Effect.gen(function*() {
          const { one, other } = yield* two({ clock: fixed, rateLimits: { requestsPerMinute: 60 } }, target)
          const sent = many(80).map((index) => (index % 2 === 0 ? one : other)(embed("a")))
          const statuses = (yield* Effect.all(sent, { concurrency: 20 })).map(({ status }) => status)
          assert.strictEqual(statuses.filter((status) => status === 200).length, 60)
          assert.strictEqual(statuses.filter((status) => status === 429).length, 20)
        })
      )
    }

    test(
      "fill by the clock of the database",
      Effect.gen(function*() {
        const { one, other, sql } = yield* two({ rateLimits: { requestsPerMinute: 60 } })
        const time = Effect.map(
          sql("SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds"),
          ([row]) => row.seconds as number
        )
        const begin = yield* time
        const sent = many(150).map((index) => (index % 2 === 0 ? one : other)(embed("a")))
        const statuses = (yield* Effect.all(sent, { concurrency: 20 })).map(({ status }) => status)
        const admitted = statuses.filter((status) => status === 200).length
        assert.isAtLeast(admitted, 60)
        assert.isAtMost(admitted, 60 + Math.ceil((yield* time) - begin))
      })
    )

    test(
      "have the same headers as in one process",
      Effect.gen(function*() {
        const limits = { clock: fixed, rateLimits: { requestsPerMinute: 3, tokensPerMinute: 10 } }
        const { one, other } = yield* two(limits)
        const context = yield* Layer.build(inProcess.layer(limits))
        const alone = Effect.provide(context)
        // The second is refused and takes nothing, the third can never fit, the fourth takes what is left.
        const calls = ["a b c d e f", "a b c d e f", "a b c d e f g h i j k l m", "a b c d", "a"]
        const shown = ({ headers, json, status }: Effect.Effect.Success<ReturnType<typeof embed>>) => ({
          status,
          error: json.error,
          headers: Object.fromEntries(
            Object.entries(headers).filter(([name]) => /^(?:x-ratelimit|retry-after|x-should-retry)/.test(name))
          )
        })
        for (const [index, text] of calls.entries()) {
          const shared = shown(yield* (index % 2 === 0 ? one : other)(embed(text)))
          assert.deepStrictEqual(shared, shown(yield* alone(embed(text))), text)
          assert.strictEqual(shared.status, [200, 429, 429, 200, 429][index])
        }
      })
    )

    test(
      "fill evenly, and begin full when they change",
      Effect.gen(function*() {
        const { url } = yield* schema
        const live = Clock.make()
        let now = 1_700_000_000_000
        const clock = withTimes(live, () => now)
        const limited = (requestsPerMinute: number) => node(url, { clock, rateLimits: { requestsPerMinute } })
        const [one, other] = [yield* limited(2), yield* limited(2)]
        const left = Effect.map(embed("a"), ({ headers, status }) => [
          status,
          headers["x-ratelimit-remaining-requests"],
          headers["retry-after-ms"]
        ])
        assert.deepStrictEqual(yield* one(left), [200, "1", undefined])
        assert.deepStrictEqual(yield* other(left), [200, "0", undefined])
        now += 15_000
        assert.deepStrictEqual(yield* one(left), [429, "0", "15000"])
        now += 15_000
        assert.deepStrictEqual(yield* other(left), [200, "0", undefined])
        // A clock that is behind does not fill it again.
        now -= 30_000
        assert.deepStrictEqual(yield* one(left), [429, "0", "30000"])
        now += 30_000
        assert.deepStrictEqual(yield* other(left), [429, "0", "30000"])
        assert.deepStrictEqual(yield* (yield* limited(5))(left), [200, "4", undefined])
      })
    )

    test(
      "take no statement where there are none",
      Effect.gen(function*() {
        const { one, sql } = yield* two()
        const { headers } = yield* one(embed("a"))
        assert.strictEqual(headers["x-ratelimit-remaining-requests"], "9999")
        assert.deepStrictEqual(yield* sql("SELECT name FROM buckets"), [])
      })
    )

    test(
      "keep no rows of names that are full again",
      Effect.gen(function*() {
        const { name, server, url } = yield* schema
        const sql = (text: string) => query(urlOf(server, name), text)
        const { shared } = yield* PgStore.make({ url })
        const take = (name: string) =>
          shared!.take(name, [{ kind: "requests", limit: 60, period: 60_000, amount: 1, isEnforced: true }], undefined)
        yield* Effect.forEach(many(99), (index) => take(`early ${index}`), { concurrency: 10 })
        yield* sql("UPDATE buckets SET used_at = used_at - interval '1 hour' WHERE name <> 'early 7'")
        yield* take("late")
        assert.deepStrictEqual(yield* sql("SELECT name FROM buckets ORDER BY name"), [
          { name: "early 7" },
          { name: "late" }
        ])
      })
    )

    test(
      "fail with a status where the database does",
      Effect.gen(function*() {
        const { one, sql } = yield* two({ rateLimits: { requestsPerMinute: 60 } })
        yield* one(embed("a"))
        yield* sql("DROP TABLE buckets")
        const { json, status } = yield* one(embed("a"))
        assert.strictEqual(status, 500)
        assert.strictEqual(json.error.type, "server_error")
      }).pipe(silent)
    )
  })

  describe("faults", () => {
    const control = { faults: { control: true } }

    const rule = (fields: object = {}) => ({ fault: { type: "status", status: 503 }, ...fields })

    const origin = (path: string) => `/../_emulator/${path}`

    const set = (...rules: ReadonlyArray<object>) => sendJson("PUT", origin("faults"), { seed: "a", rules })

    const list = Effect.map(send("GET", origin("faults")), ({ json }) => json.data as ReadonlyArray<any>)

    const status = Effect.map(embed("a"), ({ status }) => status)

    test(
      "a rule that is set on one applies on both, until it is removed on either",
      Effect.gen(function*() {
        const { one, other } = yield* two(control)
        assert.strictEqual(yield* other(status), 200)
        assert.strictEqual((yield* one(sendJson("POST", origin("faults"), rule()))).json.id, "fault_1")
        yield* Effect.repeat(other(status), { until: (status) => status === 503 })
        assert.deepStrictEqual(yield* one(list), yield* other(list))
        yield* other(send("DELETE", origin("faults/fault_1")))
        yield* Effect.repeat(one(status), { until: (status) => status === 200 })
        yield* one(set(rule(), rule()))
        assert.strictEqual((yield* other(list)).length, 2)
        yield* other(send("DELETE", origin("faults")))
        assert.deepStrictEqual(yield* one(list), [])
      })
    )

    test(
      "a rule that applies a number of times does so on both together",
      Effect.gen(function*() {
        const { one, other } = yield* two(control)
        yield* one(set(rule({ skip: 5, times: 10 })))
        yield* other(list)
        const sent = many(30).map((index) => (index % 2 === 0 ? one : other)(status))
        const statuses = yield* Effect.all(sent, { concurrency: 10 })
        assert.strictEqual(statuses.filter((status) => status === 503).length, 10)
        const [active] = yield* one(list)
        assert.deepInclude(active, { matched: 30, applied: 10 })
      })
    )

    test(
      "a rule with a probability has the sequence of its seed",
      Effect.gen(function*() {
        const { one, other } = yield* two(control)
        const context = yield* Layer.build(inProcess.layer(control))
        const alone = Effect.provide(context)
        const probable = set(rule({ probability: 0.5 }))
        yield* one(probable)
        yield* other(list)
        yield* alone(probable)
        const shared = yield* Effect.forEach(many(20), (index) => (index % 3 === 0 ? one : other)(status))
        assert.deepStrictEqual(shared, yield* Effect.forEach(many(20), () => alone(status)))
      })
    )

    test(
      "the rules of the options begin where no other node lives",
      Effect.gen(function*() {
        const { url } = yield* schema
        const options = {
          faults: { control: true, rules: [{ times: 1, fault: { type: "status", status: 500 } }] }
        } as const
        const open = node(url, options)
        yield* Effect.scoped(Effect.gen(function*() {
          const first = yield* open
          assert.strictEqual(yield* first(status), 500)
          assert.strictEqual(yield* first(status), 200)
          const second = yield* open
          assert.strictEqual(yield* second(status), 200)
          yield* second(set(rule()))
          assert.strictEqual(yield* (yield* open)(status), 503)
        }))
        const next = yield* open
        assert.strictEqual(yield* next(status), 500)
        assert.strictEqual(yield* next(status), 200)
      })
    )

    test(
      "fail with a status where the database does",
      Effect.gen(function*() {
        const { one, sql } = yield* two(control)
        yield* one(set(rule()))
        yield* sql("DROP TABLE states")
        assert.strictEqual((yield* one(send("GET", origin("faults")))).status, 500)
        assert.strictEqual(yield* one(status), 500)
      }).pipe(silent)
    )
  })
})
