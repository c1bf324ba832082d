import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import type { LazyArg } from "effect/Function"
import * as Layer from "effect/Layer"
import * as LogLevel from "effect/LogLevel"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Store from "../Store.js"
import * as Recent from "./recent.js"

/** A request with its response, or without one. It has no key, no query and nothing of a body. */
export interface Entry {
  readonly id: string
  /** When it came, in milliseconds since 1970. */
  readonly time: number
  readonly method: string
  readonly path: string
  readonly operation: string | undefined
  /** The status of the response. Undefined where there was none. */
  readonly status: number | undefined
  /** How long it took until the last byte of the response was sent, or the caller left. */
  readonly durationMs: number
  /** What was wrong, in a few words. */
  readonly problem: string | undefined
  /** The fault that was made on purpose. */
  readonly fault: string | undefined
}

/** An entry as it is shown. */
interface Shown extends Entry {
  /** The process that the request was sent to, where several share the store. */
  readonly node: string | undefined
}

interface Service {
  /** Records a request that a fiber has handled. `Effect.void` where it is not read. */
  readonly record: (
    fiber: Fiber.RuntimeFiber<unknown, unknown>,
    outcome: Pick<Entry, "status" | "fault">,
    entry: LazyArg<Entry>
  ) => Effect.Effect<void>
  /** The last requests, the latest first. */
  readonly latest: Effect.Effect<ReadonlyArray<Shown>, Store.StoreError>
  /** Every request from now on, as its response ends. A slow reader misses some. */
  readonly changes: Effect.Effect<Stream.Stream<Shown>, never, Scope.Scope>
  /** Ends the changes, so that their readers do not keep a server open. */
  readonly end: Effect.Effect<void>
}

/** The last requests. */
export class Journal extends Context.Tag("@effect-openai/emulator/internal/Journal")<Journal, Service>() {}

const kept = 200
const maxLength = 300

/** What a caller had a say in, as one line, and not a long one. */
const printable = (text: string): string => {
  const shortened = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text
  return shortened.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** An entry as one line. */
const format = ({ durationMs, fault, id, method, operation = "-", path, problem, status }: Entry): string =>
  `${method} ${path} ${operation} ${status ?? "-"} ${durationMs}ms ${id}` +
  (fault === undefined ? "" : ` [fault: ${fault}]`) +
  (problem === undefined ? "" : `: ${problem}`)

/** The annotation of the log that says as data what the line says. */
export const annotation = "request"

/**
 * Keeps the last requests if `isShown`, and logs each at the level given, or as a warning where the server itself failed.
 */
export const layer = (level: LogLevel.LogLevel, isShown: boolean): Layer.Layer<Journal, never, Store.Store> =>
  Layer.scoped(
    Journal,
    Effect.gen(function*() {
      const recent = yield* Recent.make<Entry>("requests", kept, isShown)
      const ended = yield* Deferred.make<void>()

      const shownOf = ({ entry, node }: Recent.Kept<Entry>): Shown => ({ ...entry, node })

      const severityOf = ({ fault, status }: Pick<Entry, "status" | "fault">) =>
        status !== undefined && status >= 500 && fault === undefined ? LogLevel.Warning : level

      return {
        record: (fiber, outcome, entryOf) => {
          const severity = severityOf(outcome)
          const isLogged = level._tag !== "None" &&
            LogLevel.greaterThanEqual(severity, fiber.getFiberRef(FiberRef.currentMinimumLogLevel))
          if (!isShown && !isLogged) return Effect.void
          const given = entryOf()
          const { path, problem } = given
          const entry = {
            ...given,
            path: printable(path),
            problem: problem === undefined ? undefined : printable(problem)
          }
          return Effect.zipRight(
            recent.add(entry),
            isLogged
              ? Effect.annotateLogs(Effect.logWithLevel(severity, format(entry)), annotation, entry)
              : Effect.void
          )
        },
        latest: Effect.map(recent.latest, (all) => all.map(shownOf)),
        changes: Effect.map(
          recent.changes,
          (changes) => Stream.interruptWhenDeferred(Stream.map(changes, shownOf), ended)
        ),
        end: Deferred.succeed(ended, void 0)
      }
    })
  )
