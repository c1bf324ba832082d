import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
// Tests may replace the global one, which then waits for them.
import { setImmediate } from "node:timers"
import type { StoreError } from "../Store.js"
import type { Sync } from "./sqliteLog.js"

// Transactions that share a commit, because the commit waits for the disk. It is written to the log, and the disk is waited
// for while other requests continue. Transactions that run meanwhile are the next group. Each still fails alone: a savepoint
// takes back its own part.

/** The connection on which transactions run, whose statements end before they return. */
export interface Writer {
  /** Runs a statement. */
  readonly run: (sql: string) => Effect.Effect<unknown, StoreError>
  readonly sync: Sync
}

/** Transactions that are committed together. */
class Group {
  /** The identifiers of the documents that are changed, by collection. */
  readonly changed = new Map<string, Set<string>>()
  private exit: Exit.Exit<void, StoreError> | undefined
  private readonly waiting: Array<(exit: Exit.Exit<void, StoreError>) => void> = []

  /** Whether the requests that had arrived when it began have had their turn. */
  isDue = false

  isCommitted = false

  /** Until it is on the disk. */
  readonly end: Effect.Effect<void, StoreError> = Effect.async((resume) => {
    if (this.exit === undefined) this.waiting.push(resume)
    else resume(this.exit)
  })

  settle(exit: Exit.Exit<void, StoreError>) {
    this.exit = exit
    for (const resume of this.waiting) resume(exit)
  }
}

/** A transaction that runs. */
export interface Transaction {
  readonly group: Group
  /** The keys of the bytes that it has written. */
  readonly keys: Array<string>
  /** The error of one of its statements. SQLite may have ended the transaction then. */
  failure: StoreError | undefined
}

/** Notes a change of a document. */
export const change = ({ group: { changed } }: Transaction, name: string, id: string): void => {
  const ids = changed.get(name)
  if (ids === undefined) changed.set(name, new Set([id]))
  else ids.add(id)
}

/** Lets one after the other run. */
const makeTurns = () => {
  const waiting = new Set<() => void>()
  const turns = {
    isTaken: false,
    /** Ends a turn, and begins the next one. */
    next: () => {
      const [begin] = waiting
      turns.isTaken = begin !== undefined
      begin?.()
    },
    /** Runs an effect in a turn, which it must end. Only the waiting can be interrupted. */
    enter: <A, E, R>(
      restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
      run: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E, R> =>
      Effect.suspend(() => {
        if (!turns.isTaken) {
          turns.isTaken = true
          return run
        }
        let hasTurn = false
        let begin!: () => void
        const wait = Effect.async<void>((resume) => {
          begin = () => {
            hasTurn = true
            waiting.delete(begin)
            resume(Effect.void)
          }
          if (turns.isTaken) waiting.add(begin)
          else {
            turns.isTaken = true
            begin()
          }
        })
        return Effect.matchCauseEffect(restore(wait), {
          onFailure: (cause) => {
            waiting.delete(begin)
            if (hasTurn) turns.next()
            return Effect.failCause(cause)
          },
          onSuccess: () => run
        })
      })
  }
  return turns
}

export const make = ({ run, sync }: Writer) => {
  const [begin, savepoint, undo, release, commit, rollback] = [
    run("BEGIN IMMEDIATE"),
    run("SAVEPOINT own"),
    Effect.zipRight(run("ROLLBACK TO own"), run("RELEASE own")),
    run("RELEASE own"),
    run("COMMIT"),
    Effect.ignore(run("ROLLBACK"))
  ]
  const current = FiberRef.unsafeMake<Transaction | undefined>(undefined)
  const turns = makeTurns()
  /** The group whose transactions run. */
  let open: Group | undefined
  /** The group that is committed, and not yet on the disk. No other one is committed meanwhile. */
  let unsynced: Group | undefined
  /** Why the disk was not written. What it has is not known then, so nothing more is committed. */
  let broken: Exit.Exit<never, StoreError> | undefined

  const commitOpen = () => {
    if (open?.isDue !== true || (unsynced !== undefined && broken === undefined)) return
    const group = open
    open = undefined
    const committed = Effect.runSyncExit(Effect.asVoid(Effect.tapError(broken ?? commit, () => rollback)))
    if (Exit.isFailure(committed)) return group.settle(committed)
    group.isCommitted = true
    unsynced = group
    sync((exit) => {
      // A group that is not on the disk is never read.
      if (Exit.isSuccess(exit)) unsynced = undefined
      else broken = Exit.failCause(exit.cause)
      group.settle(exit)
      // Those that have waited to read the documents of this group come before the next one changes them.
      setImmediate(commitDue)
    })
  }

  const commitDue = () => {
    if (!turns.isTaken) commitOpen()
  }

  const opened = Effect.suspend((): Effect.Effect<Group, StoreError> =>
    broken !== undefined
      ? broken
      : open === undefined
      ? Effect.map(begin, () => {
        const group = open = new Group()
        setImmediate(() => {
          group.isDue = true
          commitDue()
        })
        return group
      })
      : Effect.succeed(open)
  )

  /** Ends the transaction of a fiber. Where SQLite has ended all of its group before, they fail. */
  const leave = ({ failure, group }: Transaction, statement: Effect.Effect<unknown, StoreError>) =>
    Effect.zipRight(
      FiberRef.set(current, undefined),
      Effect.matchCauseEffect(statement, {
        onFailure: (cause) =>
          Effect.map(rollback, () => {
            open = undefined
            group.settle(failure === undefined ? Exit.failCause(cause) : Exit.fail(failure))
            turns.next()
          }),
        onSuccess: () => {
          commitOpen()
          turns.next()
          return Effect.void
        }
      })
    )

  const entered = Effect.tapError(Effect.zipLeft(opened, savepoint), () => Effect.sync(turns.next))

  const transaction = <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    onUndone: (keys: ReadonlyArray<string>) => Effect.Effect<void>
  ): Effect.Effect<A, E | StoreError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(turns.enter(restore, entered), (group) => {
        const own: Transaction = { group, keys: [], failure: undefined }
        const end = (statement: Effect.Effect<unknown, StoreError>, result: Exit.Exit<A, E>) => {
          const undone = <E>(cause: Cause.Cause<E>) => Effect.zipRight(onUndone(own.keys), Effect.failCause(cause))
          return Effect.zipRight(
            leave(own, statement),
            Effect.matchCauseEffect(group.end, {
              // What is committed may be on the disk.
              onFailure: (cause) =>
                group.isCommitted && Exit.isSuccess(result) ? Effect.failCause(cause) : undone(cause),
              onSuccess: () => Exit.isSuccess(result) ? result : undone(result.cause)
            })
          )
        }
        return Effect.zipRight(
          FiberRef.set(current, own),
          Effect.matchCauseEffect(restore(effect), {
            onFailure: (cause) => end(undo, Exit.failCause(cause)),
            onSuccess: (value) => end(release, Exit.succeed(value))
          })
        )
      })
    )

  return {
    /** The transaction of a fiber. */
    current,
    /** Runs a transaction, after those that have begun. Returns when it is on the disk. */
    transaction,
    /** The group that changes what a read outside of transactions sees, before it is on the disk. */
    unsyncedOf: (name: string, id: string | undefined): Group | undefined => {
      const ids = unsynced?.changed.get(name)
      return ids !== undefined && (id === undefined || ids.has(id)) ? unsynced : undefined
    },
    /** Until no group waits for the disk. */
    synced: Effect.suspend(() => unsynced === undefined ? Effect.void : Effect.exit(unsynced.end))
  }
}
