import { Files, Uploads } from "@effect-openai/client"
import * as FileSource from "@effect-openai/core/FileSource"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Scenario from "../../Scenario.js"
import * as given from "./given.js"

const text = "Seven stars shine above the häfen."
const bytes = new TextEncoder().encode(text)
const middle = 9

const upload = given.upload({ bytes: bytes.length })

const part = (upload_id: string, data: Uint8Array) =>
  Uploads.addPart({ upload_id, data: FileSource.fromBytes("part", data) })

/** The parts of an upload, the last one first. */
const parts = (upload_id: string) =>
  Effect.gen(function*() {
    const last = yield* part(upload_id, bytes.subarray(middle))
    const first = yield* part(upload_id, bytes.subarray(0, middle))
    return [first, last] as const
  })

const complete = (upload_id: string, rest: { readonly part_ids: ReadonlyArray<string>; readonly md5?: string }) =>
  Effect.tap(
    Uploads.complete({ upload_id, ...rest }),
    ({ file }) =>
      Effect.addFinalizer(() => file == null ? Effect.void : Effect.ignore(Files.delete({ file_id: file.id })))
  )

export const uploads: ReadonlyArray<Scenario.Scenario> = [
  Scenario.make({
    id: "uploads/complete",
    title: "the parts of an upload become a file, in the order that completing states",
    group: "state",
    operations: ["createUpload", "addUploadPart", "completeUpload", "retrieveFile", "downloadFile"],
    requires: ["stateful", "files"],
    run: Effect.gen(function*() {
      const created = yield* upload
      yield* Scenario.includes("the upload is pending", created, {
        object: "upload",
        status: "pending",
        bytes: bytes.length,
        filename: "facts.txt",
        purpose: "assistants"
      })
      const { created_at = 0, expires_at = 0 } = created
      yield* Scenario.equal("it expires after an hour", expires_at - created_at, 3600)
      const [first, last] = yield* parts(created.id)
      yield* Scenario.includes("a part names its upload", first, { object: "upload.part", upload_id: created.id })
      const completed = yield* complete(created.id, {
        part_ids: [first.id, last.id],
        md5: createHash("md5").update(bytes).digest("hex")
      })
      yield* Scenario.includes("the upload is completed", completed, { id: created.id, status: "completed" })
      const file = yield* Scenario.present("the upload has its file", completed.file)
      yield* Scenario.includes("the file has the name, purpose and size of the upload", file, {
        object: "file",
        filename: "facts.txt",
        purpose: "assistants",
        bytes: bytes.length
      })
      const retrieved = yield* Files.retrieve({ file_id: file.id })
      yield* Scenario.equal("the file is one like any other", retrieved.id, file.id)
      const content = yield* Files.content({ file_id: file.id })
      yield* Scenario.equal("its bytes are those of the parts", new TextDecoder().decode(content), text)
    })
  }),
  Scenario.make({
    id: "uploads/refused",
    title: "an upload is completed only with its parts, its size and its MD5",
    group: "negative",
    operations: ["completeUpload"],
    requires: ["stateful", "files", "errors"],
    run: Effect.gen(function*() {
      const { id } = yield* upload
      const [first, last] = yield* parts(id)
      const other = yield* Effect.flatMap(upload, ({ id }) => part(id, bytes))
      const refused = (what: string, rest: { readonly part_ids: ReadonlyArray<string>; readonly md5?: string }) =>
        Scenario.refused(what, "BadRequestError", complete(id, rest))
      yield* refused("parts of another size are refused", { part_ids: [first.id] })
      yield* refused("a part of another upload is refused", { part_ids: [other.id] })
      yield* refused("another MD5 is refused", { part_ids: [first.id, last.id], md5: "0".repeat(32) })
      const completed = yield* complete(id, { part_ids: [first.id, last.id] })
      yield* Scenario.equal("the upload can still be completed after that", completed.status, "completed")
      yield* Scenario.refused("a completed upload takes no part", "BadRequestError", part(id, bytes))
      yield* refused("a completed upload is not completed again", { part_ids: [first.id, last.id] })
    })
  }),
  Scenario.make({
    id: "uploads/cancel",
    title: "a cancelled upload takes no part and can't be completed",
    group: "state",
    operations: ["cancelUpload", "addUploadPart", "completeUpload"],
    requires: ["stateful", "files", "errors"],
    run: Effect.gen(function*() {
      const { id } = yield* upload
      const [first, last] = yield* parts(id)
      const cancelled = yield* Uploads.cancel({ upload_id: id })
      yield* Scenario.includes("the upload is cancelled", cancelled, { id, status: "cancelled" })
      yield* Scenario.refused("it takes no part", "BadRequestError", part(id, bytes))
      yield* Scenario.refused(
        "it can't be completed",
        "BadRequestError",
        complete(id, { part_ids: [first.id, last.id] })
      )
    })
  }),
  Scenario.make({
    id: "uploads/expire",
    title: "an upload expires after an hour",
    group: "state",
    operations: ["addUploadPart", "cancelUpload"],
    requires: ["stateful", "files", "errors", "clock"],
    run: Effect.gen(function*() {
      const { id } = yield* upload
      yield* part(id, bytes)
      const { advance } = yield* Scenario.CurrentSettings
      yield* advance("1 hour")
      yield* Scenario.refused("it takes no part", "BadRequestError", part(id, bytes))
      const error = yield* Scenario.refused(
        "it can't be cancelled",
        "BadRequestError",
        Uploads.cancel({ upload_id: id })
      )
      yield* Scenario.that("the error says that it is expired", error.message.includes("expired"), error.message)
    })
  })
]
