import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Ids } from "../Ids.js"
import * as Store from "../Store.js"
import { files, unlessTaken } from "./documents.js"

// The bytes that belong to a document. A store can lose them: a file on disk is removed or cut behind its back.

interface Stored {
  readonly id: string
  readonly bytes: number
}

/** Bytes that are lost, which no later read finds. Other errors of a store may pass. */
export class ContentLost extends Store.StoreError {}

export const isLost = (error: unknown): error is ContentLost => error instanceof ContentLost

/** The bytes of a file. Fails where they are not as many as the file has. */
export const contentOf = (
  store: Store.Service,
  { bytes, id }: Stored
): Stream.Stream<Uint8Array, Store.StoreError> =>
  Stream.suspend(() => {
    let read = 0
    const lost = Effect.suspend(() =>
      read === bytes
        ? Effect.void
        : new ContentLost({ message: `Of the ${bytes} bytes of ${id}, ${read} are there.` })
    )
    return store.readBlob(id).pipe(
      Stream.mapEffect((chunk) => {
        read += chunk.length
        // Nothing follows the end that the header Content-Length states.
        return read > bytes ? Effect.zipRight(lost, Effect.succeed(chunk)) : Effect.succeed(chunk)
      }),
      Stream.concat(Stream.execute(lost))
    )
  })

/** The bytes of the file with an id. Fails where the file is gone. */
export const contentOfId = (id: string): Stream.Stream<Uint8Array, Store.StoreError, Store.Store> =>
  Stream.unwrap(Effect.gen(function*() {
    const store = yield* Store.Store
    const file = Option.getOrUndefined(yield* store.get(files, id))
    return file === undefined
      ? Stream.fail(new ContentLost({ message: `The file ${id} is gone.` }))
      : contentOf(store, file)
  }))

/** So many bytes are read before the response begins, which can then still be an error. */
const checked = 65_536

/** Fails where the beginning of a file is lost. */
export const checkContent = (store: Store.Service, file: Stored): Effect.Effect<void, Store.StoreError> => {
  let read = 0
  return Stream.runForEachWhile(contentOf(store, file), (chunk) => Effect.sync(() => (read += chunk.length) < checked))
}

/**
 * Removes the bytes that a request which failed has written, unless their document is there: a store can keep a document and
 * fail afterwards.
 */
const removeUnowned = <A extends Stored>(
  store: Store.Service,
  collection: Store.Collection<A>,
  id: string,
  parent?: string
): Effect.Effect<void> =>
  Effect.ignoreLogged(
    Effect.flatMap(store.get(collection, id, parent), (owner) =>
      Option.isSome(owner) ? Effect.void : store.removeBlob(id))
  )

/** Writes bytes under an identifier that is not taken, and returns it. */
export type Write = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>
) => Effect.Effect<string, Exclude<E, Store.IdTaken> | Store.StoreError, R | Ids>

/**
 * Runs a request that writes bytes, and then inserts the document that they belong to. Where it fails, the bytes are removed.
 * Only what is restored can be interrupted.
 */
export const receiving = <A extends Stored, B, E, R>(
  { collection, fresh, parent, store }: {
    readonly store: Store.Service
    readonly collection: Store.Collection<A>
    readonly fresh: Effect.Effect<string, never, Ids>
    readonly parent?: string
  },
  request: (
    write: Write,
    restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  ) => Effect.Effect<
    B,
    E,
    R
  >
): Effect.Effect<B, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.suspend(() => {
      const written: Array<string> = []
      const write: Write = (bytes) =>
        unlessTaken(fresh, (id) =>
          Effect.uninterruptibleMask((restore) =>
            Effect.map(restore(store.writeBlob(id, bytes)), () => {
              written.push(id)
              return id
            })
          ))
      return Effect.onError(
        request(write, restore),
        () =>
          Effect.forEach(written, (id) => removeUnowned(store, collection, id, parent), { discard: true })
      )
    })
  )
