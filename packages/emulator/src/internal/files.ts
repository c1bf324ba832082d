import { ServerError } from "@effect-openai/core/Api"
import * as Contract from "@effect-openai/core/Files"
import * as FileSource from "@effect-openai/core/FileSource"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { HttpServerRequest } from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Stream from "effect/Stream"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as attachments from "./attachments.js"
import { assistantFiles, files, freshId, getOrFail, list, now } from "./documents.js"
import { fromStore, invalid, noFile } from "./errors.js"
import * as Request from "./request.js"
import * as Validation from "./validation.js"

const decodeRequest = ParseResult.decodeUnknownEither(Contract.CreateFileRequest, {
  errors: "all",
  onExcessProperty: "error"
})

/** Purposes whose files hold one JSON value a line. */
const isLines = (purpose: Contract.CreateFileRequest["purpose"]) => purpose === "batch" || purpose === "fine-tune"

/**
 * Writes the file of a form into a blob, piece by piece, whatever the order of the form's fields, and gives what they
 * say.
 */
const receive = (request: HttpServerRequest, key: string, limit: number) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const fields: Record<string, unknown> = Object.create(null)
    let bytes = 0
    yield* Request.readForm(request, limit, (part) => {
      const { content, filename, name } = part
      if (name in fields) {
        // No field takes a list.
        fields[name] = []
        return Effect.void
      }
      if (filename === undefined) {
        return Effect.map(Request.textOf(part), (text) => {
          fields[name] = text
        })
      }
      fields[name] = FileSource.fromBytes(filename, "")
      return name === "file"
        ? store.writeBlob(key, Stream.filter(content, (chunk) => (bytes += chunk.length) <= limit))
        : Effect.void
    })
    if (bytes > limit) return yield* Request.tooLarge(limit)
    const { file, purpose } = yield* Either.mapLeft(
      decodeRequest(fields),
      (issue) => invalid(Validation.violations(issue, ["body"]))
    )
    if (isLines(purpose) && !file.name.endsWith(".jsonl")) {
      return yield* new ServerError({
        status: 400,
        param: "file",
        message: `Invalid file: a file with the purpose '${purpose}' must be a .jsonl file.`
      })
    }
    return { bytes, filename: file.name, purpose }
  })

/** A name of any characters in a header that takes few. */
const disposition = (filename: string): string => {
  const name = new TextDecoder().decode(new TextEncoder().encode(filename)).slice(-255)
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, "_")
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

export const layer = (limits: Request.Limits) =>
  HttpApiBuilder.group(api, "Files", (handlers) =>
    Effect.gen(function*() {
      const store = yield* Store.Store
      return handlers
        .handle("listFiles", ({ urlParams: { after, limit = 10_000, order = "desc", purpose } }) =>
          fromStore(list(files, {
            after,
            limit,
            order,
            where: { purpose: purpose as Contract.File["purpose"] }
          })))
        .handle("createFile", ({ request }) =>
          fromStore(Effect.gen(function*() {
            const id = yield* freshId(files, "file-")
            // Once the blob is there, it is either a file's or removed.
            return yield* Effect.uninterruptibleMask((restore) =>
              Effect.gen(function*() {
                const received = yield* restore(receive(request, id, limits.maxFileBytes))
                const file: Contract.File = {
                  id,
                  object: "file",
                  created_at: yield* now,
                  ...received,
                  status: "processed"
                }
                yield* store.set(files, file)
                return file
              }).pipe(Effect.onError(() =>
                Effect.ignoreLogged(store.removeBlob(id))
              ))
            )
          })))
        .handle("retrieveFile", ({ path }) => fromStore(getOrFail(files, path.file_id, noFile)))
        .handle("deleteFile", ({ path }) =>
          fromStore(Effect.gen(function*() {
            const { id } = yield* store.transaction(Effect.gen(function*() {
              const file = yield* getOrFail(files, path.file_id, noFile)
              const attached = yield* store.find(assistantFiles, { id: file.id })
              yield* Effect.forEach(attached, ({ assistant_id }) => attachments.detach(assistant_id, file.id))
              yield* store.remove(files, file.id)
              return file
            }))
            yield* store.removeBlob(id)
            return { id, object: "file" as const, deleted: true }
          })))
        .handle("downloadFile", ({ path }) =>
          fromStore(Effect.map(getOrFail(files, path.file_id, noFile), ({ bytes, filename, id }) =>
            HttpServerResponse.stream(store.readBlob(id), {
              contentType: "application/octet-stream",
              contentLength: bytes,
              headers: { "content-disposition": disposition(filename) }
            }))))
    }))
