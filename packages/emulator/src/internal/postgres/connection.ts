import type { SqlClient } from "@effect/sql/SqlClient"
import type { Connection } from "@effect/sql/SqlConnection"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import type * as Scope from "effect/Scope"
import type { Lease, Nodes, StoreError } from "../../Store.js"
import { codeOf, execute, failed, type Rows } from "../sql.js"
import type { Statement } from "./statements.js"

// Statements and transactions over a pool of connections. `withTransaction` of `@effect/sql` does not fit: a commit that
// fails is a defect there, and nothing repeats a transaction.

/** Serialization failures and deadlocks: the transaction is undone, and can succeed when it runs again. */
const isConflict = (error: StoreError): boolean => /^40(?:001|P01)$/.test(codeOf(error))

const maxAttempts = 20

/** Other transactions must not wait without end for a process that is stopped in one. */
const begin = "BEGIN; SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '10s'"

/** Another process has taken the lease of a fence. */
const isFencedOff = (error: StoreError): boolean => codeOf(error) === "OL001"

interface Transaction {
  readonly connection: Connection
  /** The tokens of the leases that this process must have when the transaction ends. */
  readonly tokens: Set<number>
  /** The first statement that failed. PostgreSQL refuses those that follow, and a commit undoes the transaction. */
  problem: StoreError | undefined
}

export interface Connections {
  /** Runs a statement in the transaction that is running, or else in its own. */
  readonly execute: (statement: Statement) => Effect.Effect<Rows, StoreError>
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
  readonly isInTransaction: Effect.Effect<boolean>
  /** As `execute`, for a statement that changes documents: it is fenced as well. */
  readonly write: (statement: Statement) => Effect.Effect<Rows, StoreError>
  /**
   * As `write`, for a statement that checks the fence with an expression that it receives, where it is not in a transaction. A transaction of one statement would take three times as long.
   */
  readonly writeAlone: (statement: (check: string) => Statement) => Effect.Effect<Rows, StoreError>
  readonly fence: Nodes["fence"]
}

/** A transaction locks its leases last, as a request that takes a lease does: neither then waits for documents of the other. */
const commit = (tokens: Iterable<number>): string =>
  [...Array.from(tokens, (token) => `SELECT ${check(token)}`), "COMMIT"].join("; ")

/** Fails with the error of a fence, unless this process has the lease of a token. */
const check = (token: number): string => `check_lease(${token})`

const unfenced = "TRUE"

/** Waits a moment of real time, longer after more attempts. */
const pause = (attempt: number) =>
  Effect.flatMap(
    Effect.sync(() => Math.random() * Math.min(5 * 2 ** attempt, 200)),
    (millis) => Effect.withClock(Effect.sleep(millis), Clock.make())
  )

export const make = (sql: SqlClient, maxConnections: number): Connections => {
  const current = FiberRef.unsafeMake<Transaction | undefined>(undefined)
  const fenced = FiberRef.unsafeMake<Lease | undefined>(undefined)

  // Waiting for a connection of the pool can't be interrupted without losing it, and waiting here can.
  const turns = Effect.unsafeMakeSemaphore(maxConnections)

  const run = (connection: Connection, { params, sql }: Statement): Effect.Effect<Rows, StoreError> =>
    Effect.mapError(Effect.uninterruptible(execute(connection, sql, params)), failed)

  const withConnection = <A, E, R>(
    use: (
      connection: Connection,
      restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    ) => Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | StoreError, Exclude<R, Scope.Scope>> =>
    turns.withPermits(1)(Effect.uninterruptibleMask((restore) =>
      Effect.scoped(Effect.flatMap(
        Effect.mapError(sql.reserve, failed),
        (connection) => use(connection, restore)
      ))
    )) as Effect.Effect<A, E | StoreError, Exclude<R, Scope.Scope>>

  const once = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    withConnection((connection, restore) =>
      Effect.gen(function*() {
        const lease = yield* FiberRef.get(fenced)
        const tokens = new Set(lease === undefined ? [] : [lease.token])
        const transaction: Transaction = { connection, tokens, problem: undefined }
        yield* run(connection, { sql: begin, params: [] })
        const exit = yield* Effect.exit(restore(Effect.locally(effect, current, transaction)))
        if (Exit.isFailure(exit) || transaction.problem !== undefined) {
          yield* Effect.ignoreLogged(run(connection, { sql: "ROLLBACK", params: [] }))
        } else {
          yield* Effect.catchAll(run(connection, { sql: commit(tokens), params: [] }), (error) => {
            transaction.problem = error
            // A fence that fails leaves the transaction open.
            return tokens.size === 0 ? Effect.void : Effect.ignore(run(connection, { sql: "ROLLBACK", params: [] }))
          })
        }
        return { exit, problem: transaction.problem }
      })
    )

  const attempt = <A, E, R>(effect: Effect.Effect<A, E, R>, number: number): Effect.Effect<A, E | StoreError, R> =>
    Effect.flatMap(once(effect), ({ exit, problem }): Effect.Effect<A, E | StoreError, R> => {
      if (problem === undefined || Exit.isInterrupted(exit)) return exit
      if (isFencedOff(problem)) return Effect.interrupt
      if (isConflict(problem) && number < maxAttempts) {
        return Effect.zipRight(pause(number), attempt(effect, number + 1))
      }
      return Exit.isFailure(exit) ? exit : problem
    })

  const executeStatement = (statement: Statement) =>
    Effect.flatMap(FiberRef.get(current), (transaction) =>
      transaction === undefined
        ? withConnection((connection) => run(connection, statement))
        : Effect.tapError(run(transaction.connection, statement), (error) =>
          Effect.sync(() => {
            transaction.problem ??= error
          })))

  return {
    execute: executeStatement,
    write: (statement) =>
      Effect.flatMap(
        Effect.zip(FiberRef.get(fenced), FiberRef.get(current)),
        ([lease, transaction]) =>
          lease === undefined || transaction !== undefined
            ? executeStatement(statement)
            : attempt(executeStatement(statement), 1)
      ),
    writeAlone: (statement) =>
      Effect.flatMap(
        Effect.zip(FiberRef.get(fenced), FiberRef.get(current)),
        ([lease, transaction]): Effect.Effect<Rows, StoreError> =>
          lease === undefined || transaction !== undefined
            ? executeStatement(statement(unfenced))
            : Effect.catchIf(
              executeStatement(statement(check(lease.token))),
              isFencedOff,
              () => Effect.interrupt
            )
      ),
    transaction: (effect) =>
      Effect.flatMap(FiberRef.get(current), (transaction) => transaction === undefined ? attempt(effect, 1) : effect),
    fence: (lease) => (effect) =>
      Effect.flatMap(FiberRef.get(current), (transaction) => {
        transaction?.tokens.add(lease.token)
        return Effect.locally(effect, fenced, lease)
      }),
    isInTransaction: Effect.map(FiberRef.get(current), (transaction) => transaction !== undefined)
  }
}
