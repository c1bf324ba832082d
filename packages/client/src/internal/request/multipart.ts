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

/** What the encoder asks of a form, without copying the files into one. */
const formData = (entries: ReadonlyArray<Entry>): FormDataLike => ({
  append: () => {},
  getAll: (name) => entries.filter(([key]) => key === name).map(([, value]) => value),
  entries: () => entries.values(),
  [Symbol.iterator]: () => entries.values(),
  [Symbol.toStringTag]: "FormData"
})

/** A body of `multipart/form-data` whose files are read while it is sent. Its boundary stays, so retries are identical. */
export const multipartBody: BodyEncoder = encoder((fields) => {
  let unreadable: { readonly field: string; readonly message: string } | undefined
  let oneShot: string | undefined
  let reading: Array<AsyncIterator<Uint8Array>> = []
  const entries: Array<Entry> = []
  for (const [field, value] of Object.entries(fields)) {
    if (FileSource.isFileSource(value)) {
      if (/[\r\n]/.test(value.type)) throw new EncodeError(field, "its media type holds a line break")
      if (!value.replayable) oneShot ??= field
      const stream = Stream.tapErrorCause(value.stream, (cause) =>
        Effect.sync(() => {
          unreadable = { field, message: `The file can't be read: ${describe(Cause.squash(cause))}` }
        }))
      entries.push([field, {
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
      }])
    } else if (value !== undefined) {
      entries.push([field, String(value)])
    }
  }
  const form = new FormDataEncoder(formData(entries))
  const contentLength = form.contentLength === undefined ? undefined : Number(form.contentLength)
  const close = () => {
    const left = reading
    reading = []
    return Promise.all(left.map((iterator) => iterator.return?.()))
  }
  /** The encoder's own way to end it waits for the piece that is being read, which may never come. */
  const encoded: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      const pieces = form.encode()
      return { next: () => pieces.next(), return: () => close().then(() => ({ done: true, value: undefined })) }
    }
  }
  return {
    make: () => {
      unreadable = undefined
      return HttpBody.stream(Stream.fromAsyncIterable(encoded, (cause) => cause), form.contentType, contentLength)
    },
    upload: {
      isOneShot: oneShot !== undefined,
      refuse: (operation, reason) =>
        oneShot === undefined ? undefined : new OpenAiError.UploadNotReplayableError({
          operation,
          field: oneShot,
          reason,
          message: `The upload failed and can't be tried again, for its ${oneShot} can be read only once: ` +
            reason.message
        }),
      unreadable: ({ operation, redact }) =>
        unreadable && new OpenAiError.InvalidRequestError({
          operation,
          field: unreadable.field,
          message: shorten(redact(unreadable.message))
        }),
      // Not every transport lets go of a body that it gave up sending.
      release: Effect.promise(close)
    }
  }
})
