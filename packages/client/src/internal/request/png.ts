import * as FileSource from "@effect-openai/core/FileSource"
import * as OpenAiError from "@effect-openai/core/OpenAiError"
import * as Png from "@effect-openai/core/Png"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { OpenAiClient } from "../../OpenAiClient.js"
import { shorten } from "../response/issue.js"

/** The images of a request. A field that is not a file is refused when the request is validated. */
interface Images {
  readonly image: FileSource.FileSource
  readonly mask?: FileSource.FileSource | undefined
}

const append = (bytes: Uint8Array, chunk: Uint8Array): Uint8Array => {
  const all = new Uint8Array(bytes.length + chunk.length)
  all.set(bytes)
  all.set(chunk, bytes.length)
  return all
}

/** The bytes of a file, or its start where at least `needed` bytes are there. */
const readBytes = (file: FileSource.FileSource, needed: number): Effect.Effect<Uint8Array, unknown> =>
  Stream.runFoldWhile(file.stream, new Uint8Array(), (bytes) => bytes.length < needed, append)

const describe = (cause: unknown) => cause instanceof Error ? cause.message : String(cause)

/** Checks that images are PNG, and that their sides fit each other. Reads their headers only where they can be read again. */
export const checkImages = (operation: string, maxBytes: number) => {
  const invalid = (field: string, message: string) =>
    new OpenAiError.InvalidRequestError({
      operation,
      field,
      message: `${operation} can't send this ${field}: ${message}`
    })

  /** The header of an image, and the image to send. None for an image that is refused anyway. */
  const open = (field: "image" | "mask", file: FileSource.FileSource | undefined) =>
    Effect.gen(function*() {
      if (!FileSource.isFileSource(file) || (file.size ?? 0) > maxBytes) return Option.none()
      const { redact } = yield* OpenAiClient
      const bytes = yield* Effect.mapError(
        readBytes(file, file.replayable ? Png.headerBytes : maxBytes + 1),
        (cause) => invalid(field, `the file can't be read: ${shorten(redact(describe(cause)))}`)
      )
      if (!file.replayable && bytes.length > maxBytes) {
        return yield* invalid(field, `it has more than ${maxBytes} bytes`)
      }
      const header = Png.header(bytes)
      if (Option.isNone(header)) return yield* invalid(field, "it is not a PNG")
      const { height, width } = header.value
      return Option.some({
        width,
        height,
        file: file.replayable ? file : FileSource.fromBytes(file.name, bytes, { type: file.type })
      })
    })

  return <Request extends Images>(request: Request) =>
    Effect.gen(function*() {
      const image = yield* open("image", request.image)
      const mask = yield* open("mask", request.mask)
      if (Option.isSome(image)) {
        const { height, width } = image.value
        if (width !== height) return yield* invalid("image", `it has ${width}x${height} pixels, and must be square`)
        if (Option.isSome(mask) && (mask.value.width !== width || mask.value.height !== height)) {
          const { height: maskHeight, width: maskWidth } = mask.value
          return yield* invalid(
            "mask",
            `it has ${maskWidth}x${maskHeight} pixels, and must have ${width}x${height} like the image`
          )
        }
      }
      return {
        ...request,
        ...(Option.isSome(image) ? { image: image.value.file } : {}),
        ...(Option.isSome(mask) ? { mask: mask.value.file } : {})
      }
    })
}
