/**
 * JSONL: one JSON value on each line. Streams of bytes are decoded and encoded with a Schema, one line at a time.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { isTooDeep, maxDepth } from "./Json.js"

// -----------------------------------------------------------------------------
// errors
// -----------------------------------------------------------------------------

/**
 * A line that can't be decoded, or a value that can't be encoded.
 *
 * @since 0.1.0
 * @category errors
 */
export class JsonlError extends Data.TaggedError("JsonlError")<{
  /** The number of the line, from 1. Blank lines count. */
  readonly line: number
  /** The path of the field, for example `messages[0].role`. Empty for the entire line. */
  readonly field: string
  readonly message: string
}> {}

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A line of text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  /** The number of the line, from 1. */
  readonly line: number
  /** The text without the line break. */
  readonly text: string
  /** The number of bytes up to the end of the line, with its line break. */
  readonly end: number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: 16 MB. Maximum size of a line in bytes. */
  readonly maxLineBytes?: number | undefined
}

// -----------------------------------------------------------------------------
// lines
// -----------------------------------------------------------------------------

const lineFeed = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = [0xef, 0xbb, 0xbf]

class Splitter {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
  private pieces: Array<Uint8Array> = []
  private size = 0
  private line = 1
  private end = 0

  constructor(private readonly maxLineBytes: number) {}

  /** Adds the lines that end in some bytes. Returns an error where one of them is invalid. */
  push(bytes: Uint8Array, lines: Array<Line>): JsonlError | undefined {
    let start = 0
    for (let index = bytes.indexOf(lineFeed); index !== -1; index = bytes.indexOf(lineFeed, start)) {
      const error = this.add(bytes.subarray(start, index)) ?? this.take(1, lines)
      if (error !== undefined) return error
      start = index + 1
    }
    return start < bytes.length ? this.add(bytes.subarray(start)) : undefined
  }

  /** Adds the last line, if it has no line break. */
  finish(lines: Array<Line>): JsonlError | undefined {
    return this.size === 0 ? undefined : this.take(0, lines)
  }

  private add(piece: Uint8Array): JsonlError | undefined {
    this.size += piece.length
    if (this.size > this.maxLineBytes) return this.error(`The line has more than ${this.maxLineBytes} bytes`)
    if (piece.length > 0) this.pieces.push(piece)
    return undefined
  }

  private take(lineBreak: number, lines: Array<Line>): JsonlError | undefined {
    let bytes = this.pieces.length === 1 ? this.pieces[0]! : this.concat()
    this.end += this.size + lineBreak
    if (bytes[bytes.length - 1] === carriageReturn) bytes = bytes.subarray(0, -1)
    if (this.line === 1 && byteOrderMark.every((byte, index) => bytes[index] === byte)) bytes = bytes.subarray(3)
    let text: string
    try {
      text = this.decoder.decode(bytes)
    } catch {
      return this.error("The line is not valid UTF-8")
    }
    lines.push({ line: this.line, text, end: this.end })
    this.pieces = []
    this.size = 0
    this.line++
    return undefined
  }

  private concat(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    let offset = 0
    for (const piece of this.pieces) {
      bytes.set(piece, offset)
      offset += piece.length
    }
    return bytes
  }

  private error(message: string): JsonlError {
    return new JsonlError({ line: this.line, field: "", message })
  }
}

/**
 * The lines of a Stream of bytes, blank ones included. A byte order mark at the start is removed. Lines end with a line
 * feed, or with a carriage return and a line feed; the last one can end without. Fails with `JsonlError` at a line that is
 * too long or that is not UTF-8.
 *
 * @since 0.1.0
 * @category lines
 */
export const lines =
  (options?: Options) => <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Line, E | JsonlError, R> =>
    Stream.suspend(() => {
      const splitter = new Splitter(options?.maxLineBytes ?? 16 * 1024 * 1024)
      let failure: JsonlError | undefined
      const emit = (take: (lines: Array<Line>) => JsonlError | undefined) =>
        Effect.suspend(() => {
          if (failure !== undefined) return Effect.fail(failure)
          const lines: Array<Line> = []
          failure = take(lines)
          // The lines before an error are emitted before it.
          return failure !== undefined && lines.length === 0
            ? Effect.fail(failure)
            : Effect.succeed(Chunk.unsafeFromArray(lines))
        })
      return Stream.concat(
        Stream.mapChunksEffect(bytes, (chunk) =>
          emit((lines) => {
            for (const bytes of chunk) {
              const error = splitter.push(bytes, lines)
              if (error !== undefined) return error
            }
            return undefined
          })),
        Stream.concat(
          Stream.fromIterableEffect(emit((lines) => splitter.finish(lines))),
          Stream.suspend(() => failure === undefined ? Stream.empty : Stream.fail(failure))
        )
      )
    })

// -----------------------------------------------------------------------------
// values
// -----------------------------------------------------------------------------

const pathOf = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

const errorOf = (line: number, { issue }: ParseResult.ParseError): JsonlError => {
  const [first] = ParseResult.ArrayFormatter.formatIssueSync(issue)
  return new JsonlError({
    line,
    field: pathOf(first?.path ?? []),
    message: first?.message ?? "The value does not fit the Schema"
  })
}

/** Blank lines have no value. */
const isBlank = ({ text }: Line): boolean => /^\s*$/.test(text)

const decoderOf = <A, I>(schema: Schema.Schema<A, I>) => {
  const decode = ParseResult.decodeUnknownEither(schema, { errors: "first" })
  return ({ line, text }: Line): Either.Either<A, JsonlError> => {
    let json: unknown
    if (isTooDeep(text)) {
      return Either.left(new JsonlError({ line, field: "", message: `The line nests more than ${maxDepth} levels` }))
    }
    try {
      json = JSON.parse(text)
    } catch {
      return Either.left(new JsonlError({ line, field: "", message: "The line is not valid JSON" }))
    }
    return Either.mapLeft(decode(json), (issue) => errorOf(line, new ParseResult.ParseError({ issue })))
  }
}

/**
 * Decodes each line of a Stream of bytes with a Schema. Blank lines are skipped. Fails with `JsonlError` at the first line
 * that is not JSON, does not fit the Schema, or is longer than the limit.
 *
 * @example
 * import { Jsonl } from "@effect-openai/core"
 * import { Schema, Stream } from "effect"
 *
 * const bytes = Stream.make(new TextEncoder().encode('{"prompt":"Hi"}\n{"prompt":"Bye"}'))
 *
 * const prompts = bytes.pipe(Jsonl.decode(Schema.Struct({ prompt: Schema.String })))
 *
 * @since 0.1.0
 * @category values
 */
export const decode =
  <A, I>(schema: Schema.Schema<A, I>, options?: Options) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<A, E | JsonlError, R> =>
    Stream.suspend(() => {
      const decodeLine = decoderOf(schema)
      return bytes.pipe(
        lines(options),
        Stream.filter((line) => !isBlank(line)),
        Stream.mapEffect(decodeLine)
      )
    })

/**
 * Decodes like {@link decode}, and continues after lines that do not fit: each is a `Left`. Fails only with a line that is
 * too long or that is not UTF-8.
 *
 * @since 0.1.0
 * @category values
 */
export const decodeEither =
  <A, I>(schema: Schema.Schema<A, I>, options?: Options) =>
  <E, R>(bytes: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Either.Either<A, JsonlError>, E | JsonlError, R> =>
    Stream.suspend(() => {
      const decodeLine = decoderOf(schema)
      return bytes.pipe(
        lines(options),
        Stream.filter((line) => !isBlank(line)),
        Stream.map(decodeLine)
      )
    })

/**
 * Encodes each value with a Schema as a line of JSON. Fails with `JsonlError` at the first value that does not fit the
 * Schema, or whose line is longer than the limit.
 *
 * @example
 * import { Jsonl } from "@effect-openai/core"
 * import { Schema, Stream } from "effect"
 *
 * const bytes = Stream.make({ prompt: "Hi" }, { prompt: "Bye" }).pipe(
 *   Jsonl.encode(Schema.Struct({ prompt: Schema.String }))
 * )
 *
 * @since 0.1.0
 * @category values
 */
export const encode =
  <A, I>(schema: Schema.Schema<A, I>, options?: Options) =>
  <E, R>(values: Stream.Stream<A, E, R>): Stream.Stream<Uint8Array, E | JsonlError, R> =>
    Stream.suspend(() => {
      const encodeValue = ParseResult.encodeUnknownEither(schema, { errors: "first" })
      const maxLineBytes = options?.maxLineBytes ?? 16 * 1024 * 1024
      const encoder = new TextEncoder()
      let line = 0
      return Stream.mapEffect(values, (value) => {
        line++
        return Either.flatMap(
          Either.mapLeft(encodeValue(value), (issue) => errorOf(line, new ParseResult.ParseError({ issue }))),
          (json) => {
            const bytes = encoder.encode(`${JSON.stringify(json)}\n`)
            return bytes.length - 1 > maxLineBytes
              ? Either.left(
                new JsonlError({ line, field: "", message: `The line has more than ${maxLineBytes} bytes` })
              )
              : Either.right(bytes)
          }
        )
      })
    })
