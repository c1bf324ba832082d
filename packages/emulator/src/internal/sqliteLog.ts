import type { Connection } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { closeSync, fdatasync, openSync } from "node:fs"
import { StoreError } from "../Store.js"

// SQLite waits for the disk in the thread of all requests. The write-ahead log is therefore synchronized here, as SQLite does
// with `synchronous = FULL`, in another thread. With `NORMAL`, SQLite itself synchronizes the log before it moves pages from
// there, so the database is never damaged.

/** Waits until everything that was committed is on the disk. */
export interface Sync {
  (done: (exit: Exit.Exit<void, StoreError>) => void): void
}

/** Opens the write-ahead log of a database, which is there as long as a connection is open, until the scope ends. */
export const open = (connection: Connection): Effect.Effect<Sync, SqlError | StoreError, Scope.Scope> =>
  Effect.gen(function*() {
    const [main] = yield* connection.executeValues("PRAGMA database_list", [])
    let isClosed = false
    const descriptor = yield* Effect.acquireRelease(
      Effect.try({
        try: () => openSync(`${String(main?.[2])}-wal`, "r+"),
        catch: (cause) => new StoreError({ message: "its write-ahead log can't be opened", cause })
      }),
      (descriptor) =>
        Effect.sync(() => {
          isClosed = true
          closeSync(descriptor)
        })
    )
    return (done) => {
      if (isClosed) return done(Exit.fail(new StoreError({ message: "The store is closed." })))
      fdatasync(
        descriptor,
        (cause) => done(cause === null ? Exit.void : Exit.fail(new StoreError({ message: cause.message, cause })))
      )
    }
  })
