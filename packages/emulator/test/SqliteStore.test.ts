import { Files } from "@effect-openai/client"
import { FileSource } from "@effect-openai/core"
import { Store } from "@effect-openai/emulator"
import * as SqliteStore from "@effect-openai/emulator/SqliteStore"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Context, Deferred, Effect, Fiber, Layer, Option, type Scope, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, statSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir, userInfo } from "node:os"
import { dirname } from "node:path"
import { open } from "../src/internal/sqlite.js"
import { connect } from "../src/internal/sqliteConnection.js"
import { overHttp } from "./utils.js"

interface Note extends Store.Document {
  readonly created_at: number
  readonly text: string
}

const notes = Store.collection<Note>({ name: "note" })

const note = (id: string, text = ""): Note => ({ id, created_at: 0, text })

const bytes = (text: string) => new TextEncoder().encode(text)

const readBlob = (store: Store.Service, key: string) =>
  Effect.map(Stream.runCollect(Stream.decodeText(store.readBlob(key))), (texts) => [...texts].join(""))

/** A test with its own folder. */
const inFolder = (
  name: string,
  test: (
    folder: string,
    fs: FileSystem.FileSystem
  ) => Effect.Effect<void, unknown, NodeContext.NodeContext | Scope.Scope>
) =>
  it.scoped(name, () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* test(yield* fs.makeTempDirectoryScoped(), fs)
    }).pipe(Effect.provide(NodeContext.layer)), 60_000)

const use = <A, E, R>(filename: string, run: (store: Store.Service) => Effect.Effect<A, E, R>) =>
  Effect.scoped(Effect.flatMap(SqliteStore.make({ filename }), run))

const refusal = (filename: string) =>
  Effect.map(Effect.flip(use(filename, () => Effect.void)), (error) => {
    assert.instanceOf(error, SqliteStore.SqliteStoreError)
    return error
  })

/** Runs statements on a database past its store. */
const execute = (filename: string, ...statements: ReadonlyArray<string>) =>
  Effect.scoped(Effect.gen(function*() {
    const context = yield* Layer.build(SqliteClient.layer({ filename, disableWAL: true }))
    const sql = Context.get(context, SqliteClient.SqliteClient)
    for (const statement of statements) yield* sql.unsafe(statement)
  }))

/** A folder that finds the driver. */
const driver = dirname(createRequire(import.meta.url).resolve("@effect/sql-sqlite-node"))

const temporary = `${tmpdir()}/effect-openai-${userInfo().uid}`

/** The file that is locked for a database, whichever of its names it is opened by. */
const temporaryLock = (filename: string) => {
  const { dev, ino } = statSync(filename, { bigint: true })
  return `${temporary}-${dev}-${ino}-lock`
}

/** What a process locks while it opens or removes such a file. */
const turn = Effect.gen(function*() {
  const connection = yield* connect(`${temporary}-lock`)
  yield* Effect.acquireRelease(
    connection.executeUnprepared("BEGIN EXCLUSIVE", [], undefined),
    // A release has no typed error, and a failure fails the test.
    () => Effect.orDie(connection.executeUnprepared("ROLLBACK", [], undefined))
  )
})

/** Waits in real time. */
const nextTurn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

describe("SqliteStore", () => {
  inFolder(
    "what was written is there when it is opened again, the places of deleted documents too",
    (folder) =>
      Effect.gen(function*() {
        const text = "é\ud83d\ude42\u0000\ud800"
        yield* use(`${folder}/data.db`, (store) =>
          Effect.gen(function*() {
            for (const id of "abcd") yield* store.set(notes, note(id, text))
            yield* store.remove(notes, "b")
            yield* store.writeBlob("d", Stream.make(bytes("1"), bytes("2")))
          }))
        yield* use(`${folder}/data.db`, (store) =>
          Effect.gen(function*() {
            yield* store.set(notes, note("e"))
            const page = yield* store.list(notes, { order: "asc", limit: 2, after: "b" })
            assert.deepStrictEqual(page, { data: [note("c", text), note("d", text)], hasMore: true })
            assert.strictEqual(yield* readBlob(store, "d"), "12")
          }))
      })
  )

  inFolder(
    "the log is synchronized by the store, and before SQLite moves its pages by SQLite",
    (folder) =>
      Effect.gen(function*() {
        const { reader, writer } = yield* open(
          `${folder}/data.db`,
          (fields) => new SqliteStore.SqliteStoreError(fields)
        )
        const settings = (connection: typeof writer) =>
          Effect.forEach(
            ["journal_mode", "synchronous", "busy_timeout", "query_only"],
            (name) => Effect.map(connection.executeValues(`PRAGMA ${name}`, []), ([row]) => row?.[0])
          )
        const normal = 1
        assert.deepStrictEqual(yield* settings(writer), ["wal", normal, 5000, 0])
        assert.deepStrictEqual((yield* settings(reader)).slice(2), [5000, 1])
      })
  )

  inFolder("what a newer version wrote is refused, and left as it was", (folder, fs) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      yield* use(filename, (store) => store.set(notes, note("a")))
      yield* execute(filename, "PRAGMA user_version = 99")
      const before = yield* fs.readFile(filename)
      const { message, reason } = yield* refusal(filename)
      assert.strictEqual(reason, "NewerVersion")
      assert.include(message, "its schema has version 99, the newest one known here is 2.")
      assert.deepStrictEqual(yield* fs.readFile(filename), before)
      yield* execute(filename, "PRAGMA user_version = 2")
      assert.isTrue(Option.isSome(yield* use(filename, (store) => store.get(notes, "a"))))
    }))

  inFolder(
    "what an older version wrote is there, the places of deleted documents too",
    (folder) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        yield* use(filename, (store) =>
          Effect.gen(function*() {
            for (const id of "abc") yield* store.set(notes, note(id))
            yield* store.remove(notes, "b")
          }))
        yield* execute(
          filename,
          "DROP INDEX documents_deleted",
          "ALTER TABLE documents DROP COLUMN deleted",
          "PRAGMA user_version = 1"
        )
        yield* use(filename, (store) =>
          Effect.gen(function*() {
            assert.isTrue(yield* store.remove(notes, "a"))
            for (const after of "ab") {
              const page = yield* store.list(notes, { order: "asc", limit: 2, after })
              assert.deepStrictEqual(page, { data: [note("c")], hasMore: false })
            }
          }))
      })
  )

  inFolder("a database of something else is refused, and left as it was", (folder, fs) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      yield* execute(filename, "CREATE TABLE documents (a)")
      const before = yield* fs.readFile(filename)
      assert.strictEqual((yield* refusal(filename)).reason, "Foreign")
      assert.deepStrictEqual(yield* fs.readFile(filename), before)
    }))

  inFolder("refuses a file that is not a database or can't be opened", (folder, fs) =>
    Effect.gen(function*() {
      yield* fs.writeFileString(`${folder}/text.db`, "x".repeat(5000))
      assert.strictEqual((yield* refusal(`${folder}/text.db`)).reason, "Corrupt")
      assert.strictEqual(yield* fs.readFileString(`${folder}/text.db`), "x".repeat(5000))
      for (const filename of [folder, `${folder}/none/data.db`, "", ":memory:"]) {
        assert.strictEqual((yield* refusal(filename)).reason, "Unusable", filename)
      }
      for (
        const [filename, reason] of [
          [folder, "it is a folder, not a file"],
          [`${folder}/none/data.db`, `the folder ${folder}/none does not exist`],
          [`${folder}/text.db/data.db`, `${folder}/text.db is not a folder`]
        ] as const
      ) {
        assert.strictEqual((yield* refusal(filename)).message, `${filename} can't be used: ${reason}.`)
      }
      yield* fs.writeFileString(`${folder}/data.db-files`, "in the way")
      assert.deepInclude(yield* refusal(`${folder}/data.db`), {
        reason: "Unusable",
        message: `${folder}/data.db can't be used: ${folder}/data.db-files is not a folder.`
      })
    }))

  inFolder("a store that is read-only is refused when it is opened", (folder, fs) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      yield* use(filename, (store) => store.set(notes, note("a")))
      const bytes = yield* fs.readFile(filename)
      // The version for writing in the header of the file: SQLite opens a newer one for reading alone, with any user.
      bytes[18] = 3
      yield* fs.writeFile(filename, bytes)
      const { message, reason } = yield* refusal(filename)
      assert.deepStrictEqual([reason, message], ["Unusable", `${filename} can't be used: it is read-only.`])
    }))

  inFolder(
    "a damaged page is found when it is opened, and is a failure of the store's afterwards",
    (folder, fs) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        const many = Array.from({ length: 500 }, (_, index) => note(`${index}`, "x".repeat(100)))
        yield* use(filename, (store) => store.transaction(Effect.forEach(many, (note) => store.set(notes, note))))
        const good = yield* fs.readFile(filename)
        const damaged = good.slice().fill(0xff, 64 * 1024)
        yield* use(filename, (store) =>
          Effect.gen(function*() {
            yield* fs.writeFile(filename, damaged)
            const error = yield* Effect.flip(store.list(notes, { order: "asc", limit: 1000 }))
            assert.instanceOf(error, Store.StoreError)
            yield* fs.writeFile(filename, good)
          }))
        yield* fs.writeFile(filename, damaged)
        const { message, reason } = yield* refusal(filename)
        assert.strictEqual(reason, "Corrupt")
        assert.include(message, `${filename} is damaged: `)
      })
  )

  inFolder("one process at a time keeps a file, by any of its names", (folder, fs) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      yield* use(filename, (store) => store.set(notes, note("a")))
      yield* fs.symlink(filename, `${folder}/symbolic.db`)
      yield* fs.makeDirectory(`${folder}/other`)
      yield* fs.link(filename, `${folder}/other/hard.db`)
      const names = [filename, `${folder}/symbolic.db`, `${folder}/other/hard.db`]
      for (const first of names) {
        yield* use(first, () =>
          Effect.gen(function*() {
            for (const second of names) assert.strictEqual((yield* refusal(second)).reason, "Locked", second)
          }))
      }
    }))

  inFolder(
    "an opening that is refused leaves the locks of its process as they were",
    (folder) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        yield* use(filename, () =>
          Effect.gen(function*() {
            assert.strictEqual((yield* refusal(filename)).reason, "Locked")
            // Needs the file for itself, and removes the write-ahead log.
            const script = `
            const Sqlite = require("better-sqlite3")
            try {
              new Sqlite(${JSON.stringify(filename)}, { timeout: 0 }).pragma("journal_mode = DELETE")
              console.log("not locked")
            } catch ({ code }) {
              console.log(code)
            }`
            const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: driver, encoding: "utf8" })
            assert.strictEqual(stdout.trim(), "SQLITE_BUSY")
          }))
      })
  )

  inFolder("its lock in the folder for temporary files ends with it", (folder) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      const exists = yield* use(filename, () =>
        Effect.sync(() => {
          const lock = temporaryLock(filename)
          assert.isTrue(existsSync(lock))
          return () => existsSync(lock)
        }))
      assert.isFalse(exists())
    }))

  inFolder(
    "waits for a process that opens or removes a lock in the folder for temporary files",
    (folder) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        const [opened, closing] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]

        const [fiber, lock] = yield* Effect.scoped(Effect.gen(function*() {
          yield* turn
          const fiber = yield* Effect.forkDaemon(
            use(filename, () => Effect.zipRight(Deferred.succeed(opened, void 0), Deferred.await(closing)))
          )
          // It has the other lock first.
          yield* Effect.repeat(nextTurn, { until: () => existsSync(`${filename}-lock`) })
          yield* Effect.repeatN(nextTurn, 100)
          const lock = temporaryLock(filename)
          assert.isFalse(existsSync(lock))
          return [fiber, lock] as const
        }))
        yield* Effect.raceFirst(Deferred.await(opened), Fiber.join(fiber))
        assert.isTrue(existsSync(lock))

        yield* Effect.scoped(Effect.gen(function*() {
          yield* turn
          yield* Deferred.succeed(closing, void 0)
          yield* Effect.repeatN(nextTurn, 100)
          assert.isTrue(existsSync(lock))
        }))
        yield* Fiber.join(fiber)
        assert.isFalse(existsSync(lock))
      })
  )

  inFolder("a store that can't be written is refused when it is opened", (folder) =>
    Effect.gen(function*() {
      const filename = `${folder}/data.db`
      yield* use(filename, (store) => store.set(notes, note("a")))
      // What a read-only file system does, for any user: no write to the documents or the blobs has an effect.
      yield* execute(filename, "CREATE TRIGGER frozen BEFORE INSERT ON blobs BEGIN SELECT RAISE(ABORT, 'frozen'); END")
      assert.strictEqual((yield* refusal(filename)).reason, "Unusable")
    }))

  inFolder(
    "blobs without a document are gone when it is opened again, and nothing else is",
    (folder, fs) =>
      Effect.gen(function*() {
        const filename = `${folder}/data.db`
        yield* use(filename, (store) =>
          Effect.gen(function*() {
            yield* store.set(notes, note("kept"))
            for (const key of ["kept", "orphan", "../orphan"]) yield* store.writeBlob(key, Stream.make(bytes(key)))
          }))
        const files = `${folder}/data.db-files`
        // What an upload leaves behind whose process was ended.
        yield* fs.writeFileString(`${files}/orphan.part`, "half")
        yield* fs.writeFileString(`${files}/somebody's`, "own")
        assert.lengthOf(yield* fs.readDirectory(files), 5)
        yield* use(filename, (store) =>
          Effect.gen(function*() {
            assert.sameMembers(yield* fs.readDirectory(files), ["kept", "somebody's"])
            assert.strictEqual(yield* readBlob(store, "kept"), "kept")
          }))
      })
  )

  inFolder(
    "a blob that can't be written is a failure of the store's",
    (folder, fs) =>
      use(`${folder}/data.db`, (store) =>
        Effect.gen(function*() {
          yield* fs.remove(`${folder}/data.db-files`, { recursive: true })
          const error = yield* Effect.flip(store.writeBlob("a", Stream.make(bytes("1"))))
          assert.instanceOf(error, Store.StoreError)
        }))
  )

  inFolder(
    "hundreds of megabytes pass through in small pieces, into a file and out of it",
    (folder) =>
      use(`${folder}/data.db`, (store) =>
        Effect.gen(function*() {
          const [size, piece] = [300 * 1024 * 1024, new Uint8Array(256 * 1024)]
          let given = 0
          let most = 0
          // What was given and is not on the disk is in memory.
          const measure = Effect.sync(() => {
            most = Math.max(most, given - statSync(`${folder}/data.db-files/large.part`).size)
            given += piece.length
            return piece
          })
          yield* store.writeBlob("large", Stream.repeatEffect(measure).pipe(Stream.take(size / piece.length)))
          assert.strictEqual(given, size)
          assert.isAtMost(most, 2 * piece.length)
          let read = 0
          let largest = 0
          yield* Stream.runForEachChunk(store.readBlob("large"), (chunk) =>
            Effect.sync(() => {
              const bytes = Chunk.reduce(chunk, 0, (bytes, { length }) => bytes + length)
              read += bytes
              largest = Math.max(largest, bytes)
            }))
          assert.strictEqual(read, size)
          assert.isAtMost(largest, 1024 * 1024)
        }))
  )

  inFolder(
    "writes a file of any size in chunks, and reads it in chunks",
    (folder, fs) =>
      Effect.gen(function*() {
        const [pieces, piece] = [512, new Uint8Array(64 * 1024).fill(7)]
        const [hashSent, hashRead] = [createHash("sha256"), createHash("sha256")]
        let most = 0
        let sent = 0
        const files = `${folder}/data.db-files`
        /** What is neither still to come nor on the disk already: it is somewhere between. */
        const measure = Effect.gen(function*() {
          const [name] = yield* fs.readDirectory(files)
          const written = name === undefined ? 0 : Number((yield* fs.stat(`${files}/${name}`)).size)
          most = Math.max(most, sent - written)
        })
        const content = Stream.range(1, pieces).pipe(
          Stream.rechunk(1),
          Stream.mapEffect((index) => Effect.as(index % 16 === 0 ? measure : Effect.void, piece)),
          Stream.tap((piece) =>
            Effect.sync(() => {
              sent += piece.length
              hashSent.update(piece)
            })
          )
        )
        const store = SqliteStore.layer({ filename: `${folder}/data.db` })
        yield* Effect.gen(function*() {
          const { bytes, id } = yield* Files.upload({
            file: FileSource.fromStream("large", content, { size: pieces * piece.length }),
            purpose: "assistants"
          })
          assert.strictEqual(bytes, pieces * piece.length)
          assert.isBelow(most, 8 * 1024 * 1024)
          yield* Stream.runForEach(
            Files.content.stream({ file_id: id }),
            (chunk) => Effect.sync(() => hashRead.update(chunk))
          )
          assert.strictEqual(hashRead.digest("hex"), hashSent.digest("hex"))
        }).pipe(Effect.provide(overHttp.layer({ store: Layer.provide(store, NodeContext.layer) })))
      })
  )
})
