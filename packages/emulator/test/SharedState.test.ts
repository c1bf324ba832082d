import { Emulator, Model, Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  Chunk,
  Clock,
  Deferred,
  Effect,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  type Redacted,
  type Scope,
  Stream
} from "effect"
import { withTimes } from "../src/internal/clocks.js"
import * as Recent from "../src/internal/recent.js"
import { missing, query, reason, schema, urlOf } from "./postgres.js"
import { apiKey, BaseUrl, form, inProcess, overHttp, send, sendJson, type Services, type Target } from "./utils.js"

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
    (context) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.provide(effect, context)
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
    test(
      "60 requests a minute are 60 on both together",
      Effect.gen(function*() {
        const { one, other } = yield* two({ clock: fixed, rateLimits: { requestsPerMinute: 60 } }, overHttp)
        const sent = many(80).map((index) => (index % 2 === 0 ? one : other)(embed("a")))
        const statuses = (yield* Effect.all(sent, { concurrency: 20 })).map(({ status }) => status)
        assert.strictEqual(statuses.filter((status) => status === 200).length, 60)
        assert.strictEqual(statuses.filter((status) => status === 429).length, 20)
      })
    )

    test(
      "fill by the clock of the database",
      Effect.gen(function*() {
        const { one, other, sql } = yield* two({ rateLimits: { requestsPerMinute: 6 } })
        const time = Effect.map(
          sql("SELECT extract(epoch FROM clock_timestamp())::float8 AS seconds"),
          ([row]) => row.seconds as number
        )
        const begin = yield* time
        const sent = many(20).map((index) => (index % 2 === 0 ? one : other)(embed("a")))
        const statuses = (yield* Effect.all(sent, { concurrency: 20 })).map(({ status }) => status)
        const admitted = statuses.filter((status) => status === 200).length
        assert.isAtLeast(admitted, 6)
        assert.isAtMost(admitted, 6 + Math.ceil(((yield* time) - begin) / 10))
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
      "take no statement where nothing is limited",
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
        // Also where the store is the same.
        const store = Layer.succeed(Store.Store, yield* PgStore.make({ url }))
        for (const _ of many(2)) {
          yield* Effect.scoped(Effect.gen(function*() {
            const context = yield* Layer.build(inProcess.layer({ ...options, store }))
            assert.strictEqual(yield* Effect.provide(status, context), 500)
            assert.strictEqual(yield* Effect.provide(status, context), 200)
          }))
        }
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

  describe("what the pages show", () => {
    const paged = { pages: true }

    const shown = Effect.map(send("GET", "/../_emulator/requests"), ({ json }) => json.data as ReadonlyArray<any>)

    /** The requests as they are announced. */
    const follow = Effect.gen(function*() {
      const response = yield* HttpClient.get(`${yield* BaseUrl}/../_emulator/requests`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${apiKey}` }
      })
      return yield* response.stream.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.filter((line) => line.startsWith("data: ")),
        Stream.map((line) => JSON.parse(line.slice("data: ".length))),
        Stream.toPull
      )
    })

    test(
      "has the requests of both, and says which had them",
      Effect.gen(function*() {
        const { one, other } = yield* two(paged)
        yield* one(embed("a"))
        // Each node writes its entries in batches. Reading them writes them.
        yield* one(shown)
        yield* other(sendJson("POST", "/moderations", { input: "a" }))
        yield* other(shown)
        const requests = yield* one(shown)
        assert.deepStrictEqual(requests.map(({ operation }) => operation), ["createModeration", "createEmbedding"])
        assert.deepStrictEqual(yield* other(shown), requests)
        assert.strictEqual(new Set(requests.map(({ node }) => node)).size, 2)
      })
    )

    test(
      "shows a request of the other when it ends",
      Effect.gen(function*() {
        const { one, other } = yield* two(paged)
        const pull = yield* one(follow)
        yield* other(embed("a"))
        const [event] = Chunk.toReadonlyArray(yield* pull)
        assert.strictEqual(event.operation, "createEmbedding")
        assert.deepStrictEqual(yield* other(shown), [event])
      })
    )

    test(
      "keeps as many requests as one process does",
      Effect.gen(function*() {
        const { name, server, url } = yield* schema
        const stores = [yield* PgStore.make({ url }), yield* PgStore.make({ url })]
        const logs = yield* Effect.forEach(
          stores,
          (store) => Effect.provideService(Recent.make<number>("numbers", 10, true), Store.Store, store)
        )
        const [log, otherLog] = logs as [Recent.Recent<number>, Recent.Recent<number>]
        for (const start of many(10)) {
          yield* Effect.forEach(many(5), (index) => log.add(10 * start + index))
          yield* log.latest
          yield* Effect.forEach(many(5), (index) => otherLog.add(10 * start + index + 5))
          yield* otherLog.latest
        }
        const latest = many(10).map((index) => 99 - index)
        assert.deepStrictEqual((yield* log.latest).map(({ entry }) => entry), latest)
        const [{ count }] = yield* query(urlOf(server, name), "SELECT count(*)::int AS count FROM entries")
        assert.isAtMost(count, 30)
      })
    )

    test(
      "drops entries while the database is slow, and says how many",
      Effect.gen(function*() {
        const store = yield* PgStore.make({ url: (yield* schema).url })
        const isSlow = yield* Effect.makeLatch(false)
        const begun = yield* Deferred.make<void>()
        const slow: Store.Service = {
          ...store,
          shared: {
            ...store.shared!,
            append: (log, texts) =>
              Effect.zipRight(
                Effect.zipRight(Deferred.succeed(begun, void 0), isSlow.await),
                store.shared!.append(log, texts)
              )
          }
        }
        const warnings: Array<string> = []
        const logger = Logger.make(({ message }) => {
          warnings.push(String(message))
        })
        yield* Effect.gen(function*() {
          const log = yield* Effect.provideService(Recent.make<number>("numbers", 10, true), Store.Store, slow)
          yield* log.add(0)
          yield* Deferred.await(begun)
          // Adding does not wait for the database.
          yield* Effect.forEach(many(1500), (index) => log.add(index + 1))
          yield* isSlow.open
          assert.deepStrictEqual((yield* log.latest)[0]!.entry, 1000)
        }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
        assert.deepStrictEqual(warnings, ["500 entries of the log numbers are missing, because the database is slow"])
      })
    )

    test(
      "plays the speech of either on both",
      Effect.gen(function*() {
        const { one, other } = yield* two(paged)
        const speak = (input: string) => sendJson("POST", "/audio/speech", { model: "tts-1", voice: "alloy", input })
        yield* one(speak("First."))
        yield* other(speak("Second."))
        const pieces = Effect.map(
          send("GET", "/../_emulator/state"),
          ({ json }) => json.generated as ReadonlyArray<any>
        )
        yield* one(pieces)
        const generated = yield* other(pieces)
        assert.deepStrictEqual(generated.map(({ title }) => title).sort(), ["First.", "Second."])
        for (const node of [one, other]) {
          for (const { path } of generated) assert.strictEqual((yield* node(send("GET", `/..${path}`))).status, 200)
        }
      })
    )

    test(
      "takes no statement without pages",
      Effect.gen(function*() {
        const { one, sql } = yield* two()
        yield* one(embed("a"))
        assert.deepStrictEqual(yield* sql("SELECT * FROM entries"), [])
      })
    )
  })

  describe("a request with an idempotency key is carried out once", () => {
    const creating = (path: string, body: object = {}) => (key: string) =>
      sendJson("POST", path, body, {
        "idempotency-key": key,
        authorization: `Bearer ${path.startsWith("/organization") ? "sk-admin-abcdefghijklmnopqrst" : apiKey}`
      })

    const fileOf = (purpose: string, content: string, key?: string) => {
      const parts = form(["name=\"purpose\"", purpose], ["name=\"file\"; filename=\"a.jsonl\"", content])
      return send("POST", "/files", { ...parts, headers: { ...parts.headers, "idempotency-key": key } })
    }

    const chat = { model: "gpt-4o-mini", messages: [{ role: "user", content: "a" }] }

    const line = JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/chat/completions", body: chat })

    const example = JSON.stringify({ messages: [...chat.messages, { role: "assistant", content: "b" }] })

    test(
      "on both together, whatever it creates",
      Effect.gen(function*() {
        const { one, other, sql } = yield* two()
        const idOf = (made: Effect.Effect<{ readonly json: any }, unknown, Services>) =>
          Effect.map(one(made), ({ json }) => json.id as string)
        const assistant_id = yield* idOf(creating("/assistants", { model: "gpt-4o" })("assistant"))
        const thread = yield* idOf(creating("/threads")("thread"))
        const input_file_id = yield* idOf(fileOf("batch", line))
        const training_file = yield* idOf(fileOf("fine-tune", `${example}\n`.repeat(10)))
        const batch = { input_file_id, endpoint: "/v1/chat/completions", completion_window: "24h" }
        const upload = { filename: "a.txt", purpose: "assistants", bytes: 1, mime_type: "text/plain" }
        const creates: Readonly<Record<string, (key: string) => ReturnType<typeof sendJson>>> = {
          assistant: creating("/assistants", { model: "gpt-4o" }),
          thread: creating("/threads"),
          "thread.message": creating(`/threads/${thread}/messages`, { role: "user", content: "a" }),
          "thread.run": creating("/threads/runs", { assistant_id }),
          file: (key) => fileOf("assistants", "a", key),
          upload: creating("/uploads", upload),
          batch: creating("/batches", batch),
          "fine_tuning.job": creating("/fine_tuning/jobs", { model: "gpt-4o-mini-2024-07-18", training_file }),
          "organization.project": creating("/organization/projects", { name: "New" }),
          "organization.invite": creating("/organization/invites", { email: "a@example.com", role: "reader" })
        }
        for (const [collection, create] of Object.entries(creates)) {
          const count = Effect.map(
            sql(`SELECT count(*)::int AS count FROM documents WHERE collection = '${collection}' AND deleted IS NULL`),
            ([row]) => row.count as number
          )
          const before = yield* count
          const sent = many(6).map((index) => (index % 2 === 0 ? one : other)(create(`${collection} twice`)))
          for (const { json, status } of yield* Effect.all(sent, { concurrency: "unbounded" })) {
            assert.isTrue(
              status === 200 || json.error.code === "idempotency_key_in_use",
              `${collection}: ${JSON.stringify(json)}`
            )
          }
          assert.strictEqual(
            (yield* one(create(`${collection} twice`))).json.id,
            (yield* other(create(`${collection} twice`))).json.id
          )
          assert.strictEqual(yield* count, before + 1, collection)
        }
      })
    )

    test(
      "on one at a time, also where it changes nothing in the store",
      Effect.gen(function*() {
        const { url } = yield* schema
        const begun = yield* Deferred.make<void>()
        const isReady = yield* Effect.makeLatch(false)
        let calls = 0
        const model = Layer.succeed(Model.Model, {
          reply: () =>
            Effect.suspend(() => {
              calls++
              return Deferred.succeed(begun, void 0).pipe(
                Effect.zipRight(isReady.await),
                Effect.as(Model.text("Done."))
              )
            })
        })
        const open = node(url, { model })
        const ask = creating("/chat/completions", chat)("chat")
        const first = yield* Effect.scoped(Effect.gen(function*() {
          const [one, other] = [yield* open, yield* open]
          const asking = yield* Effect.fork(one(ask))
          yield* Deferred.await(begun)
          const refused = yield* other(ask)
          assert.deepInclude(refused, { status: 409 })
          assert.strictEqual(refused.json.error.code, "idempotency_key_in_use")
          yield* isReady.open
          const { json } = yield* Fiber.join(asking)
          assert.deepStrictEqual((yield* other(ask)).json, json)
          return json
        }))
        assert.deepStrictEqual((yield* (yield* open)(ask)).json, first)
        assert.strictEqual(calls, 1)
      })
    )

    test(
      "on another where its process is dead",
      Effect.gen(function*() {
        const { name, server, url } = yield* schema
        const [dead, living] = [yield* PgStore.make({ url }), yield* PgStore.make({ url })]
        assert.isTrue(yield* dead.shared!.claim("a"))
        assert.isFalse(yield* living.shared!.claim("a"))
        const die = query(
          urlOf(server, name),
          `UPDATE nodes SET seen_at = seen_at - interval '1 hour' WHERE id = '${dead.nodes!.id}'`
        )
        // It is still seen now and then.
        yield* Effect.repeat(Effect.zipRight(die, living.shared!.claim("a")), { until: (isClaimed) => isClaimed })
        yield* dead.shared!.release("a")
        // A busy machine may not have seen the other one for a while.
        yield* living.nodes!.renew
        assert.isFalse(yield* dead.shared!.claim("a"))
        yield* living.shared!.release("a")
        assert.isTrue(yield* dead.shared!.claim("a"))
      })
    )
  })
})
