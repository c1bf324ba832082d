import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as HttpBody from "@effect/platform/HttpBody"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type FileLike, FormDataEncoder, type FormDataLike } from "form-data-encoder"
import { shorten } from "../response/issue.js"
import { EncodeError, encoder } from "./jsonBody.js"
import type { BodyEncoder } from "./request.js"

type Entry = [string, string | FileLike]

const describe = (cause: unknown) => cause instanceof Error ? cause.message : String(cause)

/** The interface that the encoder reads, without a copy of the files. */
const formData = (entries: ReadonlyArray<Entry>): FormDataLike => ({
  append: () => {},
  getAll: (name) => entries.filter(([key]) => key === name).map(([, value]) => value),
  entries: () => entries.values(),
  [Symbol.iterator]: () => entries.values(),
  [Symbol.toStringTag]: "FormData"
})

/** Returns the parts of a form, each with the field's path: one part per item of an array, none for null. */
const partsOf = (fields: Readonly<Record<string, unknown>>) =>
  Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((item: unknown, index) =>
      item === undefined || item === null
        ? []
        : { name, path: Array.isArray(value) ? `${name}[${index}]` : name, value: item }
    )
  )

const checkFile = (file: FileSource.FileSource, path: string, maxBytes: number | undefined): void => {
  if (/[\r\n]/.test(file.type)) throw new EncodeError(path, "its media type has a line break")
  if (maxBytes !== undefined && file.size !== undefined && file.size > maxBytes) {
    throw new EncodeError(path, `it has ${file.size} bytes, and the maximum is ${maxBytes}`)
  }
}

/**
 * Encodes a body of `multipart/form-data`, whose files are read while it is sent. All attempts send the same bytes, the
 * boundary included.
 */
export const multipartBody: BodyEncoder = encoder((fields, endpoint) => {
  const { maxFileBytes } = endpoint.body as Endpoint.Multipart<any>
  let readError: { readonly field: string; readonly message: string } | undefined
  let oneShot: string | undefined
  let reading: Array<AsyncIterator<Uint8Array>> = []
  const entries = partsOf(fields).map(({ name, path, value }): Entry => {
    // Only an extra field can be an object.
    if (!FileSource.isFileSource(value)) {
      return [name, typeof value === "object" ? JSON.stringify(value) : String(value)]
    }
    checkFile(value, path, maxFileBytes)
    if (!value.replayable) oneShot ??= path
    const stream = Stream.tapErrorCause(value.stream, (cause) =>
      Effect.sync(() => {
        readError = { field: path, message: `The file can't be read: ${describe(Cause.squash(cause))}` }
      }))
    return [name, {
      name: value.name,
      type: value.type,
      size: value.size ?? NaN,
      lastModified: 0,
      stream: () => {
        const iterator = Stream.toAsyncIterable(stream)[Symbol.asyncIterator]()
        reading.push(iterator)
        return { [Symbol.asyncIterator]: () => iterator }
      },
      [Symbol.toStringTag]: "File"
    }]
  })
  const form = new FormDataEncoder(formData(entries))
  const contentLength = form.contentLength === undefined ? undefined : Number(form.contentLength)
  const close = () => {
    const open = reading
    reading = []
    return Promise.all(open.map((iterator) => iterator.return?.()))
  }
  /** The encoder's own `return` waits for the chunk that is being read, which may never come. */
  const encoded: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      const chunks = form.encode()
      return { next: () => chunks.next(), return: () => close().then(() => ({ done: true, value: undefined })) }
    }
  }
  /** The bytes again, which are read when they are asked for. */
  const readAgain = () => {
    const chunks = form.encode()
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const { done, value } = await chunks.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: () => close().then(() => {})
    }, { highWaterMark: 0 })
  }
  return {
    make: () => {
      readError = undefined
      return Object.assign(
        HttpBody.stream(Stream.fromAsyncIterable(encoded, (cause) => cause), form.contentType, contentLength),
        oneShot === undefined && {
          // Node's fetch tees a body, and reads one branch only. The other one would keep all bytes.
          withoutCopy: (body: ReadableStream) => Object.assign(body, { tee: () => [readAgain(), body] })
        }
      )
    },
    upload: {
      isOneShot: oneShot !== undefined,
      refuseRetry: (operation, reason) =>
        oneShot === undefined ? undefined : new OpenAiError.UploadNotReplayableError({
          operation,
          field: oneShot,
          reason,
          message: `The upload failed and can't be retried, because its ${oneShot} can be read only once: ` +
            reason.message
        }),
      readError: ({ operation, redact }) =>
        readError && new OpenAiError.InvalidRequestError({
          operation,
          field: readError.field,
          message: shorten(redact(readError.message))
        }),
      // Some transports do not close a body that they stop sending.
      release: Effect.promise(close)
    }
  }
})
