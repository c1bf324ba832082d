import { form, ServerError } from "@effect-openai/core/Api"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as FileSource from "@effect-openai/core/FileSource"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as Stream from "effect/Stream"
import { concat } from "./bytes.js"
import { invalid } from "./errors.js"
import * as Request from "./request.js"
import { Settings } from "./settings.js"
import { forEach } from "./streams.js"
import * as Validation from "./validation.js"

// -----------------------------------------------------------------------------
// parts
// -----------------------------------------------------------------------------

/** Maximum size of everything but the files. */
const maxFormBytes = 1024 * 1024
const maxFieldBytes = 64 * 1024
const maxParts = 100
const maxHeaderBytes = 16 * 1024

const notMultipart = new ServerError({
  status: 400,
  message: "We could not parse the multipart/form-data body of your request."
})

const tooManyParts = new ServerError({
  status: 400,
  message: `We could not parse the multipart/form-data body of your request: it has more than ${maxParts} parts.`
})

/** One part of a form: a file where it has a file name, or else a text. */
interface Part {
  readonly name: string
  readonly filename: string | undefined
  readonly type: string | undefined
  readonly content: Stream.Stream<Uint8Array, ServerError>
}

const [space, tab, hyphen] = [0x20, 0x09, 0x2d]
const lineBreak = new TextEncoder().encode("\r\n")
const emptyLine = new TextEncoder().encode("\r\n\r\n")

const indexOf = (bytes: Uint8Array, needle: Uint8Array): number => {
  let index = bytes.indexOf(needle[0]!)
  while (index !== -1 && needle.some((byte, offset) => bytes[index + offset] !== byte)) {
    index = bytes.indexOf(needle[0]!, index + 1)
  }
  return index
}

/** Where the last bytes begin that may be the start of a needle. */
const startOf = (needle: Uint8Array, bytes: Uint8Array): number => {
  let start = Math.max(bytes.length - needle.length + 1, 0)
  while (start < bytes.length && !bytes.subarray(start).every((byte, offset) => byte === needle[offset])) start++
  return start
}

/** The parameters of a header, as `form-data; name="file"; filename="a.txt"`. */
const parametersOf = (header: string): ReadonlyMap<string, string> =>
  new Map(Array.from(
    header.matchAll(/;\s*([^\s=;"]+)=(?:"((?:\\"|[^"])*)"|([^;"\s]*))/g),
    ([, name, quoted, token]) => [name!.toLowerCase(), quoted?.replaceAll("\\\"", "\"") ?? token ?? ""]
  ))

const dispositionOf = (headers: string): Omit<Part, "content"> | undefined => {
  const lines = headers.split("\r\n")
  const header = lines.find((line) => /^content-disposition:\s*form-data\s*;/i.test(line))
  if (header === undefined) return undefined
  const parameters = parametersOf(header)
  const name = parameters.get("name")
  const extended = /^utf-8''(.*)$/i.exec(parameters.get("filename*") ?? "")?.[1]
  const filename = extended === undefined ? parameters.get("filename") : Request.decodeUri(extended)
  const type = lines.map((line) => /^content-type:(.*)$/i.exec(line)?.[1]?.trim()).find((type) => type !== undefined)
  return name === undefined ? undefined : { name, filename, type }
}

/**
 * Reads a form part by part, and skips what `onPart` does not read. Drains the body in every case, as far as
 * `Request.limited` allows.
 */
const readParts = <E, R>(
  request: HttpServerRequest.HttpServerRequest,
  limit: number,
  tooLarge: (bytes: number) => ServerError,
  onPart: (part: Part) => Effect.Effect<void, E, R>
): Effect.Effect<void, E | ServerError, R> =>
  Effect.scoped(Effect.gen(function*() {
    const contentType = request.headers["content-type"] ?? ""
    const boundary = parametersOf(contentType).get("boundary")
    if (!/^\s*multipart\/form-data\s*;/i.test(contentType) || !boundary) {
      return yield* Request.unsupportedContentType(request, "multipart/form-data")
    }
    const declared = Request.declaredSize(request)
    if (declared > limit + maxFormBytes) return yield* tooLarge(declared)

    const { bytes, exceeded } = Request.limited(request, limit + maxFormBytes)
    const pull = yield* Stream.toPull(bytes)
    const delimiter = new TextEncoder().encode(`\r\n--${boundary}`)
    // The first delimiter may be at the start, without a line break before it.
    let buffer: Uint8Array = lineBreak

    let isOver = false
    const fill = Effect.suspend(() =>
      isOver ? Effect.succeed(false) : Effect.match(pull, {
        // An incomplete body lacks its last delimiter.
        onFailure: () => {
          isOver = true
          return false
        },
        onSuccess: (chunks) => {
          buffer = buffer.length === 0 && chunks.length === 1 ? Chunk.unsafeHead(chunks) : concat([buffer, ...chunks])
          return true
        }
      })
    )

    const take = (size: number): Uint8Array => {
      const taken = buffer.subarray(0, size)
      buffer = buffer.subarray(size)
      return taken
    }

    /** Takes the bytes up to a needle, and skips the needle. */
    const takeUntil = (needle: Uint8Array): Effect.Effect<Uint8Array, ServerError> =>
      Effect.suspend(() => {
        const index = indexOf(buffer, needle)
        if (index === -1) {
          return buffer.length > maxHeaderBytes
            ? Effect.fail(notMultipart)
            : Effect.flatMap(fill, (more) => more ? takeUntil(needle) : Effect.fail(notMultipart))
        }
        const taken = take(index)
        take(needle.length)
        return Effect.succeed(taken)
      })

    /** The bytes up to the next delimiter. The Stream can be run once. */
    const content = () => {
      let ended = false
      const next: Effect.Effect<Uint8Array, Option.Option<ServerError>> = Effect.suspend(() => {
        if (ended) return Effect.fail(Option.none())
        const index = indexOf(buffer, delimiter)
        ended = index !== -1
        // What may be the start of the delimiter is kept.
        const size = ended ? index : startOf(delimiter, buffer)
        if (size > 0 || ended) {
          const taken = take(size)
          if (ended) take(delimiter.length)
          return Effect.succeed(taken)
        }
        return Effect.flatMap(fill, (more) => more ? next : Effect.fail(Option.some(notMultipart)))
      })
      return Stream.repeatEffectOption(next)
    }

    const parts = Effect.gen(function*() {
      yield* Stream.runDrain(content())
      for (let count = 1;; count++) {
        while (buffer.length < 2 && (yield* fill));
        if (buffer[0] === hyphen && buffer[1] === hyphen) return
        if (count > maxParts) return yield* tooManyParts
        const padding = yield* takeUntil(lineBreak)
        // A part without headers begins with the empty line.
        buffer = concat([lineBreak, buffer])
        const headers = new TextDecoder().decode(yield* takeUntil(emptyLine))
        const disposition = dispositionOf(headers)
        if (disposition === undefined || !padding.every((byte) => byte === space || byte === tab)) {
          return yield* notMultipart
        }
        const part = { ...disposition, content: content() }
        yield* onPart(part)
        yield* Stream.runDrain(part.content)
      }
    })

    const drain = Effect.suspend(() => {
      buffer = new Uint8Array()
      return Effect.repeat(
        Effect.tap(fill, () => {
          buffer = new Uint8Array()
        }),
        { while: (more) => more }
      )
    })
    const result = yield* Effect.either(parts)
    yield* drain
    if (exceeded()) return yield* tooLarge(Math.max(declared, limit + maxFormBytes))
    return yield* result
  }))

/** The text of a part. */
const textOf = ({ content }: Part): Effect.Effect<string, ServerError> => {
  let size = 0
  return content.pipe(
    Stream.mapEffect((chunk) =>
      (size += chunk.length) > maxFieldBytes ? Effect.fail(Request.tooLarge(maxFieldBytes)) : Effect.succeed(chunk)
    ),
    Stream.runCollect,
    Effect.map((chunks) => new TextDecoder().decode(concat([...chunks])))
  )
}

// -----------------------------------------------------------------------------
// forms
// -----------------------------------------------------------------------------

/** A file while it is received. */
export interface Incoming {
  /** The name of its field. */
  readonly field: string
  readonly name: string
  /** The media type. */
  readonly type: string
  /** The bytes. What is beyond the limit is left out, and the form is refused at its end. */
  readonly content: Stream.Stream<Uint8Array, ServerError>
}

/** A file that was received. */
export interface Received<A> {
  readonly field: string
  readonly name: string
  readonly type: string
  readonly bytes: number
  /** What the callback returned. */
  readonly result: A
}

const isArray = (ast: AST.AST): boolean =>
  ast._tag === "Refinement"
    ? isArray(ast.from)
    : AST.isUnion(ast)
    ? ast.types.some(isArray)
    : AST.isTupleType(ast)

/** The fields of files by the names of their parts. */
const fileFieldsOf = ({ files, schema }: Endpoint.Multipart<any>) => {
  const fields = new Map<string, { readonly field: string; readonly isArray: boolean }>()
  for (const { name, type } of AST.getPropertySignatures(schema.ast)) {
    const field = String(name)
    if (!files.includes(field)) continue
    fields.set(field, { field, isArray: isArray(type) })
    if (isArray(type)) fields.set(`${field}[]`, { field, isArray: true })
  }
  return fields
}

interface Options {
  /** Default: the limit of the operation or that of the emulator, whichever is smaller. Maximum size of a file in bytes. */
  readonly limit?: number
  /** Default: an error with status 413. The error of a file that is too large, by its size. */
  readonly tooLarge?: (bytes: number) => ServerError
  /** Default: a part without a file name is a text. The name of a file without one. */
  readonly unnamed?: string
}

/**
 * Reads a form by its descriptor. Each file is passed to `onFile` while it is received, in the order of the parts, before
 * the form is checked: what the callback has stored must be removed where reading fails.
 */
export const read = <Fields extends Schema.Struct.Fields, A, E, R>(
  body: Endpoint.Multipart<Fields>,
  request: HttpServerRequest.HttpServerRequest,
  onFile: (file: Incoming) => Effect.Effect<A, E, R>,
  options: Options = {}
): Effect.Effect<
  { readonly request: Schema.Struct.Type<Fields>; readonly files: ReadonlyArray<Received<A>> },
  E | ServerError,
  R | Settings
> =>
  Effect.gen(function*() {
    const { limits } = yield* Settings
    const { limit = Math.min(limits.maxFileBytes, body.maxFileBytes ?? Infinity) } = options
    const { tooLarge = () => Request.tooLarge(limit), unnamed } = options
    const fileFields = fileFieldsOf(body)
    // Names come from the request, and may be those of `Object.prototype`.
    const parts: Record<string, Array<unknown>> = Object.create(null)
    const files: Array<Received<A>> = []
    yield* readParts(request, limit * body.files.length, tooLarge, (part) =>
      Effect.gen(function*() {
        const { content, name, type = "application/octet-stream" } = part
        const target = fileFields.get(name)
        const filename = part.filename ?? (target === undefined ? undefined : unnamed)
        const values = parts[name] ??= []
        if (filename === undefined) {
          values.push(yield* textOf(part))
          return
        }
        values.push(FileSource.fromBytes(filename, "", { type }))
        // A second file of a field that is not an array is refused below.
        if (target === undefined || (!target.isArray && values.length > 1)) return
        let bytes = 0
        const file = { field: target.field, name: filename, type }
        const result = yield* onFile({
          ...file,
          content: Stream.filter(content, (chunk) => (bytes += chunk.length) <= limit)
        })
        yield* forEach(content, (chunk) => Effect.sync(() => bytes += chunk.length))
        files.push({ ...file, bytes, result })
      }))
    const largest = Math.max(0, ...files.map(({ bytes }) => bytes))
    if (largest > limit) return yield* tooLarge(largest)
    const decoded = ParseResult.decodeUnknownEither(form(body), { errors: "all" })(parts)
    return {
      request: yield* Either.mapLeft(decoded, (issue) => invalid(Validation.violations(issue, ["body"]))),
      files
    }
  })
