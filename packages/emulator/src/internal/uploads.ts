import * as Contract from "@effect-openai/core/Uploads"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { contentOf, receiving, type Write } from "./content.js"
import {
  type File,
  files,
  freshHexId,
  freshId,
  getOrFail,
  getToShare,
  getToUpdate,
  insert,
  insertOwner,
  now,
  type Upload,
  type UploadPart,
  uploadParts,
  uploads
} from "./documents.js"
import * as lifecycle from "./engine/uploads.js"
import { fromStore, noUpload, refused } from "./errors.js"
import * as Form from "./form.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import * as purposes from "./purposes.js"

/** How long an upload accepts parts, in seconds. */
const lifetime = 3600

/** An upload that accepts parts. */
const pendingUpload = (id: string, get = getOrFail) =>
  Effect.gen(function*() {
    const upload = yield* get(uploads, id, noUpload)
    const isOver = upload.status === "pending" && (yield* now) >= upload.expires_at
    const status = isOver ? "expired" : upload.status
    return status === "pending"
      ? upload
      : yield* refused(`Upload ${id} is ${status}.`, null, { summary: `The upload is ${status}.` })
  })

/** The parts that an upload consists of, in the order given. */
const partsOf = (upload: Upload, ids: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const named = new Set<string>()
    const parts = yield* Effect.forEach(ids, (id) =>
      Effect.flatMap(store.get(uploadParts, id, upload.id), (part) => {
        if (Option.isNone(part)) return refused(`No such part: ${id}`, "part_ids", { summary: "No such part." })
        if (named.has(id)) {
          return refused(`The part ${id} is named twice.`, "part_ids", { summary: "A part is named twice." })
        }
        named.add(id)
        return Effect.succeed(part.value)
      }))
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
    return bytes === upload.bytes ? parts : yield* refused(
      `The number of bytes uploaded (${bytes}) does not match the number of bytes expected (${upload.bytes}).`
    )
  })

/** Writes the bytes of all parts into one blob, and checks them. Returns its key. */
const concatenate = (
  write: Write,
  upload: Upload,
  parts: ReadonlyArray<UploadPart>,
  { md5 }: Contract.CompleteUploadRequest
) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const hash = createHash("md5")
    const key = yield* write(
      Stream.tap(
        Stream.flatMap(Stream.fromIterable(parts), (part) => contentOf(store, part)),
        (chunk) => Effect.sync(() => hash.update(chunk))
      )
    )
    if (md5 !== undefined && md5.toLowerCase() !== hash.digest("hex")) {
      return yield* refused("The md5 of the uploaded bytes does not match.", "md5")
    }
    yield* purposes.checkContent(
      upload.purpose as File["purpose"] & Contract.CreateUploadRequest["purpose"],
      contentOf(store, { id: key, bytes: upload.bytes })
    )
    return key
  })

export const layer = HttpApiBuilder.group(api, "Uploads", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("createUpload", ({ payload: { bytes, filename, mime_type, purpose } }) =>
        fromStore(Effect.gen(function*() {
          yield* purposes.checkName(purpose, filename, "filename")
          yield* purposes.checkType(purpose, mime_type)
          const created_at = yield* now
          const add = insert(uploads, freshHexId("upload_"), (id): Upload => ({
            id,
            object: "upload",
            bytes,
            created_at,
            filename,
            purpose,
            status: "pending",
            expires_at: created_at + lifetime
          }))
          const upload = yield* store.transaction(Effect.tap(add, lifecycle.claim))
          yield* lifecycle.pursue(upload)
          return upload
        })))
      .handle("addUploadPart", ({ path: { upload_id }, request }) =>
        fromStore(Effect.gen(function*() {
          // The body is read in either case.
          yield* lifecycle.catchUp(upload_id)
          const accepted = yield* Effect.either(pendingUpload(upload_id))
          const fresh = freshHexId("part_", upload_id)
          return yield* receiving({ store, collection: uploadParts, fresh, parent: upload_id }, (write, restore) =>
            Effect.gen(function*() {
              const { files: [received] } = yield* restore(Form.read(
                Contract.addPart.body,
                request,
                ({ content }) => Either.isRight(accepted) ? write(content) : Effect.succeed(""),
                { unnamed: "data" }
              ))
              yield* accepted
              const { bytes, result: id } = received!
              return yield* store.transaction(Effect.gen(function*() {
                // The upload may have ended while the part was received.
                yield* pendingUpload(upload_id, getToShare)
                const part: UploadPart = { id, object: "upload.part", created_at: yield* now, upload_id, bytes }
                yield* insertOwner(uploadParts, part)
                return part
              }))
            }))
        })))
      .handle("completeUpload", ({ path: { upload_id }, payload }) =>
        fromStore(Effect.gen(function*() {
          yield* lifecycle.catchUp(upload_id)
          const upload = yield* pendingUpload(upload_id)
          const parts = yield* partsOf(upload, payload.part_ids)
          const own = { store, collection: files, fresh: freshId("file-") }
          const { completed, left } = yield* receiving(own, (write, restore) =>
            Effect.gen(function*() {
              const id = yield* restore(concatenate(write, upload, parts, payload))
              return yield* store.transaction(Effect.gen(function*() {
                // Another request may have ended the upload meanwhile, and dropped its parts.
                const { bytes, created_at, filename, purpose } = yield* pendingUpload(upload_id, getToUpdate)
                const file: File = {
                  id,
                  object: "file",
                  bytes,
                  created_at,
                  filename,
                  purpose: purpose as File["purpose"],
                  status: "processed"
                }
                const completed: Upload = { ...upload, status: "completed", file }
                yield* insertOwner(files, file)
                return { completed, left: yield* lifecycle.end(completed) }
              }))
            }))
          yield* lifecycle.dropBytes(left)
          return completed
        })))
      .handle("cancelUpload", ({ path: { upload_id } }) =>
        fromStore(Effect.gen(function*() {
          yield* lifecycle.catchUp(upload_id)
          const { cancelled, parts } = yield* store.transaction(Effect.gen(function*() {
            const upload = yield* getToUpdate(uploads, upload_id, noUpload)
            if (upload.status === "cancelled") return { cancelled: upload, parts: [] }
            const cancelled: Upload = { ...yield* pendingUpload(upload_id, getToUpdate), status: "cancelled" }
            return { cancelled, parts: yield* lifecycle.end(cancelled) }
          }))
          yield* lifecycle.dropBytes(parts)
          return cancelled
        })))
  }))
