import * as Contract from "@effect-openai/core/Files"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as attachments from "./attachments.js"
import { checkContent, contentOf, receiving, type Write } from "./content.js"
import {
  assistantFiles,
  assistants,
  type File,
  files,
  freshId,
  getOrFail,
  getToUpdate,
  insertOwner,
  list,
  now
} from "./documents.js"
import { fromStore, noFile } from "./errors.js"
import * as Form from "./form.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import * as purposes from "./purposes.js"
import { uploads } from "./rules/files.js"
import { check } from "./rules/rule.js"

/** Receives a form, and writes its file into a blob. */
const receive = (request: HttpServerRequest, write: Write) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const { files: [received], request: { file, purpose } } = yield* Form.read(
      Contract.upload.body,
      request,
      ({ content }) => write(content)
    )
    const { bytes, result: id } = received!
    const upload = { bytes, filename: file.name, purpose }
    yield* purposes.checkName(purpose, file.name, "file")
    yield* check(uploads, upload)
    yield* purposes.checkContent(purpose, contentOf(store, { id, bytes }))
    return { ...upload, id }
  })

/** A header with a file name of any characters. */
const disposition = (filename: string): string => {
  const name = new TextDecoder().decode(new TextEncoder().encode(filename)).slice(-255)
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_")
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

export const layer = HttpApiBuilder.group(api, "Files", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("listFiles", ({ urlParams: { after, limit = 10_000, order = "desc", purpose } }) =>
        fromStore(list(files, {
          after,
          limit,
          order,
          where: { purpose: purpose as File["purpose"] }
        })))
      .handle("createFile", ({ request }) =>
        fromStore(receiving({ store, collection: files, fresh: freshId("file-") }, (write, restore) =>
          Effect.gen(function*() {
            const { id, ...received } = yield* restore(receive(request, write))
            const file: File = { id, object: "file", created_at: yield* now, ...received, status: "processed" }
            yield* store.transaction(insertOwner(files, file))
            return file
          }))))
      .handle("retrieveFile", ({ path }) =>
        fromStore(getOrFail(files, path.file_id, noFile)))
      .handle("deleteFile", ({ path }) =>
        fromStore(Effect.gen(function*() {
          const { id } = yield* store.transaction(Effect.gen(function*() {
            const attached = store.find(assistantFiles, { id: path.file_id })
            // Attaching a file reads the assistant before it too.
            for (const { assistant_id } of yield* attached) {
              yield* store.get(assistants, assistant_id, "", "update")
            }
            const file = yield* getToUpdate(files, path.file_id, noFile)
            for (const { assistant_id } of yield* attached) {
              yield* attachments.detach(assistant_id, file.id)
            }
            yield* store.remove(files, file.id)
            return file
          }))
          yield* store.removeBlob(id)
          return { id, object: "file" as const, deleted: true }
        })))
      .handle("downloadFile", ({ path }) =>
        fromStore(Effect.gen(function*() {
          const file = yield* getOrFail(files, path.file_id, noFile)
          yield* checkContent(store, file)
          return HttpServerResponse.stream(contentOf(store, file), {
            contentType: "application/octet-stream",
            contentLength: file.bytes,
            headers: { "content-disposition": disposition(file.filename) }
          })
        })))
  }))
