/**
 * The store of the emulator: documents by collection, and the bytes of files. Everything above this interface is the same
 * for every store.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
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

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * An object as it goes over the wire: JSON with an identifier and a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Document {
  readonly id: string
  readonly created_at: number
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
}

/**
 * States a collection.
 *
 * @since 0.1.0
 * @category constructors
 */
export const collection = <A extends Document>(options: {
  readonly name: string
  readonly parentOf?: (document: A) => string
}): Collection<A> => ({ parentOf: () => "", ...options })

/**
 * Which page of a list. Documents are ordered by `created_at`, and those of the same second by when they were inserted.
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
  readonly where?: Partial<A> | undefined
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
 * What keeps documents and bytes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The document, where there is one. */
  readonly get: <A extends Document>(
    collection: Collection<A>,
    id: string,
    parent?: string
  ) => Effect.Effect<Option.Option<A>, StoreError>
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
    where: Partial<A>
  ) => Effect.Effect<ReadonlyArray<A>, StoreError>
  /**
   * Runs reads and writes as one step: no other write comes in between, no other read sees a part of it, and it is undone
   * where it fails or is interrupted. A transaction within another one is a part of it.
   */
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
  /**
   * Keeps the bytes of a Stream incrementally, as they come; nothing of them where it fails or is interrupted. The key is
   * the identifier of the document that they belong to: a store on disk that is opened again drops those without one.
   */
  readonly writeBlob: <E, R>(
    key: string,
    bytes: Stream.Stream<Uint8Array, E, R>
  ) => Effect.Effect<void, E | StoreError, R>
  /** The bytes kept under a key. Empty where the key has no bytes. */
  readonly readBlob: (key: string) => Stream.Stream<Uint8Array, StoreError>
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
export const layerMemory: Layer.Layer<Store> = Layer.effect(Store, memory.make((fields) => new CursorNotFound(fields)))
