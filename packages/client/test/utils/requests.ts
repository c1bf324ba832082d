import { type OpenAiClient, Operation } from "@effect-openai/client"
import { Endpoint, FileSource, type OpenAiError } from "@effect-openai/core"
import { Arbitrary, type Effect, FastCheck, Schema, SchemaAST, Stream } from "effect"

/** Any valid request of an operation, with constant files of a name that every operation accepts. */
const arbitrary = (endpoint: Endpoint.Any): FastCheck.Arbitrary<object> => {
  const files: ReadonlyArray<string> = endpoint.body._tag === "Multipart" ? endpoint.body.files : []
  const schema = Schema.make<object>(SchemaAST.omit(Endpoint.request(endpoint).ast, files))
  const named = Object.fromEntries(files.map((name) => [name, FileSource.fromBytes("notes.mp3", "Meet at noon.")]))
  return Arbitrary.make(schema).map((fields) => ({ ...fields, ...named }))
    .filter((request) => Endpoint.brokenRule(endpoint, request) === undefined)
}

/** Whether each response is bytes. */
const returnsBytes = ({ success }: Endpoint.Any): boolean =>
  (success._tag === "ByField" ? Object.values(success.cases) : [success]).every(({ _tag }) => _tag === "Bytes")

/** Makes the function of any endpoint. Its kind is known at run time only, so each `never`. */
const make = (endpoint: Endpoint.Any): Operation.Operation<object, unknown, AnyError> => {
  const { body, events, inference, pagination } = endpoint
  const isBytes = returnsBytes(endpoint)
  const operation: unknown = pagination !== undefined
    ? Operation.paged(endpoint as never)
    : events !== undefined
    ? inference === undefined ? Operation.streaming(endpoint as never) : Operation.streamingInference(endpoint as never)
    : inference !== undefined
    ? Operation.inference(endpoint as never)
    : body._tag === "None"
    ? isBytes ? Operation.download(endpoint as never) : Operation.make(endpoint as never)
    : body._tag === "Multipart"
    ? Operation.upload(endpoint as never)
    : isBytes
    ? Operation.jsonDownload(endpoint as never)
    : Operation.json(endpoint as never)
  return operation as Operation.Operation<object, unknown, AnyError>
}

/** Calls any operation. */
export const call = (endpoint: Endpoint.Any, request: object) =>
  make(endpoint)(request) as Effect.Effect<
    unknown,
    OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
    OpenAiClient.OpenAiClient
  >

/** A valid request of an operation, always the same. */
export const sample = (endpoint: Endpoint.Any): object =>
  FastCheck.sample(arbitrary(endpoint), { seed: 1, numRuns: 1 })[0]!

type AnyError =
  | OpenAiError.OpenAiError
  | OpenAiError.PaginationError
  | OpenAiError.StreamInterruptedError
  | OpenAiError.UploadNotReplayableError

/** All ways to run an operation, by name: buffered, as its pages, as a Stream of its events or of its bytes. */
export const ways = (
  endpoint: Endpoint.Any,
  request: object
): ReadonlyArray<readonly [name: string, run: Effect.Effect<unknown, AnyError, OpenAiClient.OpenAiClient>]> => {
  type Streams = Operation.Paged<object, unknown, unknown> & Operation.Streaming<object, unknown, unknown>
  const operation = make(endpoint) as Streams
  const drain = (stream: Stream.Stream<unknown, AnyError, OpenAiClient.OpenAiClient>) => Stream.runDrain(stream)
  return [
    ["whole", call(endpoint, request)],
    ...endpoint.pagination === undefined ? [] : [["pages", drain(operation.pages(request))] as const],
    ...endpoint.events === undefined ? [] : [
      ["events", drain(operation.stream(request))] as const,
      ["events, skipping", drain(operation.stream(request, { onInvalidEvent: "skip" }))] as const
    ],
    // A response can be endless.
    ...returnsBytes(endpoint) ? [["bytes", drain(Stream.take(operation.stream(request), 1000))] as const] : []
  ]
}
