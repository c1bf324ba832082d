import * as FileSystem from "@effect/platform/FileSystem"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { closeSync, openSync, statSync, unlinkSync } from "node:fs"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { execute } from "./sql.js"
import { connect, isBusy } from "./sqliteConnection.js"

// One process at a time keeps a store, by whichever name it opens the file. However a process ends, the operating system
// releases its locks.

/** The file behind symbolic links. */
const realPath = (filename: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.realPath(filename), () => filename))

/**
 * Identifies a file by its device and inode, which all of its names share. Creates the file where it does not exist, and opens
 * no other: a process that closes a file loses its locks on it.
 */
const identify = (filename: string) =>
  Effect.try(() => {
    const stat = () => statSync(filename, { bigint: true, throwIfNoEntry: false })
    const { dev, ino } = stat() ?? (closeSync(openSync(filename, "a")), statSync(filename, { bigint: true }))
    return `${dev}-${ino}`
  })

const user = (): string => {
  try {
    return String(userInfo().uid)
  } catch {
    return "unknown"
  }
}

/** How long a process waits while others take or remove a lock, which takes them a millisecond. */
const patience = Schedule.intersect(Schedule.spaced("5 millis"), Schedule.recurUpTo("5 seconds"))

/** Locks a file until the scope ends. Writes nothing. Fails where another process has it, with the last retry. */
const hold = (filename: string, retry: Schedule.Schedule<unknown> = Schedule.stop) =>
  Effect.gen(function*() {
    const lock = yield* connect(filename)
    yield* execute(lock, "PRAGMA busy_timeout = 0")
    const begin = Effect.acquireRelease(
      execute(lock, "BEGIN EXCLUSIVE"),
      () => Effect.ignore(execute(lock, "ROLLBACK"))
    )
    // Other processes are not in the time of a test's clock.
    yield* Effect.withClock(Effect.retry(begin, { schedule: retry, while: isBusy }), Clock.make())
  })

/**
 * Locks a file in the folder for temporary files until the scope ends, and then removes it. A process that opened it before it
 * was removed would lock a file without a name. So a process has the lock of `turns` while it opens and locks one, or removes
 * it.
 */
const holdTemporary = (filename: string, turns: string) =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const inTurn = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.scoped(Effect.zipRight(hold(turns, patience), effect))
    yield* inTurn(Scope.extend(hold(filename), scope))
    yield* Effect.addFinalizer(() => Effect.ignore(inTurn(Effect.try(() => unlinkSync(filename)))))
  })

/**
 * Locks a database until the scope ends, and creates it where it does not exist. Two files are locked: one next to it, which
 * other machines and containers see too, and one for its inode, which its other names share.
 */
export const take = (filename: string) =>
  Effect.gen(function*() {
    const inode = yield* identify(filename)
    yield* hold(`${yield* realPath(filename)}-lock`)
    const prefix = join(tmpdir(), `effect-openai-${user()}`)
    // Where there is no folder for temporary files, only the names that are symbolic links are recognized.
    yield* Effect.catchIf(
      holdTemporary(`${prefix}-${inode}-lock`, `${prefix}-lock`),
      (error) => !isBusy(error),
      () => Effect.void
    )
  })
