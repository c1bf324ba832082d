import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type { Options, SqliteStoreError } from "../SqliteStore.js"
import {
  type Aggregate,
  type Collection,
  type Document,
  IdTaken,
  type Query,
  type Service,
  StoreError
} from "../Store.js"
import * as Blobs from "./blobs.js"
import { entriesOf, inOrder, OneOf, Range } from "./conditions.js"
import * as GroupCommit from "./groupCommit.js"
import * as Lock from "./lock.js"
import { maxDeleted } from "./memory.js"
import {
  type Bounds,
  codeOf,
  comparisons,
  documentsOf,
  execute,
  failed,
  messageOf,
  newerVersion,
  pageOf,
  type Rows,
  sumsOf
} from "./sql.js"
import { connect, isBusy, pragma } from "./sqliteConnection.js"
import * as Log from "./sqliteLog.js"

type Fields = ConstructorParameters<typeof SqliteStoreError>[0]

// -----------------------------------------------------------------------------
// schema
// -----------------------------------------------------------------------------

/** Marks a database as one of this store: "oaie". */
const applicationId = 0x6f616965

/**
 * What brings the schema from each version to the next. `user_version` counts those that were applied; none is ever
 * changed.
 */
const migrations: ReadonlyArray<ReadonlyArray<string>> = [
  [
    // A deleted document leaves its place behind: clients often iterate a list while they empty it.
    `CREATE TABLE documents (
      sequence INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      collection TEXT NOT NULL,
      parent TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      document TEXT,
      UNIQUE (id, collection, parent)
    ) STRICT`,
    `CREATE INDEX documents_in_order ON documents (collection, parent, created_at, sequence)
      WHERE document IS NOT NULL`,
    // The files that the folder may have, complete or not: nothing else in it is ever touched.
    "CREATE TABLE blobs (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
  ],
  [
    // In which order documents were deleted: not all of their places are kept.
    "ALTER TABLE documents ADD COLUMN deleted INTEGER",
    "UPDATE documents SET deleted = sequence WHERE document IS NULL",
    "CREATE INDEX documents_deleted ON documents (deleted) WHERE deleted IS NOT NULL"
  ]
]

// -----------------------------------------------------------------------------
// statements
// -----------------------------------------------------------------------------

const isThis = "id = ? AND collection = ? AND parent = ?"

const select = `SELECT document FROM documents WHERE ${isThis} AND document IS NOT NULL`

/** Returns no row where there is a document. One that was deleted gets a new place. */
const insert = `INSERT INTO documents (id, collection, parent, created_at, document) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id, collection, parent) DO UPDATE SET
    sequence = (SELECT max(sequence) + 1 FROM documents),
    created_at = excluded.created_at,
    document = excluded.document,
    deleted = NULL
  WHERE document IS NULL
  RETURNING sequence`

/** A document that is there keeps its place; one that was deleted gets a new one. */
const upsert = `INSERT INTO documents (id, collection, parent, created_at, document) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (id, collection, parent) DO UPDATE SET
    sequence = iif(document IS NULL, (SELECT max(sequence) + 1 FROM documents), sequence),
    created_at = iif(document IS NULL, excluded.created_at, created_at),
    document = excluded.document,
    deleted = NULL`

const remove = `UPDATE documents SET document = NULL,
    deleted = (SELECT ifnull(max(deleted), 0) + 1 FROM documents WHERE deleted IS NOT NULL)
  WHERE ${isThis} AND document IS NOT NULL RETURNING deleted`

const forget = "DELETE FROM documents WHERE deleted <= ?"

const selectPosition = `SELECT created_at, sequence FROM documents WHERE ${isThis}`

const trackBlob = "INSERT INTO blobs (key) VALUES (?) ON CONFLICT DO NOTHING RETURNING key"

const forgetBlob = "DELETE FROM blobs WHERE key = ?"

const orphanedBlobs = `SELECT key FROM blobs
  WHERE NOT EXISTS (SELECT * FROM documents WHERE id = key AND document IS NOT NULL)`

/** The place of a document in its list: its second, and a number that grows with each insertion. */
interface Position {
  readonly created_at: number
  readonly sequence: number
}

interface Condition {
  readonly sql: string
  readonly params: ReadonlyArray<unknown>
}

/** Equal values of a field have the same JSON in every document: values are compared as JSON, not as SQLite converts them. */
const conditionsOf = (where: object): ReadonlyArray<Condition> =>
  entriesOf(where).flatMap(([field, wanted]): ReadonlyArray<Condition> => {
    if (wanted instanceof OneOf) {
      // A value without items is its only item.
      const marks = wanted.values.map(() => "?").join(", ")
      const sql = `EXISTS (SELECT * FROM json_each(documents.document, ?) AS item WHERE item.value IN (${marks}))`
      return [{ sql, params: [`$."${field}"`, ...wanted.values] }]
    }
    if (wanted instanceof Range) {
      return entriesOf(wanted.limits).map(([name, limit]) => ({
        // To SQLite, every text is above every number.
        sql: `json_type(document, ?) IN ('integer', 'real') AND document ->> ? ${comparisons[name]} ?`,
        params: [`$."${field}"`, field, limit]
      }))
    }
    return [
      field === "id"
        ? { sql: "id = ?", params: [wanted] }
        : { sql: "document -> ? = ?", params: [field, JSON.stringify(wanted)] }
    ]
  })

/** Those on one side of a position. */
const beyond = (position: Position | undefined, upwards: boolean): ReadonlyArray<Condition> =>
  position === undefined ? [] : [{
    sql: `(created_at, sequence) ${upwards ? ">" : "<"} (?, ?)`,
    params: [position.created_at, position.sequence]
  }]

const selectWhere = (
  conditions: ReadonlyArray<Condition>,
  rest = "",
  columns: Condition = { sql: "document", params: [] }
): Condition => ({
  sql: `SELECT ${columns.sql} FROM documents WHERE document IS NOT NULL AND ${
    conditions.map(({ sql }) => sql).join(" AND ")
  } ${rest}`,
  params: [...columns.params, ...conditions.flatMap(({ params }) => params)]
})

/** One document more than the page has. */
const selectPage = (
  name: string,
  { limit, order, parent = "", where = {} }: Query<any>,
  { after, before, isUpwards }: Bounds<Position>
): Condition => {
  const direction = isUpwards ? "ASC" : "DESC"
  const { params, sql } = selectWhere(
    [
      { sql: "collection = ? AND parent = ?", params: [name, parent] },
      ...conditionsOf(where),
      ...beyond(after, order === "asc"),
      ...beyond(before, order !== "asc")
    ],
    `ORDER BY created_at ${direction}, sequence ${direction} LIMIT ?`
  )
  return { sql, params: [...params, limit + 1] }
}

/** The sums of an aggregate, in columns that are named by their numbers. */
const selectSums = (name: string, { by, from, parent = "", sum, to, where = {}, width }: Aggregate<any>): Condition =>
  selectWhere(
    [
      { sql: "collection = ? AND parent = ? AND created_at >= ? AND created_at < ?", params: [name, parent, from, to] },
      ...conditionsOf(where)
    ],
    `GROUP BY time ${by.map((_, index) => `, by${index}`).join("")}`,
    {
      sql: [
        "created_at - created_at % CAST(? AS INTEGER) AS time",
        "count(*) AS count",
        ...by.map((_, index) => `document -> ? AS by${index}`),
        ...sum.map((_, index) => `total(document ->> ?) AS sum${index}`)
      ].join(", "),
      params: [width, ...by, ...sum]
    }
  )

// -----------------------------------------------------------------------------
// opening
// -----------------------------------------------------------------------------

/** How long a statement waits for another process that reads the file, such as the command `sqlite3`, in milliseconds. */
const busyTimeout = 5000

/** The facts that decide whether a file can be used. Writes nothing. */
const inspect = (connection: Connection) =>
  Effect.gen(function*() {
    yield* execute(connection, `PRAGMA busy_timeout = ${busyTimeout}`)
    const version = Number(yield* pragma(connection, "user_version"))
    const isOurs = (yield* pragma(connection, "application_id")) === applicationId
    const isEmpty = (yield* pragma(connection, "page_count")) === 0
    return { isForeign: !isOurs && !isEmpty, version }
  })

/** Brings the schema up to date in one transaction. */
const migrate = (connection: Connection, version: number) =>
  Effect.gen(function*() {
    yield* execute(connection, "BEGIN IMMEDIATE")
    for (const sql of migrations.slice(version).flat()) yield* execute(connection, sql)
    yield* execute(connection, `PRAGMA application_id = ${applicationId}`)
    yield* execute(connection, `PRAGMA user_version = ${migrations.length}`)
    yield* execute(connection, "COMMIT")
  })

/** The key of a blob that is written to see whether the file can be written. */
const probe = "probe"

/** The number that `PRAGMA synchronous` returns for `FULL`. */
const full = 2

const openWriter = (connection: Connection, version: number) =>
  Effect.gen(function*() {
    const mode = yield* pragma(connection, "journal_mode = WAL")
    // Drivers differ in their defaults. A write must be on the disk before its response is sent.
    yield* execute(connection, "PRAGMA synchronous = FULL")
    if (mode !== "wal" || (yield* pragma(connection, "synchronous")) !== full) {
      return yield* new StoreError({ message: "its file system can't keep a write-ahead log", cause: mode })
    }
    // A damaged page is found now, not when a request needs it.
    const check = yield* pragma(connection, "quick_check(1)")
    if (check !== "ok") return yield* new StoreError({ message: String(check), cause: { code: "SQLITE_CORRUPT" } })
    yield* migrate(connection, version)
    // A file that is read-only is refused now, not with the first request. A version that is unchanged may not be written.
    yield* execute(connection, "BEGIN IMMEDIATE")
    yield* execute(connection, trackBlob, [probe])
    yield* execute(connection, forgetBlob, [probe])
    yield* execute(connection, "COMMIT")
    // From now on the log is synchronized without SQLite. The commit has synchronized its entry in the folder.
    yield* execute(connection, "PRAGMA synchronous = NORMAL")
    yield* Effect.addFinalizer(() => Effect.ignore(execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)")))
  })

const openReader = (filename: string) =>
  Effect.tap(connect(filename), (connection) =>
    Effect.zipRight(
      execute(connection, `PRAGMA busy_timeout = ${busyTimeout}`),
      execute(connection, "PRAGMA query_only = ON")
    ))

/** Why a file can't be opened, in words, where the file system says it. */
const check = (filename: string, blobs: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const typeOf = (file: string) =>
      Effect.map(Effect.option(fs.stat(file)), (info) => Option.getOrUndefined(info)?.type)
    const mayWrite = (file: string) => Effect.isSuccess(fs.access(file, { writable: true }))
    const folder = path.dirname(filename)
    const folderType = yield* typeOf(folder)
    if (folderType === undefined) return `the folder ${folder} does not exist`
    if (folderType !== "Directory") return `${folder} is not a folder`
    const type = yield* typeOf(filename)
    if (type === "Directory") return "it is a folder, not a file"
    if (type !== undefined && !(yield* mayWrite(filename))) return "this user may not write it"
    // SQLite creates its own files next to the database.
    if (!(yield* mayWrite(folder))) return `this user may not write in the folder ${folder}`
    const blobsType = yield* typeOf(blobs)
    if (blobsType === undefined) return undefined
    if (blobsType !== "Directory") return `${blobs} is not a folder`
    return (yield* mayWrite(blobs)) ? undefined : `this user may not write in the folder ${blobs}`
  })

const explain = (filename: string, error: unknown): Fields => {
  const code = codeOf(error)
  if (isBusy(error)) {
    return { reason: "Locked", filename, message: `${filename} is in use by another process.`, cause: error }
  }
  if (/^SQLITE_READONLY/.test(code)) {
    return { reason: "Unusable", filename, message: `${filename} can't be used: it is read-only.`, cause: error }
  }
  return /^SQLITE_(NOTADB|CORRUPT)/.test(code)
    ? { reason: "Corrupt", filename, message: `${filename} is damaged: ${messageOf(error)}`, cause: error }
    : { reason: "Unusable", filename, message: `${filename} can't be used: ${messageOf(error)}`, cause: error }
}

type Fail = (fields: Fields) => SqliteStoreError

/** A connection that writes and one that reads: a read does not wait for a transaction, and sees the state before it. */
export const open = (filename: string, fail: Fail, openLog = Log.open) =>
  Effect.gen(function*() {
    const attempt = Effect.mapError((error: unknown) => fail(explain(filename, error)))
    yield* attempt(Lock.take(filename))
    const writer = yield* attempt(connect(filename))
    const { isForeign, version } = yield* attempt(inspect(writer))
    if (isForeign) {
      return yield* fail({ reason: "Foreign", filename, message: `${filename} is a database of something else.` })
    }
    if (version > migrations.length) {
      return yield* fail({
        reason: "NewerVersion",
        filename,
        message: newerVersion(filename, version, migrations.length)
      })
    }
    yield* attempt(openWriter(writer, version))
    return { reader: yield* attempt(openReader(filename)), sync: yield* attempt(openLog(writer)), writer }
  })

// -----------------------------------------------------------------------------
// service
// -----------------------------------------------------------------------------

/** The errors are the public module's, which imports this one. A test has its own log. */
export const make = ({ blobs: folder, filename: given }: Options, fail: Fail, openLog = Log.open) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    if (given === "" || given === ":memory:") {
      const message =
        "SqliteStore keeps a file, and was given no name of one; Store.layerMemory keeps everything in memory."
      return yield* fail({ reason: "Unusable", filename: given, message })
    }
    const filename = path.resolve(given)
    const blobsFolder = folder === undefined ? `${filename}-files` : path.resolve(folder)
    const problem = yield* check(filename, blobsFolder)
    if (problem !== undefined) {
      return yield* fail({ reason: "Unusable", filename, message: `${filename} can't be used: ${problem}.` })
    }
    const { reader, sync, writer } = yield* open(filename, fail, openLog)
    const blobs = yield* Effect.mapError(
      Blobs.make(blobsFolder),
      (error) => fail(explain(filename, error))
    )

    const { current, synced, transaction, unsyncedOf } = GroupCommit.make({
      run: (sql) => Effect.mapError(execute(writer, sql), failed),
      sync
    })
    // The log stays open until no group waits for the disk.
    yield* Effect.addFinalizer(() => synced)

    /** Reads documents of a collection, all or one. Out of transactions it reads what is on the disk. */
    const read = (
      name: string,
      id: string | undefined,
      sql: string,
      params: ReadonlyArray<unknown>
    ): Effect.Effect<Rows, StoreError> =>
      Effect.withFiberRuntime<Rows, StoreError>((fiber) => {
        if (fiber.getFiberRef(current) !== undefined) return Effect.mapError(execute(writer, sql, params), failed)
        const unsynced = unsyncedOf(name, id)
        if (unsynced === undefined) return Effect.mapError(execute(reader, sql, params), failed)
        return Effect.zipRight(unsynced.end, read(name, id, sql, params))
      })

    /** Runs an effect in the transaction of its fiber, or in a new one. Removes the bytes of one that fails. */
    const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R> =>
      Effect.withFiberRuntime((fiber) =>
        fiber.getFiberRef(current) !== undefined ?
          effect :
          transaction(
            effect,
            (keys) => Effect.forEach(keys, (key) => Effect.ignoreLogged(blobs.remove(key)), { discard: true })
          )
      )

    /** Writes. A statement on a document has the name of its collection and its identifier. */
    const write = (
      sql: string,
      params: ReadonlyArray<unknown>,
      name?: string,
      id?: string
    ): Effect.Effect<Rows, StoreError> =>
      inTransaction(Effect.withFiberRuntime((fiber) => {
        const own = fiber.getFiberRef(current)!
        if (own.failure !== undefined) return Effect.fail(own.failure)
        if (name !== undefined) GroupCommit.change(own, name, id!)
        return Effect.mapError(execute(writer, sql, params), (error) => own.failure = failed(error))
      }))

    const removeBlob = (key: string) => Effect.zipRight(blobs.remove(key), write(forgetBlob, [key]))

    yield* Effect.flatMap(
      execute(reader, orphanedBlobs),
      Effect.forEach(({ key }) => removeBlob(key), { discard: true })
    ).pipe(Effect.mapError((error) => fail(explain(filename, error))))

    const valuesOf = <A extends Document>({ name, parentOf, timeOf }: Collection<A>, document: A) => [
      document.id,
      name,
      parentOf(document),
      timeOf(document),
      JSON.stringify(document)
    ]

    const service: Service = {
      get: ({ name }, id, parent = "") =>
        Effect.map(
          Effect.flatMap(read(name, id, select, [id, name, parent]), documentsOf),
          ([document]) => Option.fromNullable(document)
        ),

      insert: (collection, document) =>
        Effect.flatMap(
          write(insert, valuesOf(collection, document), collection.name, document.id),
          ([row]) => row === undefined ? new IdTaken({ id: document.id }) : Effect.void
        ),

      set: (collection, document) => write(upsert, valuesOf(collection, document), collection.name, document.id),

      remove: ({ name }, id, parent = "") =>
        inTransaction(Effect.flatMap(write(remove, [id, name, parent], name, id), ([row]) =>
          row === undefined
            ? Effect.succeed(false)
            : Effect.as(write(forget, [row.deleted - maxDeleted]), true))),

      list: ({ name }, query) =>
        pageOf<any, Position>(
          query,
          (id) => read(name, undefined, selectPosition, [id, name, query.parent ?? ""]),
          (bounds) => {
            const { params, sql } = selectPage(name, query, bounds)
            return read(name, undefined, sql, params)
          }
        ),

      find: ({ name }, where) => {
        const { params, sql } = selectWhere([{ sql: "collection = ?", params: [name] }, ...conditionsOf(where)])
        return Effect.flatMap(read(name, undefined, sql, params), documentsOf)
      },

      aggregate: ({ name }, aggregate) => {
        const { params, sql } = selectSums(name, aggregate)
        return Effect.map(
          read(name, undefined, sql, params),
          (rows) => inOrder(rows.map((row) => sumsOf(aggregate, row, (value) => JSON.parse(value ?? "null"))))
        )
      },

      transaction: inTransaction,

      writeBlob: (key, bytes) =>
        Effect.gen(function*() {
          const [row] = yield* write(trackBlob, [key])
          if (row === undefined) return yield* new IdTaken({ id: key })
          const own = yield* FiberRef.get(current)
          own?.keys.push(key)
          yield* Effect.onError(blobs.write(key, bytes), () => Effect.ignoreLogged(removeBlob(key)))
        }),

      readBlob: blobs.read,

      removeBlob
    }
    return service
  })
