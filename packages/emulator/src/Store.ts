/**
 * The store of the emulator: documents by collection, and the bytes of files. Everything above this interface is the same
 * for every store.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import * as conditions from "./internal/conditions.js"
import * as memory from "./internal/memory.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * The store failed, because of a full disk or a lost file for example.
 *
 * @since 0.1.0
 * @category errors
 */
export class StoreError extends Data.TaggedError("StoreError")<{
  readonly message: string
  readonly cause?: unknown
}> {}

/**
 * The cursor of a list is an object that was never in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class CursorNotFound extends Data.TaggedError("CursorNotFound")<{
  readonly cursor: "after" | "before"
  readonly id: string
}> {}

/**
 * The identifier of a document that is inserted, or the key of bytes that are written, belongs to another one.
 *
 * @since 3.0.0
 * @category errors
 */
export class IdTaken extends Data.TaggedError("IdTaken")<{
  readonly id: string
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * An object as it goes over the wire: JSON with an identifier.
 *
 * @since 0.1.0
 * @category models
 */
export interface Document {
  readonly id: string
}

/**
 * Documents of one kind. Where they have a parent, a document is known by its parent's identifier and its own, and is
 * listed among its siblings; otherwise the parent is the empty string.
 *
 * @since 0.1.0
 * @category models
 */
export interface Collection<A extends Document> {
  readonly name: string
  readonly parentOf: (document: A) => string
  /** The time in seconds that orders the documents. */
  readonly timeOf: (document: A) => number
  /** Whether all projects share the documents. Otherwise each project has its own. */
  readonly isShared: boolean
}

interface Created {
  readonly created_at: number
}

/**
 * States a collection. Default: documents have no parent, their time is `created_at`, and each project has its own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const collection = <A extends Document>(
  options: {
    readonly name: string
    readonly parentOf?: (document: A) => string
    readonly isShared?: boolean
  } & (A extends Created ? { readonly timeOf?: (document: A) => number } : { readonly timeOf: (document: A) => number })
): Collection<A> => ({
  parentOf: () => "",
  isShared: false,
  ...options,
  // Documents without `created_at` have their own function.
  timeOf: options.timeOf ?? ((document) => (document as A & Created).created_at)
})

/**
 * A condition on a field. An array has one of some values where one of its items is among them.
 *
 * @since 0.1.0
 * @category models
 */
export type Condition = conditions.OneOf | conditions.Range

/**
 * The values or conditions of fields. A field that is undefined has any value.
 *
 * @since 0.1.0
 * @category models
 */
export type Where<A> = { readonly [K in keyof A]?: A[K] | Condition | undefined }

/**
 * The field, or one of its items, is one of these values. Without values every field fits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const oneOf = (values: ReadonlyArray<string> | undefined): Condition | undefined =>
  values === undefined ? undefined : new conditions.OneOf(values)

/**
 * The field is a number within these limits.
 *
 * @since 0.1.0
 * @category constructors
 */
export const range = (limits: conditions.Limits | undefined): Condition | undefined =>
  limits === undefined ? undefined : new conditions.Range(limits)

/**
 * Which documents are added up, and how: those of one parent whose time is from `from` to before `to`, in buckets of
 * `width` seconds that begin at multiples of it, by the values of the fields `by`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Aggregate<A> {
  readonly parent?: string | undefined
  readonly where?: Where<A> | undefined
  readonly from: number
  readonly to: number
  readonly width: number
  readonly by: ReadonlyArray<keyof A & string>
  readonly sum: ReadonlyArray<keyof A & string>
}

/**
 * The sums of one bucket and of one combination of values.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sums {
  /** When the bucket begins, in seconds. */
  readonly time: number
  /** The values of the fields that group; null where a document lacks one. */
  readonly by: Readonly<Record<string, unknown>>
  readonly count: number
  readonly sum: Readonly<Record<string, number>>
}

/**
 * Which page of a list. Documents are ordered by their time, and those of the same second by when they were inserted.
 *
 * With `after` the page begins behind that document; with `before` alone it ends ahead of it; with both it lies between.
 * A cursor stays good when its document is deleted, as long as no 10,000 others are deleted after it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query<A> {
  readonly parent?: string | undefined
  /** Only documents with these values. */
  readonly where?: Where<A> | undefined
  readonly order: "asc" | "desc"
  readonly limit: number
  readonly after?: string | undefined
  readonly before?: string | undefined
}

/**
 * A page of a list, and whether the list continues in the direction that was asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly data: ReadonlyArray<A>
  readonly hasMore: boolean
}

/**
 * What a transaction does with a document that it reads:
 *
 * - `read`: nothing that must agree with it. Another transaction can change or remove it before this one ends.
 * - `share`: no other transaction changes or removes it before this one ends.
 * - `update`: as `share`, and no other transaction reads it to share or update it. A document is read with this intent
 *   before it is replaced by one that is derived from it.
 *
 * @since 3.0.0
 * @category models
 */
export type Intent = "read" | "share" | "update"

/**
 * A piece of work that continues without a request: a run, a batch, a fine-tuning job, an upload that expires.
 *
 * @since 3.0.0
 * @category models
 */
export interface Work {
  /** There is one piece of work at a time under a key. */
  readonly key: string
  readonly kind: string
  /** The identifier of the document that the work is about, and that of its parent, or the empty string. */
  readonly id: string
  readonly parent: string
  /** The project that the work belongs to. The empty string where there are no projects. */
  readonly project: string
}

/**
 * The right of one process to do a piece of work.
 *
 * @since 3.0.0
 * @category models
 */
export interface Lease extends Work {
  /** Another one each time another process takes the lease. */
  readonly token: number
  /** How often its owner took the lease. */
  readonly acquired: number
}

/**
 * How processes that use the same store share the work. A process keeps its leases while the store can see that it lives.
 *
 * @since 3.0.0
 * @category models
 */
export interface Nodes {
  /** Identifies this process among those that use the store. */
  readonly id: string
  /** How long a process keeps its leases after it was last seen, in milliseconds. */
  readonly leaseTime: number
  /** How long ago in milliseconds the store saw this process. */
  readonly sinceSeen: Effect.Effect<number>
  /** Lets the store see this process. It also does so every 2 seconds without this. */
  readonly renew: Effect.Effect<void, StoreError>
  /** Whether other processes that use the store live. */
  readonly hasOthers: Effect.Effect<boolean, StoreError>
  /**
   * Sends a text to all processes that use the store, also to this one. In a transaction it is sent when the transaction
   * ends. A topic has no spaces. Maximum length of the text: 7 KB. It must not contain U+0000.
   */
  readonly notify: (topic: string, text: string) => Effect.Effect<void, StoreError>
  /**
   * The texts of a topic from now on. `undefined` says that texts may be missing, because the connection was lost: then read
   * what the store has.
   */
  readonly notifications: (topic: string) => Effect.Effect<Queue.Dequeue<string | undefined>, never, Scope.Scope>
  /**
   * Takes leases. Leases of other processes that live are left out, or are taken too with `force`. Sends the keys of those
   * that had another owner, with their tokens, as texts `token key` of the topic `lease`. In a transaction the leases are
   * taken when the transaction ends.
   */
  readonly acquire: (
    work: ReadonlyArray<Work>,
    options: { readonly force: boolean }
  ) => Effect.Effect<ReadonlyArray<Lease>, StoreError>
  /** Takes leases of processes that are dead or have closed. Returns no more than `limit`. */
  readonly takeOver: (limit: number) => Effect.Effect<ReadonlyArray<Lease>, StoreError>
  /** The leases of this process, all or those of some keys. */
  readonly held: (keys?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Lease>, StoreError>
  /** Sends a key as a text of a topic where another process that lives has its lease. Returns whether there is one. */
  readonly ask: (topic: string, key: string) => Effect.Effect<boolean, StoreError>
  /** Removes leases whose work has ended. Those that were taken again meanwhile remain. */
  readonly release: (leases: ReadonlyArray<Lease>) => Effect.Effect<void, StoreError>
  /** Leaves work to the other processes, and sends its keys as texts of the topic `left`. */
  readonly leave: (leases: ReadonlyArray<Lease>) => Effect.Effect<void, StoreError>
  /**
   * Runs an effect that changes documents only while this process has the lease. The effect is interrupted where a
   * transaction ends, or a write outside of a transaction takes place, after another process has taken the lease: nothing of
   * it is written. Bytes are not fenced: they count with their document.
   */
  readonly fence: (lease: Lease) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * An event of a stream.
 *
 * @since 3.0.0
 * @category models
 */
export interface StreamEvent {
  /** The number of the event in its stream: 1 for the first one, and one more for each that follows. */
  readonly sequence: number
  readonly event: string
  /** JSON. */
  readonly data: string
}

/**
 * Keeps the events of streams, so that each process can read them from any number.
 *
 * @since 3.0.0
 * @category models
 */
export interface Streams {
  /**
   * Adds events to a stream, and sends `number stream` as a text of the topic `streams`, with the number of the last one.
   * Returns that number. Without `begins` it adds nothing to a stream that has no events, and returns none. A stream has one
   * writer at a time. In a transaction the events are added when it ends. They are fenced as documents are.
   */
  readonly append: (
    stream: string,
    events: ReadonlyArray<Omit<StreamEvent, "sequence">>,
    options: { readonly begins: boolean }
  ) => Effect.Effect<Option.Option<number>, StoreError>
  /** The first events after a number, in order. They are removed an hour after they were added, or later. */
  readonly read: (
    stream: string,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<StreamEvent>, StoreError>
}

/**
 * What keeps documents and bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The clock that all who use the store share. Without one, times come from the clock of the process.
   *
   * @since 3.0.0
   */
  readonly clock?: Clock.Clock | undefined
  /**
   * How the processes that use the store share the work. Without it the store belongs to one process.
   *
   * @since 3.0.0
   */
  readonly nodes?: Nodes | undefined
  /**
   * The events of streams, where processes share the store.
   *
   * @since 3.0.0
   */
  readonly streams?: Streams | undefined
  /**
   * The document, where there is one. Default intent: `read`. An intent holds until the transaction ends, and has no effect
   * without one. A transaction reads parents before their children, so that no two transactions wait for each other.
   */
  readonly get: <A extends Document>(
    collection: Collection<A>,
    id: string,
    parent?: string,
    intent?: Intent
  ) => Effect.Effect<Option.Option<A>, StoreError>
  /**
   * Inserts a document. Fails with `IdTaken` where there is one of the same identifier, also one that another transaction
   * inserts at the same time.
   *
   * @since 3.0.0
   */
  readonly insert: <A extends Document>(
    collection: Collection<A>,
    document: A
  ) => Effect.Effect<void, StoreError | IdTaken>
  /** Inserts a document, or replaces the one of the same identifier in its place. */
  readonly set: <A extends Document>(collection: Collection<A>, document: A) => Effect.Effect<void, StoreError>
  /** Removes a document, and says whether there was one. */
  readonly remove: <A extends Document>(
    collection: Collection<A>,
    id: string,
    parent?: string
  ) => Effect.Effect<boolean, StoreError>
  /** One page of the documents of one parent. */
  readonly list: <A extends Document>(
    collection: Collection<A>,
    query: Query<A>
  ) => Effect.Effect<Page<A>, StoreError | CursorNotFound>
  /** All documents with these values, whatever their parent. */
  readonly find: <A extends Document>(
    collection: Collection<A>,
    where: Where<A>
  ) => Effect.Effect<ReadonlyArray<A>, StoreError>
  /** The sums of documents, the earliest bucket first. Buckets without documents are left out. */
  readonly aggregate: <A extends Document>(
    collection: Collection<A>,
    aggregate: Aggregate<A>
  ) => Effect.Effect<ReadonlyArray<Sums>, StoreError>
  /**
   * Runs reads and writes as one step: no other write comes in between, no other read sees a part of it, and it is undone
   * where it fails or is interrupted. A transaction within another one is a part of it.
   *
   * Where transactions run at the same time, writes that depend on what was read need the intents of `get`. The effect may
   * run more than once: a store undoes and repeats it where other transactions are in its way. It must therefore have no
   * effects outside of the store that can't be repeated.
   */
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
  /**
   * Keeps the bytes of a Stream incrementally, as they come; nothing of them where it fails or is interrupted. In a
   * transaction they are a part of it. Fails with `IdTaken`, and reads nothing of the Stream, where the key has bytes already
   * or others write them.
   *
   * The key is the identifier of the document that they belong to. A store removes bytes without a document when the process
   * that wrote them is gone, and never those that others are still writing.
   */
  readonly writeBlob: <E, R>(
    key: string,
    bytes: Stream.Stream<Uint8Array, E, R>
  ) => Effect.Effect<void, E | StoreError | IdTaken, R>
  /** The bytes kept under a key. Empty where the key has no bytes. */
  readonly readBlob: (key: string) => Stream.Stream<Uint8Array, StoreError>
  /** Removes bytes immediately, so it is not for transactions. */
  readonly removeBlob: (key: string) => Effect.Effect<void, StoreError>
}

/**
 * @since 0.1.0
 * @category context
 */
export class Store extends Context.Tag("@effect-openai/emulator/Store")<Store, Service>() {}

/**
 * Keeps everything in memory, as long as the layer lives.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<Store> = Layer.effect(
  Store,
  memory.make({
    cursorNotFound: (fields) => new CursorNotFound(fields),
    idTaken: (id) => new IdTaken({ id })
  })
)
