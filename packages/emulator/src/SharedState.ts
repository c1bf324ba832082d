/**
 * State of the emulator that is not documents, where all processes that use a store share it.
 *
 * @since 3.0.0
 */
import type * as Effect from "effect/Effect"
import type { StoreError } from "./Store.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * What a call takes of a limit that fills evenly.
 *
 * @since 3.0.0
 * @category models
 */
export interface Amount {
  /** The name of the limit among those that are taken together. */
  readonly kind: string
  /** What is there when the limit is full. One that has changed begins full. */
  readonly limit: number
  /** The time in milliseconds in which the limit fills. */
  readonly period: number
  readonly amount: number
  /** Whether nothing is taken where the limit lacks the amount. */
  readonly isEnforced: boolean
}

/**
 * The result of taking amounts: whether they were taken, and what is left of each limit by its kind.
 *
 * @since 3.0.0
 * @category models
 */
export interface Taking {
  readonly isTaken: boolean
  readonly left: Readonly<Record<string, number>>
}

/**
 * A text with its version.
 *
 * @since 3.0.0
 * @category models
 */
export interface Versioned {
  /** 0 where there is no text. */
  readonly version: number
  readonly text: string | undefined
  /** The processes that use the store and live. */
  readonly living: ReadonlyArray<string>
}

/**
 * An entry of a log.
 *
 * @since 3.0.0
 * @category models
 */
export interface LogEntry {
  /** A number that grows with each entry. */
  readonly sequence: number
  /** The process that wrote it. */
  readonly node: string
  readonly text: string
}

/**
 * Which entries of a log: the latest, or those of a process from one number to another.
 *
 * @since 3.0.0
 * @category models
 */
export type LogQuery =
  | { readonly latest: number }
  | { readonly node: string; readonly first: number; readonly last: number }

/**
 * State that all processes share.
 *
 * @since 3.0.0
 * @category models
 */
export interface SharedState {
  /**
   * Takes amounts of the limits of a name, all or none, as one step. The time is in milliseconds; undefined is the clock of
   * the store.
   */
  readonly take: (
    name: string,
    amounts: ReadonlyArray<Amount>,
    time: number | undefined
  ) => Effect.Effect<Taking, StoreError>
  /** A text of a name. */
  readonly read: (name: string) => Effect.Effect<Versioned, StoreError>
  /** Replaces the text of a name, whose version grows by 1. Returns false, and does nothing, where it has another version. */
  readonly write: (name: string, text: string, version: number) => Effect.Effect<boolean, StoreError>
  /** Writes entries of this process. Returns the numbers of the first and the last one. */
  readonly append: (
    log: string,
    texts: ReadonlyArray<string>
  ) => Effect.Effect<{ readonly first: number; readonly last: number }, StoreError>
  /** The entries of a log, the earliest first. */
  readonly entries: (log: string, query: LogQuery) => Effect.Effect<ReadonlyArray<LogEntry>, StoreError>
  /** Removes all entries of a log but the latest. */
  readonly trim: (log: string, kept: number) => Effect.Effect<void, StoreError>
}
