import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import { all, now, type Upload, uploadParts, uploads } from "../documents.js"
import type { Work } from "./drivers.js"
import { Engine, orLeft } from "./engine.js"
import * as Resumption from "./resumption.js"

// The work on an upload: it expires.

const keyOfWork = (id: string): string => `upload/${id}`

const workOf = ({ id }: Upload): Work => ({ key: keyOfWork(id), kind: "upload", id, parent: "" })

/** Ends an upload, and removes its parts. Must run in a transaction. Returns the IDs of the parts, whose bytes remain. */
export const end = (upload: Upload) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { data } = yield* store.list(uploadParts, { parent: upload.id, order: "asc", limit: all })
    yield* Effect.forEach(data, ({ id }) => store.remove(uploadParts, id, upload.id), { discard: true })
    yield* store.set(uploads, upload)
    return data.map(({ id }) => id)
  })

/** Removes the bytes of parts. What remains after a failure is removed when the store is opened. */
export const dropBytes = (ids: ReadonlyArray<string>) =>
  Effect.flatMap(
    Store.Store,
    (store) => Effect.forEach(ids, (id) => Effect.ignoreLogged(store.removeBlob(id)), { discard: true })
  )

const expire = (id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const parts = yield* store.transaction(Effect.gen(function*() {
      const upload = Option.getOrUndefined(yield* store.get(uploads, id, "", "update"))
      return upload?.status !== "pending" || (yield* now) < upload.expires_at
        ? []
        : yield* end({ ...upload, status: "expired" })
    }))
    yield* dropBytes(parts)
  })

/** Lets an upload expire in its time. */
export const pursue = (upload: Upload) =>
  Effect.gen(function*() {
    const { expires_at, id } = upload
    const engine = yield* Engine
    const millis = yield* Clock.currentTimeMillis
    yield* engine.begin({
      ...workOf(upload),
      isQuick: true,
      first: { after: Math.max(expires_at * 1000 - millis, 0), onLook: false },
      step: () => orLeft(`The upload ${id}`)(Effect.as(expire(id), undefined))
    })
  })

/** For every request to an upload, which may have expired. */
export const catchUp = (id: string) => Effect.flatMap(Engine, (engine) => engine.catchUp(keyOfWork(id)))

export const { claim, resume, resumeLease } = Resumption.make({
  name: "Uploads",
  workOf,
  unfinished: Effect.flatMap(Store.Store, (store) => store.find(uploads, { status: "pending" })),
  load: (id) => Effect.flatMap(Store.Store, (store) => Effect.map(store.get(uploads, id), Option.getOrUndefined)),
  isActive: ({ status }) => status === "pending",
  pursue
})
