/**
 * Fixtures: each example of the documentation in three forms. The text as printed, its request and response as values,
 * and a verdict on how far they agree with each other and with the contract. A recorded exchange is a fixture without
 * text.
 *
 * A fixture is a file `fixtures/<operationId>/<slug>.json`.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Arr from "effect/Array"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Order from "effect/Order"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { Deviation } from "./Deviation.js"
import { adminKeyPlaceholder } from "./internal/secrets.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A piece of a document, verbatim except the indentation and the folded lines of a YAML block.
 *
 * @since 0.1.0
 * @category models
 */
export const Excerpt = Schema.Struct({
  format: Schema.Literal("curl", "http", "page", "json", "events", "data").annotations({
    description: "A command, an HTTP message in HTML, the fields of a page one by one, JSON, a transcript of " +
      "server-sent events, or the data of events alone, as JSON one after the other."
  }),
  line: Schema.Positive.pipe(Schema.int()).annotations({ description: "The line of the document, from 1." }),
  column: Schema.optional(Schema.Positive.pipe(Schema.int())).annotations({
    description: "The column, from 1, in a document of one line."
  }),
  alias: Schema.optional(Schema.NonEmptyString).annotations({
    description: "The YAML alias on that line, if the text is elsewhere."
  }),
  text: Schema.NonEmptyString
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Excerpt extends Schema.Schema.Type<typeof Excerpt> {}

/**
 * A server-sent event: its name, where it has one, and its data, which is JSON.
 *
 * @since 0.1.0
 * @category models
 */
export const Event = Schema.Struct({ event: Schema.optional(Schema.NonEmptyString), data: Schema.Unknown })

/**
 * @since 0.1.0
 * @category models
 */
export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * A stream of server-sent events. There is at least one: a stream without any proves nothing.
 *
 * @since 0.1.0
 * @category models
 */
export const Events = Schema.Struct({
  events: Schema.NonEmptyArray(Event),
  done: Schema.Boolean.annotations({ description: "Whether the documented done marker follows the events." })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Events extends Schema.Schema.Type<typeof Events> {}

/**
 * Bytes as a fixture writes them: as JSON, as events, as text, or in Base64.
 *
 * @since 0.1.0
 * @category models
 */
export const Content = Schema.Union(
  Schema.Struct({ json: Schema.Unknown }),
  Events,
  Schema.Struct({ text: Schema.String }),
  Schema.Struct({ base64: Schema.String.pipe(Schema.filter((text) => Encoding.decodeBase64(text)._tag === "Right")) })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Content = Schema.Schema.Type<typeof Content>

/**
 * One part of a body of `multipart/form-data`: a field's value, or the name of a file.
 *
 * @since 0.1.0
 * @category models
 */
export const Part = Schema.Union(
  Schema.Struct({ name: Schema.NonEmptyString, value: Schema.String }),
  Schema.Struct({ name: Schema.NonEmptyString, fileName: Schema.NonEmptyString })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Part = Schema.Schema.Type<typeof Part>

/**
 * The placeholder for the API key, as in the documentation. No fixture contains a key.
 *
 * @since 0.1.0
 * @category models
 */
export const placeholder = "$OPENAI_API_KEY"

/**
 * A request as it is sent. Header names are in lower case.
 *
 * @since 0.1.0
 * @category models
 */
export const Request = Schema.Struct({
  method: Schema.Literal("GET", "POST", "DELETE"),
  path: Schema.TemplateLiteral("/", Schema.String).annotations({
    description: "The path below the base URL, encoded."
  }),
  query: Schema.Array(Schema.Tuple(Schema.String, Schema.String)),
  headers: Schema.Record({ key: Schema.Lowercased, value: Schema.String }).pipe(
    Schema.filter(({ authorization }) =>
      authorization === undefined || authorization === `Bearer ${placeholder}` ||
      authorization === `Bearer ${adminKeyPlaceholder}` ||
      "does not hold a placeholder"
    )
  ),
  body: Schema.NullOr(Schema.Union(
    Schema.Struct({ json: Schema.Unknown }),
    Schema.Struct({ multipart: Schema.NonEmptyArray(Part) })
  ))
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Request extends Schema.Schema.Type<typeof Request> {}

/**
 * A piece of a stream that was received in one chunk.
 *
 * @since 0.1.0
 * @category models
 */
export const Chunk = Schema.Struct({
  at: Schema.NonNegativeInt.annotations({ description: "When it came, in milliseconds after the request." }),
  length: Schema.Positive.pipe(Schema.int()).annotations({ description: "Its length, in bytes." })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Chunk extends Schema.Schema.Type<typeof Chunk> {}

/**
 * A response as the client receives it.
 *
 * @since 0.1.0
 * @category models
 */
export const Answer = Schema.Struct({
  status: Schema.Int.pipe(Schema.between(200, 599)),
  contentType: Schema.NullOr(Schema.NonEmptyString).annotations({ description: "null if the response has none." }),
  headers: Schema.optional(Schema.Record({ key: Schema.Lowercased, value: Schema.String })).annotations({
    description: "The other headers of the response that a recording keeps."
  }),
  body: Content,
  chunks: Schema.optional(Schema.NonEmptyArray(Chunk)).annotations({
    description: "How a stream's bytes came, in their order."
  })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Answer extends Schema.Schema.Type<typeof Answer> {}

/**
 * How reliable an example is. `exact`: it needs no change. `repaired`: its text needs repairs to be read. `deviates`:
 * its response differs from the contract. `incomplete`: the document has no response that the contract accepts, and the
 * fixture supplies one. If several apply, the last one counts.
 *
 * @since 0.1.0
 * @category models
 */
export const Verdict = Schema.Struct({
  kind: Schema.Literal("exact", "repaired", "deviates", "incomplete"),
  reason: Schema.NonEmptyString.annotations({ description: "Why, for people." }),
  repairs: Schema.Array(Schema.NonEmptyString).annotations({ description: "The repairs of the text." }),
  deviations: Schema.Array(Deviation).annotations({
    description: "Every deviation of the documented response from the contract."
  })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Verdict extends Schema.Schema.Type<typeof Verdict> {}

/**
 * The origin of a fixture: a document that has the example, or a server whose response was recorded.
 *
 * @since 0.1.0
 * @category models
 */
export const Source = Schema.Union(
  Schema.Struct({
    document: Schema.NonEmptyString.annotations({ description: "The document that has the example." }),
    date: Schema.NullOr(Schema.String.pipe(Schema.pattern(/^\d{4}-\d\d-\d\d$/))).annotations({
      description: "The document's date; null if it has none."
    })
  }),
  Schema.Struct({
    recorded: Schema.String.pipe(Schema.pattern(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)).annotations({
      description: "When the request was received."
    }),
    upstream: Schema.NonEmptyString.annotations({ description: "The base URL of the server that responded." })
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Source = Schema.Schema.Type<typeof Source>

const Fields = Schema.Struct({
  operationId: Schema.NonEmptyString,
  title: Schema.NonEmptyString,
  source: Source,
  documented: Schema.Struct({ request: Schema.NullOr(Excerpt), response: Schema.NullOr(Excerpt) }).annotations({
    description: "The printed text, or null."
  }),
  repaired: Schema.Struct({ request: Schema.NullOr(Request), response: Schema.NullOr(Answer) }).annotations({
    description: "The request and the response of the printed text, or of the recording."
  }),
  supplied: Schema.optional(Schema.Struct({
    request: Schema.optional(Request),
    response: Schema.optional(Answer),
    done: Schema.optional(Schema.Literal(true)).annotations({
      description: "That the done marker follows the documented events, where the documentation leaves it out."
    }),
    files: Schema.optional(Schema.Record({ key: Schema.String, value: Content }))
  })).annotations({ description: "What a replay needs and the document lacks. Not part of the documentation." }),
  verdict: Verdict
})

/**
 * The kind of verdict that follows from what a fixture supplies, and from its repairs and deviations.
 *
 * @since 0.1.0
 * @category accessors
 */
export const kindOf = ({ supplied, verdict }: {
  readonly supplied?: typeof Fields.Type["supplied"]
  readonly verdict: Pick<Verdict, "deviations" | "repairs">
}): Verdict["kind"] => {
  if (supplied?.response !== undefined || supplied?.done !== undefined) return "incomplete"
  if (verdict.deviations.length > 0) return "deviates"
  return verdict.repairs.length > 0 ? "repaired" : "exact"
}

/**
 * Every contradiction between the parts of a fixture, and everything that it lacks for a replay.
 *
 * @since 0.1.0
 * @category accessors
 */
export const problems = (contents: typeof Fields.Type): ReadonlyArray<string> => {
  const { documented, repaired, source, supplied, verdict } = contents
  const problems: Array<string> = []
  if ("document" in source) {
    if ((documented.request === null) !== (repaired.request === null)) {
      problems.push("a request is documented and not repaired, or repaired and not documented")
    }
    if ((documented.response === null) !== (repaired.response === null)) {
      problems.push("a response is documented and not repaired, or repaired and not documented")
    }
  } else if (documented.request !== null || documented.response !== null) {
    problems.push("a recorded fixture has nothing that is documented")
  }
  if (verdict.kind !== kindOf(contents)) problems.push(`the verdict should be ${kindOf(contents)}`)
  const request = supplied?.request ?? repaired.request
  if (request === null) problems.push("there is no request")
  if ((supplied?.response ?? repaired.response) === null) problems.push("there is no response")
  const printed = repaired.response?.body
  if (supplied?.done !== undefined && !(printed !== undefined && "events" in printed && !printed.done)) {
    problems.push("there is no stream that lacks a done marker")
  }
  if (request?.body != null && "multipart" in request.body) {
    for (const part of request.body.multipart) {
      if ("fileName" in part && supplied?.files?.[part.fileName] === undefined) {
        problems.push(`the bytes of ${part.fileName} are missing`)
      }
    }
  }
  for (const { body, chunks } of [repaired.response, supplied?.response].filter(Predicate.isNotNullable)) {
    if (chunks !== undefined && Arr.reduce(chunks, 0, (sum, { length }) => sum + length) !== bytes(body).length) {
      problems.push("the chunks are not as long as their stream")
    }
  }
  return problems
}

/**
 * The contents of a fixture's file.
 *
 * @since 0.1.0
 * @category models
 */
export const Contents = Fields.pipe(Schema.filter((contents) => {
  const found = problems(contents)
  return found.length === 0 || found.join(", ")
})).annotations({ identifier: "Fixture" })

/**
 * @since 0.1.0
 * @category models
 */
export type Contents = Schema.Schema.Type<typeof Contents>

/**
 * A fixture.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fixture extends Contents {
  /** `<operationId>/<slug>`. */
  readonly name: string
}

// -----------------------------------------------------------------------------
// accessors
// -----------------------------------------------------------------------------

/**
 * The request to replay: the supplied one if there is one, otherwise the documented one.
 *
 * @since 0.1.0
 * @category accessors
 */
export const request = (fixture: Fixture): Request => (fixture.supplied?.request ?? fixture.repaired.request)!

/**
 * The response to replay: the supplied one if there is one, otherwise the documented one, followed by the done marker if
 * that is supplied.
 *
 * @since 0.1.0
 * @category accessors
 */
export const answer = ({ repaired, supplied }: Fixture): Answer => {
  const response = (supplied?.response ?? repaired.response)!
  return supplied?.done === true && "events" in response.body
    ? { ...response, body: { ...response.body, done: true } }
    : response
}

const line = (name: string, value: string | undefined) => value === undefined ? "" : `${name}: ${value}\n`

/** Events as they are sent. The marker has a name where they have. */
const transcript = ({ done, events }: Events): string =>
  [
    ...events.map(({ data, event }) => [event, JSON.stringify(data)] as const),
    ...done ? [[events[0].event && "done", "[DONE]"] as const] : []
  ].map(([event, data]) => `${line("event", event)}${line("data", data)}\n`).join("")

const text = (content: Exclude<Content, { readonly base64: string }>): string => {
  if ("text" in content) return content.text
  return "events" in content ? transcript(content) : JSON.stringify(content.json)
}

/**
 * The bytes of a content.
 *
 * @since 0.1.0
 * @category accessors
 */
export const bytes = (content: Content): Uint8Array =>
  "base64" in content
    ? Either.getOrThrow(Encoding.decodeBase64(content.base64))
    : new TextEncoder().encode(text(content))

// -----------------------------------------------------------------------------
// reading
// -----------------------------------------------------------------------------

/**
 * A directory of fixtures is empty, or a file in it is not a fixture.
 *
 * @since 0.1.0
 * @category errors
 */
export class FixtureError extends Data.TaggedError("FixtureError")<{
  /** The file or the directory at fault. */
  readonly path: string
  readonly message: string
}> {}

const File = Schema.parseJson(Contents, { space: 2 })

const options = { errors: "all", exact: true, onExcessProperty: "error" } as const

const decode = Schema.decodeUnknown(File, options)

/**
 * The text of a fixture's file.
 *
 * @since 0.1.0
 * @category accessors
 */
export const format = (contents: Contents): Effect.Effect<string, ParseResult.ParseError> =>
  Effect.map(Schema.encode(File, options)(contents), (text) => `${text}\n`)

/**
 * Reads every fixture below a directory, in the order of their names. An operation's directory without fixtures, and a
 * directory without operations, is an error.
 *
 * @since 0.1.0
 * @category constructors
 */
export const readDirectory = (
  directory: string
): Effect.Effect<
  Arr.NonEmptyReadonlyArray<Fixture>,
  FixtureError | PlatformError,
  FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function*() {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path

    const entries = Effect.fn(function*(directory: string) {
      const names = yield* fileSystem.readDirectory(directory)
      return Arr.isNonEmptyArray(names)
        ? Arr.sort(names, Order.string)
        : yield* new FixtureError({ path: directory, message: `There is no fixture in ${directory}` })
    })

    const read = Effect.fn(function*(operationId: string, file: string) {
      const location = path.join(directory, operationId, file)
      const invalid = (message: string) =>
        new FixtureError({ path: location, message: `${location} is not a fixture: ${message}` })
      if (path.extname(file) !== ".json") {
        return yield* invalid("its name does not end in .json")
      }
      const contents = yield* Effect.mapError(
        Effect.flatMap(fileSystem.readFileString(location), decode),
        (error) => invalid(error.message)
      )
      return contents.operationId === operationId
        ? { ...contents, name: `${operationId}/${path.basename(file, ".json")}` }
        : yield* invalid(`it belongs to ${contents.operationId}`)
    })

    const fixtures = yield* Effect.forEach(yield* entries(directory), (operationId) =>
      Effect.flatMap(
        entries(path.join(directory, operationId)),
        Effect.forEach((file) => read(operationId, file), { concurrency: 16 })
      ))
    return Arr.flatten(fixtures)
  })

/**
 * Every fixture of this package.
 *
 * @since 0.1.0
 * @category constructors
 */
export const all: Effect.Effect<
  Arr.NonEmptyReadonlyArray<Fixture>,
  FixtureError | PlatformError,
  FileSystem.FileSystem | Path.Path
> = Path.Path.pipe(
  Effect.flatMap((path) => path.fromFileUrl(new URL("../fixtures", import.meta.url))),
  Effect.flatMap(readDirectory)
)
