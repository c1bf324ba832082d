import { Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, type Scope } from "effect"
import * as GroupCommit from "../src/internal/groupCommit.js"
import { execute, failed } from "../src/internal/sql.js"
import * as sqlite from "../src/internal/sqlite.js"
import { connect } from "../src/internal/sqliteConnection.js"

/** Waits in real time. */
const nextTurn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

const until = (condition: () => boolean) => Effect.repeat(nextTurn, { until: condition })

/** As long as a transaction that does not wait for the disk takes, and longer. */
const turns = Effect.repeatN(nextTurn, 20)

interface Note extends Store.Document {
  readonly created_at: number
}

const [notes, others] = ["note", "other"].map((name) => Store.collection<Note>({ name })) as [
  Store.Collection<Note>,
  Store.Collection<Note>
]

const note = (id: string): Note => ({ id, created_at: 0 })

const inFolder = <A, E>(
  test: (folder: string) => Effect.Effect<A, E, NodeContext.NodeContext | Scope.Scope>
): Effect.Effect<A, unknown> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.flatMap(fs.makeTempDirectoryScoped(), test)).pipe(
    Effect.scoped,
    Effect.provide(NodeContext.layer)
  )

type Done = (exit: Exit.Exit<void, Store.StoreError>) => void

/** A store, and what waits for its disk while a test holds it. */
const inStore = <A, E>(test: (store: Store.Service, disk: { waiting?: Array<Done> }) => Effect.Effect<A, E>) =>
  inFolder((folder) => {
    const disk: { waiting?: Array<Done> } = {}
    const openLog = () =>
      Effect.succeed((done: Done) => {
        if (disk.waiting === undefined) setImmediate(() => done(Exit.void))
        else disk.waiting.push(done)
      })
    const store = sqlite.make(
      { filename: `${folder}/data.db` },
      (fields) => new SqliteStore.SqliteStoreError(fields),
      openLog
    )
    return Effect.flatMap(store, (store) => test(store, disk))
  })

const lost = new Store.StoreError({ message: "lost" })

/** Groups on a table of identifiers. The statement of a number fails, and the first one that is 0. */
const makeGroups = (folder: string, failing?: number) =>
  Effect.gen(function*() {
    const [writer, reader] = [yield* connect(`${folder}/data.db`), yield* connect(`${folder}/data.db`)]
    yield* execute(writer, "PRAGMA journal_mode = WAL")
    yield* execute(writer, "CREATE TABLE ids (id TEXT PRIMARY KEY)")
    const statements: Array<string> = []
    const { transaction } = GroupCommit.make({
      run: (sql) =>
        Effect.suspend(() => {
          const isFailing = statements.length === failing
          statements.push(sql)
          return isFailing ? lost : Effect.mapError(execute(writer, sql), failed)
        }),
      sync: (done) => {
        setImmediate(() => done(Exit.void))
      }
    })
    const insert = (id: string) => execute(writer, "INSERT INTO ids VALUES (?)", [id])
    return {
      statements,
      /** A transaction that inserts an identifier, and ends as given. */
      insert: (id: string, end: Effect.Effect<void, string> = Effect.void) =>
        transaction(Effect.zipRight(insert(id), end), () => Effect.void),
      ids: Effect.map(execute(reader, "SELECT id FROM ids ORDER BY id"), (rows) => rows.map(({ id }) => String(id)))
    }
  })

/** How transactions of a group end: each one after the first of another kind has neighbors that succeed. */
const ends = [Effect.void, Effect.fail("no"), Effect.void, Effect.interrupt, Effect.void, Effect.die("no"), Effect.void]

const runAll = (failing?: number) =>
  inFolder((folder) =>
    Effect.gen(function*() {
      const { ids, insert, statements } = yield* makeGroups(folder, failing)
      const exits = yield* Effect.forEach(ends, (end, index) => Effect.exit(insert(`${index}`, end)), {
        concurrency: "unbounded"
      })
      const acknowledged = exits.flatMap((exit, index) => Exit.isSuccess(exit) ? [`${index}`] : [])
      const kept = yield* ids
      yield* insert("after")
      return { acknowledged, after: yield* ids, kept, statements }
    })
  )

describe("GroupCommit", () => {
  it.effect("transactions that arrive together have one commit, and each fails alone", () =>
    Effect.gen(function*() {
      const { acknowledged, kept, statements } = yield* runAll()
      assert.deepStrictEqual(acknowledged, ["0", "2", "4", "6"])
      assert.deepStrictEqual(kept, acknowledged)
      // The second one is that of the transaction that follows.
      assert.lengthOf(statements.filter((sql) => sql === "COMMIT"), 2)
    }))

  it.effect(
    "whichever statement fails, what is kept is what was acknowledged, and the next transaction succeeds",
    () =>
      Effect.gen(function*() {
        const { statements } = yield* runAll()
        const own = statements.slice(0, statements.indexOf("COMMIT") + 1)
        assert.strictEqual(own[0], "BEGIN IMMEDIATE")
        for (const failing of own.keys()) {
          const { acknowledged, after, kept } = yield* runAll(failing)
          const title = `${failing}: ${own[failing]}`
          assert.deepStrictEqual(kept, acknowledged, title)
          assert.deepStrictEqual(after, [...acknowledged, "after"], title)
          // Before a transaction has begun, a failure is its own.
          if (/BEGIN|SAVEPOINT/.test(own[failing]!)) assert.isAtLeast(acknowledged.length, 3, title)
          if (own[failing] === "COMMIT") assert.deepStrictEqual(acknowledged, [], title)
        }
      }),
    60_000
  )

  it.effect("a transaction that is interrupted while it waits for its turn leaves the turn to the next one", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const { ids, insert } = yield* makeGroups(folder)
        let isOver = false
        const first = yield* Effect.fork(insert("a", Effect.asVoid(until(() => isOver))))
        yield* turns
        const [second, third] = [yield* Effect.fork(insert("b")), yield* Effect.fork(insert("c"))]
        yield* turns
        yield* Fiber.interrupt(second)
        isOver = true
        yield* Fiber.join(first)
        yield* Fiber.join(third)
        assert.deepStrictEqual(yield* ids, ["a", "c"])
      })
    ))

  it.effect("transactions that begin while the disk is waited for are the next group, and none is acknowledged before", () =>
    inStore((store, disk) =>
      Effect.gen(function*() {
        disk.waiting = []
        const first = yield* Effect.fork(store.set(notes, note("first")))
        yield* until(() => disk.waiting!.length > 0)
        const all = yield* Effect.forEach(
          Array.from({ length: 63 }, (_, index) => `${index}`),
          (id) => Effect.fork(store.set(notes, note(id)))
        )
        yield* turns
        assert.lengthOf(disk.waiting, 1)
        assert.isNull(first.unsafePoll())
        disk.waiting[0]!(Exit.void)
        yield* Fiber.join(first)
        yield* until(() => disk.waiting!.length > 1)
        yield* turns
        assert.lengthOf(disk.waiting, 2)
        assert.isTrue(all.every((fiber) => fiber.unsafePoll() === null))
        disk.waiting[1]!(Exit.void)
        yield* Fiber.joinAll(all)
        const { data } = yield* store.list(notes, { order: "asc", limit: 100 })
        assert.lengthOf(data, 64)
      })
    ))

  it.effect("a document is read when it is on the disk, and other documents without waiting", () =>
    inStore((store, disk) =>
      Effect.gen(function*() {
        yield* store.set(notes, note("a"))
        yield* store.set(others, note("a"))
        disk.waiting = []
        yield* Effect.fork(store.set(notes, { ...note("b") }))
        yield* until(() => disk.waiting!.length > 0)
        const reads = yield* Effect.forEach([
          store.get(notes, "b"),
          store.list(notes, { order: "asc", limit: 1 }),
          store.find(notes, { id: "a" }),
          store.aggregate(notes, { from: 0, to: 1, width: 1, by: [], sum: [] })
        ], (read) => Effect.fork<unknown, unknown, never>(read))
        yield* store.get(notes, "a")
        yield* store.list(others, { order: "asc", limit: 1 })
        yield* turns
        assert.isTrue(reads.every((fiber) => fiber.unsafePoll() === null))
        disk.waiting[0]!(Exit.void)
        yield* Fiber.joinAll(reads)
      })
    ))

  it.effect("a disk that fails fails its group and all later writes, and what it may have lost is not read", () =>
    inStore((store, disk) =>
      Effect.gen(function*() {
        yield* store.set(notes, note("a"))
        disk.waiting = []
        const group = yield* Effect.fork(Effect.all([store.set(notes, note("b")), store.set(notes, note("c"))], {
          concurrency: "unbounded",
          mode: "either"
        }))
        yield* until(() => disk.waiting!.length > 0)
        const next = yield* Effect.fork(Effect.either(store.set(notes, note("d"))))
        yield* turns
        disk.waiting[0]!(Exit.fail(new Store.StoreError({ message: "EIO" })))
        const results = [
          ...(yield* Fiber.join(group)),
          yield* Fiber.join(next),
          yield* Effect.either(store.set(others, note("e"))),
          yield* Effect.either(store.get(notes, "b")),
          yield* Effect.either(store.list(notes, { order: "asc", limit: 1 }))
        ]
        for (const result of results) {
          assert.strictEqual(result._tag, "Left")
          if (result._tag === "Left") {
            assert.instanceOf(result.left, Store.StoreError)
            assert.strictEqual(result.left.message, "EIO")
          }
        }
        assert.strictEqual((yield* store.get(notes, "a"))._tag, "Some")
        assert.strictEqual((yield* store.get(notes, "d"))._tag, "None")
      })
    ))

  it.effect("a statement that ends the transaction of SQLite fails the group, and the next one succeeds", () =>
    inFolder((folder) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        yield* Effect.scoped(SqliteStore.make({ filename }))
        yield* Effect.scoped(Effect.flatMap(connect(filename), (connection) =>
          execute(
            connection,
            "CREATE TRIGGER full BEFORE INSERT ON documents WHEN new.id = 'full' BEGIN SELECT RAISE(ROLLBACK, 'full'); END"
          )))
        const store = yield* SqliteStore.make({ filename })
        const full = store.transaction(
          // What follows must not be written outside of the transaction that has ended.
          Effect.zipRight(Effect.ignore(store.set(notes, note("full"))), store.set(notes, note("stray")))
        )
        const results = yield* Effect.all([store.set(notes, note("a")), full, store.set(notes, note("b"))], {
          concurrency: "unbounded",
          mode: "either"
        })
        assert.deepStrictEqual(
          results.map((result) => result._tag === "Left" ? result.left.message : "written"),
          ["full", "full", "written"]
        )
        const { data } = yield* store.list(notes, { order: "asc", limit: 10 })
        assert.deepStrictEqual(data.map(({ id }) => id), ["b"])
      })
    ))
})
