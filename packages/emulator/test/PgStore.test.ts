import { AssistantFiles, Assistants, Files } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Ids, Store } from "@effect-openai/emulator"
import * as PgStore from "@effect-openai/emulator/PgStore"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Option, Queue, Redacted, type Scope, Stream } from "effect"
import { fork } from "node:child_process"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { maxDeleted } from "../src/internal/memory.js"
import { migrations } from "../src/internal/postgres/schema.js"
import * as Statements from "../src/internal/postgres/statements.js"
import { missing, query, reason, schema, server, urlOf } from "./postgres.js"
import { inProcess, sendJson } from "./utils.js"

interface Note extends Store.Document {
  readonly created_at: number
  readonly text: string
  readonly kind?: string | null
  readonly tags?: ReadonlyArray<string>
}

const notes = Store.collection<Note>({ name: "note" })

const note = (id: string, fields?: Partial<Note>): Note => ({ id, created_at: 0, text: "", ...fields })

const many = (count: number) => Array.from({ length: count }, (_, index) => index)

describe.skipIf(missing !== undefined)(`PgStore${reason}`, () => {
  const test = (name: string, run: Effect.Effect<void, unknown, Scope.Scope>) => it.scopedLive(name, () => run, 60_000)

  /** Opens a store twice, as two processes do. */
  const two = Effect.gen(function*() {
    const { url } = yield* schema
    return [yield* PgStore.make({ url }), yield* PgStore.make({ url })] as const
  })

  describe("opening", () => {
    /** A process that opens databases. The effect opens one, and returns what went wrong. */
    const opener = Effect.gen(function*() {
      const child = yield* Effect.acquireRelease(
        Effect.sync(() =>
          fork(fileURLToPath(new URL("opening.ts", import.meta.url)), {
            execArgv: ["--import", createRequire(import.meta.url).resolve("tsx")]
          })
        ),
        (child) => Effect.sync(() => child.kill("SIGKILL"))
      )
      const messages = yield* Queue.unbounded<string>()
      child.on("message", (message) => messages.unsafeOffer(String(message)))
      child.on("exit", (code) => messages.unsafeOffer(`The process ended with status ${code}.`))
      const message = Queue.take(messages)
      assert.strictEqual(yield* message, "")
      return (url: string) => Effect.zipRight(Effect.sync(() => child.send(url)), message)
    })

    test(
      "two processes open an empty database at the same time, fifty times",
      Effect.gen(function*() {
        const openers = yield* Effect.all([opener, opener], { concurrency: 2 })
        for (const _ of many(50)) {
          const { url } = yield* schema
          const text = Redacted.value(url)
          const problems = yield* Effect.forEach(openers, (open) => open(text), { concurrency: 2 })
          assert.deepStrictEqual(problems, ["", ""])
          const [found] = yield* query(text, "SELECT count(*)::int FROM documents, effect_openai_version")
          assert.deepStrictEqual(found, { count: 2 })
        }
      })
    )

    const refusal = (url: string) =>
      Effect.map(Effect.flip(PgStore.make({ url: Redacted.make(url) })), (error) => {
        assert.notInclude(inspect(error, { depth: 10 }), "hunter2")
        assert.notInclude(Cause.pretty(Cause.fail(error)), "hunter2")
        return error
      })

    test(
      "says why a database can't be used, without its password",
      Effect.gen(function*() {
        const running = yield* Effect.promise(server)
        const unreachable = yield* refusal("postgres://me:hunter2@127.0.0.1:1/db")
        assert.strictEqual(unreachable.reason, "Unreachable")
        assert.include(unreachable.message, "127.0.0.1:1/db can't be reached: connect ECONNREFUSED")
        assert.strictEqual(unreachable.database, "127.0.0.1:1/db")
        for (const url of ["hunter2", "mysql://me:hunter2@host/db", "postgres://me:hunter2@host:port/db"]) {
          assert.strictEqual((yield* refusal(url)).reason, "Unusable", url)
        }
        const missing = yield* refusal(urlOf(running, undefined, "absent").replace("postgres@", "postgres:hunter2@"))
        assert.strictEqual(missing.reason, "NotFound")
        const denied = yield* refusal(urlOf(running).replace("postgres@", "somebody:hunter2@"))
        assert.strictEqual(denied.reason, "Denied")
        yield* query(urlOf(running), "CREATE ROLE guest LOGIN")
        const { name } = yield* schema
        const guest = urlOf(running, name).replace("postgres@", "guest:hunter2@")
        assert.strictEqual((yield* refusal(guest)).reason, "NotFound")
        yield* query(urlOf(running), `GRANT USAGE ON SCHEMA ${name} TO guest`)
        assert.strictEqual((yield* refusal(guest)).reason, "Denied")
      })
    )

    test(
      "refuses the tables of something else, and those of a newer version",
      Effect.gen(function*() {
        const other = yield* schema
        yield* query(Redacted.value(other.url), "CREATE TABLE mine (id INTEGER)")
        assert.strictEqual((yield* Effect.flip(PgStore.make({ url: other.url }))).reason, "Foreign")
        const tables = yield* query(
          Redacted.value(other.url),
          "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        assert.deepStrictEqual(tables, [{ table_name: "mine" }])
        const newer = yield* schema
        yield* Effect.scoped(PgStore.make({ url: newer.url }))
        yield* query(Redacted.value(newer.url), `UPDATE effect_openai_version SET version = ${migrations.length + 1}`)
        const error = yield* Effect.flip(PgStore.make({ url: newer.url }))
        assert.strictEqual(error.reason, "NewerVersion")
        assert.include(error.message, `its schema has version ${migrations.length + 1}`)
      })
    )
  })

  describe("documents", () => {
    const hostile = [
      "\0",
      "a\0b",
      "\ud800",
      "\udc00x",
      "\u0001",
      "'\"\\$1",
      "\u00e9",
      "e\u0301",
      "💥",
      "x".repeat(10_000)
    ]

    test(
      "keeps any text, as a value, a name, an identifier or a parent, and finds it again",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url })
        const children = Store.collection<Note>({ name: "child", parentOf: ({ text }) => text })
        for (const text of hostile) {
          const document = note(text, { text, kind: text, tags: [text], [text]: text } as Partial<Note>)
          yield* store.insert(notes, document)
          yield* store.insert(children, document)
        }
        for (const text of hostile) {
          const { id } = Option.getOrThrow(yield* store.get(notes, text))
          assert.strictEqual(id, text)
          assert.deepStrictEqual(Option.getOrThrow(yield* store.get(children, text, text)).tags, [text])
          for (const where of [{ id: text }, { kind: text }, { tags: Store.oneOf([text]) }]) {
            assert.deepStrictEqual((yield* store.find(notes, where)).map(({ id }) => id), [text])
          }
          const page = yield* store.list(children, { parent: text, order: "asc", limit: 2, where: { text } })
          assert.strictEqual(page.data.length, 1)
          yield* store.writeBlob(text, Stream.make(new TextEncoder().encode(`${text.length}`)))
          const bytes = yield* Stream.runCollect(store.readBlob(text))
          assert.strictEqual(new TextDecoder().decode(Option.getOrThrow(Option.fromIterable(bytes))), `${text.length}`)
        }
        const sums = yield* store.aggregate(notes, { from: 0, to: 1, width: 1, by: ["kind"], sum: [] })
        assert.sameMembers(sums.map(({ by }) => by["kind"] as string), hostile)
        for (const text of hostile) assert.isTrue(yield* store.remove(notes, text))
        const last = yield* Effect.exit(store.list(notes, { order: "asc", limit: 1, after: "\0\0" }))
        assert.deepStrictEqual(last, Exit.fail(new Store.CursorNotFound({ cursor: "after", id: "\0\0" })))
      })
    )

    test(
      "forgets the places of documents that were deleted long ago, and nothing else",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url })
        const after = (id: string) =>
          Effect.map(
            Effect.option(store.list(notes, { order: "asc", limit: 10, after: id })),
            Option.map(({ data }) => data.map(({ id }) => id))
          )
        const ids = ["oldest", "old", "kept", "back", "x", "y"]
        for (const id of ids) yield* store.insert(notes, note(id))
        for (const id of ["oldest", "old", "back"]) yield* store.remove(notes, id)
        yield* store.insert(notes, note("back"))
        // As if all but three of the others were deleted now.
        yield* query(Redacted.value(url), `SELECT setval('deletions', ${maxDeleted - 1})`)
        yield* store.remove(notes, "x")
        assert.deepStrictEqual(yield* after("oldest"), Option.some(["kept", "y", "back"]))
        yield* store.remove(notes, "y")
        assert.deepStrictEqual(yield* after("oldest"), Option.none())
        assert.deepStrictEqual(yield* after("old"), Option.some(["kept", "back"]))
        assert.deepStrictEqual(yield* after("y"), Option.some(["back"]))
      })
    )

    test(
      "uses indexes to page and to filter",
      Effect.gen(function*() {
        const { url } = yield* schema
        yield* PgStore.make({ url })
        yield* query(
          Redacted.value(url),
          `INSERT INTO documents (collection, parent, id, created_at, document, fields)
             SELECT 'note', (n % 20)::text, n::text, n, '{}',
               jsonb_build_object('status', CASE WHEN n % 1000 = 0 THEN 'queued' ELSE 'completed' END,
                 'purpose', CASE WHEN n % 500 = 0 THEN 'batch' ELSE 'assistants' END, 'run_id', 'run_' || n % 2000)
             FROM generate_series(1, 40000) AS n;
           INSERT INTO documents (collection, parent, id, created_at, document, fields, deleted)
             SELECT 'note', '0', 'deleted' || n, n, NULL, NULL, nextval('deletions') FROM generate_series(1, 9000) AS n;
           ANALYZE documents`
        )
        const position = { created_at: "20000", sequence: "20000" }
        const list = { parent: "7", order: "desc", limit: 20 } as const
        const all = { after: undefined, before: undefined, isUpwards: false }
        const expected: ReadonlyArray<readonly [Statements.Statement, string | RegExp]> = [
          [Statements.select("note", "7", "7", "update"), /documents_(?:pkey|by_id)/],
          [Statements.selectPosition("note", "7", "7"), /documents_(?:pkey|by_id)/],
          [Statements.page("note", list, all), "documents_in_order"],
          [Statements.page("note", list, { ...all, after: position }), "documents_in_order"],
          [Statements.page("note", { ...list, order: "asc" }, { ...all, before: position }), "documents_in_order"],
          [Statements.page("note", { ...list, where: { purpose: "batch" } }, all), "documents_by_purpose"],
          [
            Statements.page("note", { ...list, where: { run_id: "run_7" } }, { ...all, after: position }),
            "documents_by_run"
          ],
          [Statements.find("note", { status: "queued" }), "documents_by_status"],
          [Statements.find("note", { id: "7" }), "documents_by_id"],
          [
            Statements.sums("note", { parent: "7", from: 100, to: 200, width: 10, by: ["purpose"], sum: ["n"] }),
            "documents_in_order"
          ],
          [Statements.remove("note", "7", "7"), /documents_(?:pkey|by_id)/],
          [Statements.remove("note", "7", "7"), "documents_deleted"]
        ]
        for (const [{ params, sql }, index] of expected) {
          const text = params.reduceRight<string>(
            (text, value, at) => text.replaceAll(`$${at + 1}`, `'${String(value)}'`),
            sql
          )
          const rows = yield* query(Redacted.value(url), `EXPLAIN ${text}`)
          const plan = rows.map((row) => row["QUERY PLAN"]).join("\n")
          assert.match(plan, new RegExp(index), plan)
          assert.notInclude(plan, "Seq Scan on documents", plan)
          // A page is read in its order.
          if (/^SELECT .* LIMIT/s.test(sql)) assert.notInclude(plan, "Sort", plan)
        }
      })
    )
  })

  describe("transactions", () => {
    const counted = (store: Store.Service, first: string, second: string, both: Effect.Effect<unknown>) => {
      let runs = 0
      return Effect.map(
        store.transaction(Effect.gen(function*() {
          runs++
          const one = Option.getOrThrow(yield* store.get(notes, first, "", "update"))
          if (runs === 1) yield* both
          const other = Option.getOrThrow(yield* store.get(notes, second, "", "update"))
          yield* store.set(notes, { ...one, text: `${one.text}.` })
          yield* store.set(notes, { ...other, text: `${other.text}.` })
        })),
        () => runs
      )
    }

    test(
      "run again where they wait for each other",
      Effect.gen(function*() {
        const [one, other] = yield* two
        yield* one.insert(notes, note("a"))
        yield* one.insert(notes, note("b"))
        const arrived = [yield* Deferred.make<void>(), yield* Deferred.make<void>()] as const
        const meet = (own: 0 | 1) =>
          Effect.zipRight(Deferred.succeed(arrived[own], undefined), Deferred.await(arrived[own === 0 ? 1 : 0]))
        const runs = yield* Effect.all(
          [counted(one, "a", "b", meet(0)), counted(other, "b", "a", meet(1))],
          { concurrency: 2 }
        )
        assert.strictEqual(runs[0] + runs[1], 3)
        for (const id of ["a", "b"]) assert.strictEqual(Option.getOrThrow(yield* one.get(notes, id)).text, "..")
      })
    )

    /** Lets the database refuse to commit a document, as it does where transactions conflict. */
    const refuse = (url: Redacted.Redacted, when: string) =>
      query(
        Redacted.value(url),
        `CREATE SEQUENCE commits;
         CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF NEW.id = 'refused' AND ${when} THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
           RETURN NULL;
         END $$;
         CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON documents DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION refuse()`
      )

    test(
      "run again where the commit fails, and fail in the end",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url })
        yield* refuse(url, "nextval('commits') < 3")
        let runs = 0
        const insert = Effect.suspend(() => {
          runs++
          return store.insert(notes, note("refused"))
        })
        yield* store.transaction(insert)
        assert.strictEqual(runs, 3)
        assert.isTrue(yield* store.remove(notes, "refused"))

        const never = yield* schema
        const other = yield* PgStore.make({ url: never.url })
        yield* refuse(never.url, "TRUE")
        const error = yield* Effect.flip(other.transaction(other.insert(notes, note("refused"))))
        assert.instanceOf(error, Store.StoreError)
        assert.strictEqual(error.message, "conflict")
      })
    )

    test(
      "fail where a statement of them failed, whatever they did with its error",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url })
        yield* query(Redacted.value(url), "ALTER TABLE documents ADD CHECK (id <> 'refused')")
        const exit = yield* Effect.exit(store.transaction(Effect.zipRight(
          store.insert(notes, note("a")),
          Effect.ignore(store.insert(notes, note("refused")))
        )))
        assert.isTrue(Exit.isFailure(exit))
        assert.deepStrictEqual(yield* store.find(notes, {}), [])
      })
    )

    test(
      "fail where the connection is lost, and those that follow succeed",
      Effect.gen(function*() {
        const { server, url } = yield* schema
        const store = yield* PgStore.make({ url })
        const end = query(
          urlOf(server),
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'effect-openai emulator'`
        )
        const lost = yield* Effect.exit(
          store.transaction(Effect.all([store.insert(notes, note("a")), end, store.insert(notes, note("b"))]))
        )
        assert.isTrue(Exit.isFailure(lost) && Cause.isFailType(lost.cause))
        yield* Effect.retry(store.insert(notes, note("c")), { times: 20 })
        assert.deepStrictEqual((yield* store.find(notes, {})).map(({ id }) => id), ["c"])
      })
    )

    test(
      "release their connections when they are interrupted, or wait for one",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url, maxConnections: 2 })
        const begun = yield* Deferred.make<void>()
        const endless = store.transaction(Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
        const fibers = yield* Effect.forEach(many(20), () => Effect.fork(endless))
        yield* Deferred.await(begun)
        yield* Fiber.interruptAll(fibers)
        yield* Effect.forEach(many(10), (index) => store.insert(notes, note(`${index}`)), { concurrency: "unbounded" })
        assert.lengthOf(yield* store.find(notes, {}), 10)
      })
    )
  })

  describe("bytes", () => {
    const keys = (url: Redacted.Redacted) =>
      Effect.map(query(Redacted.value(url), "SELECT key FROM blobs ORDER BY key"), (rows) => rows.map(({ key }) => key))

    test(
      "without a document are removed when they are old and their process is dead",
      Effect.gen(function*() {
        const { url } = yield* schema
        const write = (store: Store.Service, key: string) => store.writeBlob(key, Stream.make(new Uint8Array([1])))
        yield* Effect.scoped(Effect.flatMap(PgStore.make({ url }), (store) =>
          Effect.gen(function*() {
            for (const key of ["dead-old", "dead-young", "owned-old"]) yield* write(store, key)
            yield* store.insert(notes, note("owned-old"))
          })))
        const alive = yield* PgStore.make({ url })
        yield* write(alive, "alive-old")
        // A process that was killed.
        yield* query(
          Redacted.value(url),
          `INSERT INTO nodes VALUES ('killed', clock_timestamp() - interval '2 minutes');
           INSERT INTO blobs (key, node) VALUES ('killed-old', 'killed');
           UPDATE blobs SET begun_at = begun_at - interval '2 hours' WHERE key LIKE '%old'`
        )
        yield* Effect.scoped(PgStore.make({ url }))
        assert.deepStrictEqual(yield* keys(url), ["alive-old", "dead-young", "owned-old"])
      })
    )

    test(
      "pass through in chunks of constant size",
      Effect.gen(function*() {
        const { url } = yield* schema
        const store = yield* PgStore.make({ url })
        const [pieces, piece] = [192, new Uint8Array(300 * 1024).fill(7)]
        let given = 0
        let most = 0
        /** What was given and is not in the database is in memory. */
        const measure = Effect.map(
          query(Redacted.value(url), "SELECT coalesce(sum(length(bytes)), 0)::int AS written FROM chunks"),
          ([{ written }]) => most = Math.max(most, given - written)
        )
        yield* store.writeBlob(
          "large",
          Stream.range(1, pieces).pipe(
            Stream.rechunk(1),
            Stream.mapEffect((index) =>
              Effect.zipRight(
                index % 16 === 0 ? measure : Effect.void,
                Effect.sync(() => {
                  given += piece.length
                  return piece
                })
              )
            )
          )
        )
        assert.isAtMost(most, 1024 * 1024)
        let read = 0
        let largest = 0
        yield* Stream.runForEach(store.readBlob("large"), (chunk) =>
          Effect.sync(() => {
            read += chunk.length
            largest = Math.max(largest, chunk.length)
            assert.isTrue(chunk.every((byte) => byte === 7))
          }))
        assert.strictEqual(read, pieces * piece.length)
        assert.isAtMost(largest, 256 * 1024)
      })
    )
  })

  describe("two processes", () => {
    /** Two emulators, each with its own connections. */
    const emulators = (ids: Layer.Layer<Ids.Ids> = Ids.layerRandom) =>
      Effect.map(
        two,
        (stores) =>
          stores.map((store) => inProcess.layer({ store: Layer.succeed(Store.Store, store), ids: Layer.fresh(ids) }))
      )

    test(
      "attach twenty files where thirty are attached at the same time",
      Effect.gen(function*() {
        const [one, other] = yield* Effect.forEach(yield* emulators(), (layer) => Layer.build(layer))
        const { assistant, files } = yield* Effect.gen(function*() {
          const assistant = yield* Assistants.create({ model: "gpt-4" })
          const files = yield* Effect.forEach(
            many(30),
            (index) => Files.upload({ file: FileSource.fromBytes(`${index}.txt`, "x"), purpose: "assistants" })
          )
          return { assistant, files }
        }).pipe(Effect.provide(one!))
        const exits = yield* Effect.forEach(
          files,
          ({ id }, index) =>
            Effect.exit(AssistantFiles.create({ assistant_id: assistant.id, file_id: id })).pipe(
              Effect.provide(index % 2 === 0 ? one! : other!)
            ),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 20)
        const { file_ids } = yield* Effect.provide(Assistants.retrieve({ assistant_id: assistant.id }), other!)
        const { data } = yield* Effect.provide(
          AssistantFiles.list({ assistant_id: assistant.id, limit: 100 }),
          one!
        )
        assert.strictEqual(file_ids?.length, 20)
        assert.sameMembers([...file_ids!], data.map(({ id }) => id!))
      })
    )

    test(
      "never use an identifier twice, also with the same seed",
      Effect.gen(function*() {
        const contexts = yield* Effect.forEach(yield* emulators(Ids.layerSeeded("same")), (layer) => Layer.build(layer))
        const created = yield* Effect.forEach(
          many(60),
          (index) => Effect.provide(Assistants.create({ model: `${index}` }), contexts[index % 2]!),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(created.map(({ id }) => id)).size, 60)
        const file = (name: string) => Files.upload({ file: FileSource.fromBytes(name, name), purpose: "assistants" })
        const files = yield* Effect.forEach(
          many(20),
          (index) => Effect.provide(file(`${index}`), contexts[index % 2]!),
          { concurrency: "unbounded" }
        )
        for (const [index, { id }] of files.entries()) {
          const content = yield* Effect.provide(Files.content({ file_id: id! }), contexts[(index + 1) % 2]!)
          assert.strictEqual(new TextDecoder().decode(content), `${index}`)
        }
      })
    )

    test(
      "carry out requests with the same idempotency key once",
      Effect.gen(function*() {
        const contexts = yield* Effect.forEach(yield* emulators(), (layer) => Layer.build(layer))
        const create = sendJson("POST", "/assistants", { model: "gpt-4" }, { "idempotency-key": "same" })
        const responses = yield* Effect.forEach(
          many(10),
          (index) => Effect.provide(create, contexts[index % 2]!),
          { concurrency: "unbounded" }
        )
        for (const { status } of responses) assert.include([200, 409], status)
        const list = yield* Effect.provide(Assistants.list(), contexts[0]!)
        assert.lengthOf(list.data, 1)
        const ids = responses.filter(({ status }) => status === 200).map(({ json }) => json.id)
        assert.deepStrictEqual([...new Set(ids)], [list.data[0]!.id])
      })
    )

    test(
      "have the time of the database",
      Effect.gen(function*() {
        const { url } = yield* schema
        const machine = Date.now
        // A machine whose clock is an hour ahead.
        Date.now = () => machine() + 3_600_000
        const store = yield* PgStore.make({ url }).pipe(
          Effect.map((store) => ({ time: store.clock!.unsafeCurrentTimeMillis(), at: machine() })),
          Effect.ensuring(Effect.sync(() => {
            Date.now = machine
          }))
        )
        assert.isBelow(Math.abs(store.time - store.at), 60_000)
        const own = yield* PgStore.make({ url, clock: "process" })
        assert.isUndefined(own.clock)
      })
    )
  })
})
